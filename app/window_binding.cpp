// SPDX-License-Identifier: Apache-2.0
// The connections between assistant and window.
#include "app/window_binding.h"

#include "app/model_choice.h"
#include "ui/models.h"

#include <QBuffer>
#include <QClipboard>
#include <QGuiApplication>
#include <QImage>
#include <QLocale>
#include <QUrl>

namespace lectern::app {
namespace {

QString text(const std::string& utf8)
{
    return QString::fromStdString(utf8);
}

ui::SearchResultData resultShown(const FoundPlace& place)
{
    ui::SearchResultData result;
    result.conversation = place.conversation;
    result.message = place.message;
    result.title = text(place.title);
    result.passage = text(place.snippet);
    const auto characters = [&](std::size_t bytes) {
        return static_cast<int>(text(place.snippet.substr(0, bytes)).size());
    };
    for (const auto& [from, to] : place.hits)
        result.hits.push_back({characters(from), characters(to)});
    result.timeMs = place.timeMs;
    return result;
}

ui::ConversationData entryShown(const ConversationEntry& entry)
{
    return {entry.id, text(entry.title), entry.updatedAtMs};
}

} // namespace

WindowBinding::WindowBinding(Assistant& assistant, ui::WindowState& window, QObject* parent)
    : QObject(parent), m_assistant(assistant), m_window(window)
{
    bindConversations();
    bindSearch();
    bindMessages();
    bindDraft();
    bindModel();
    bindSettings();
    connect(&assistant, &Assistant::protectionsChecked, this, &WindowBinding::showAbout);
    connect(&assistant, &Assistant::gpuKnown, this, &WindowBinding::showAbout);
    connect(&window, &ui::WindowState::aboutOpened, &assistant, &Assistant::askGpu);
    showAbout();
    connect(&assistant, &Assistant::notice, &window,
        [this](const std::string& sentence) { m_window.showNotice(text(sentence)); });
}

void WindowBinding::bindConversations()
{
    using ui::WindowState;
    connect(&m_assistant, &Assistant::conversationsReset, this,
        [this](const std::vector<ConversationEntry>& entries) {
            std::vector<ui::ConversationData> list;
            list.reserve(entries.size());
            for (const ConversationEntry& entry : entries)
                list.push_back(entryShown(entry));
            m_window.conversations().reset(std::move(list));
        });
    connect(&m_assistant, &Assistant::conversationChanged, this,
        [this](const ConversationEntry& entry) {
            m_window.conversations().upsert(entryShown(entry));
        });
    connect(&m_assistant, &Assistant::conversationRemoved, this,
        [this](qint64 id) { m_window.conversations().remove(id); });
    connect(&m_assistant, &Assistant::undoChanged, this,
        [this](const std::string& what) { m_window.setUndo(text(what)); });
    connect(&m_assistant, &Assistant::currentChanged, this,
        [this](qint64 id) { m_window.setCurrentConversation(id); });

    connect(&m_window, &WindowState::newConversationRequested, &m_assistant,
        &Assistant::newConversation);
    connect(&m_window, &WindowState::conversationSelected, &m_assistant, &Assistant::select);
    connect(&m_window, &WindowState::conversationRenamed, this,
        [this](qint64 id, const QString& title) { m_assistant.rename(id, title.toStdString()); });
    connect(&m_window, &WindowState::conversationDeleted, &m_assistant, &Assistant::remove);
    connect(&m_window, &WindowState::undoRequested, &m_assistant, &Assistant::undo);
}

void WindowBinding::bindSearch()
{
    using ui::WindowState;
    connect(&m_window, &WindowState::searchRequested, this, [this](const QString& words) {
        m_sought = words.trimmed();
        m_assistant.search(m_sought.toStdString());
    });
    connect(&m_assistant, &Assistant::found, this,
        [this](const std::string& words, const std::vector<FoundPlace>& places) {
            std::vector<ui::SearchResultData> results;
            results.reserve(places.size());
            for (const FoundPlace& place : places)
                results.push_back(resultShown(place));
            m_window.searchResults().reset(text(words), std::move(results));
        });
    connect(&m_window, &WindowState::foundChosen, &m_assistant, &Assistant::openFound);
    connect(&m_assistant, &Assistant::messageSought, this,
        [this](qint64 message) { m_window.showMessage(message); });
    // What is listed stays true: new answers come, titles change, conversations go.
    const auto again = [this] {
        if (!m_sought.isEmpty())
            m_assistant.search(m_sought.toStdString());
    };
    connect(&m_assistant, &Assistant::conversationChanged, this, again);
    connect(&m_assistant, &Assistant::conversationRemoved, this, again);
}

void WindowBinding::bindMessages()
{
    using ui::WindowState;
    connect(&m_assistant, &Assistant::messagesReset, this,
        [this](const std::vector<ChatMessage>& messages) {
            std::vector<ui::MessageData> list;
            list.reserve(messages.size());
            for (const ChatMessage& message : messages)
                list.push_back(shownMessage(message));
            m_window.messages().reset(std::move(list));
        });
    connect(&m_assistant, &Assistant::messageAdded, this,
        [this](const ChatMessage& message) { m_window.messages().append(shownMessage(message)); });
    connect(&m_assistant, &Assistant::textAdded, this, [this](qint64 id, const std::string& delta) {
        m_window.messages().appendText(id, text(delta));
    });
    connect(&m_assistant, &Assistant::messageChanged, this, [this](const ChatMessage& message) {
        const ui::MessageData data = shownMessage(message);
        m_window.messages().setState(data.id, data.state, data.note);
        if (!data.attachments.empty())
            m_window.messages().setAttachments(data.id, data.attachments);
    });
    connect(&m_assistant, &Assistant::messagesRemovedFrom, this,
        [this](qint64 id) { m_window.messages().removeFrom(id); });
    connect(&m_assistant, &Assistant::answeringChanged, this,
        [this] { m_window.setAnswering(m_assistant.answering()); });
    connect(&m_assistant, &Assistant::canSendChanged, this,
        [this] { m_window.setCanSend(m_assistant.canSend()); });
    connect(&m_assistant, &Assistant::activityChanged, this, [this](const Activity& activity) {
        m_window.setActivity(text(activity.text), activity.progress);
    });
    connect(&m_assistant, &Assistant::usageChanged, this, [this](const Usage& usage) {
        m_window.setUsage(usage.tokensPerSecond, usage.contextUsed, usage.contextLength);
    });

    connect(&m_window, &WindowState::sendRequested, this,
        [this](const QString& question) { m_assistant.send(question.toStdString()); });
    connect(&m_window, &WindowState::stopRequested, &m_assistant, &Assistant::stop);
    connect(&m_window, &WindowState::regenerateRequested, &m_assistant, &Assistant::regenerate);
    connect(&m_window, &WindowState::editRequested, &m_assistant, &Assistant::edit);
    connect(&m_window, &WindowState::editCancelled, &m_assistant, &Assistant::cancelEdit);
    connect(&m_assistant, &Assistant::editedChanged, this,
        [this](qint64 id) { m_window.setEditedMessage(id); });
    connect(&m_window, &WindowState::copyRequested, this,
        [](const QString& copied) { QGuiApplication::clipboard()->setText(copied); });
}

void WindowBinding::bindDraft()
{
    using ui::WindowState;
    connect(&m_assistant, &Assistant::draftChanged, this,
        [this](const DraftAttachment& draft) { m_window.draftAttachments().upsert(shown(draft)); });
    connect(&m_assistant, &Assistant::draftRemoved, this,
        [this](qint64 id) { m_window.draftAttachments().remove(id); });
    connect(&m_assistant, &Assistant::draftRestored, this,
        [this](const std::string& question) { m_window.restoreDraft(text(question)); });

    connect(&m_window, &WindowState::filesDropped, this, [this](const QList<QUrl>& urls) {
        std::vector<std::filesystem::path> paths;
        for (const QUrl& url : urls) {
            if (url.isLocalFile())
                paths.emplace_back(url.toLocalFile().toStdString());
            else
                m_window.showNotice(
                    tr("Lectern reads files on this computer only, so %1 was not added.")
                        .arg(url.toDisplayString()));
        }
        m_assistant.attachDropped(std::move(paths));
    });
    connect(&m_window, &WindowState::attachmentRemoved, &m_assistant, &Assistant::detach);
    connect(&m_window, &WindowState::attachmentsCleared, &m_assistant, &Assistant::detachAll);
    connect(&m_window, &WindowState::imagePasteRequested, this, [this] {
        m_assistant.attachBytes(tr("Pasted picture.png").toStdString(),
            [image = QGuiApplication::clipboard()->image()] {
                QByteArray bytes;
                QBuffer buffer(&bytes);
                buffer.open(QIODevice::WriteOnly);
                // PNG level 1: fast, and the reader takes it as any other file.
                return image.save(&buffer, "PNG", 90) ? bytes.toStdString() : std::string();
            });
    });
    connect(&m_window, &WindowState::textPasteRequested, this, [this](const QString& pasted) {
        m_assistant.attachBytes(
            tr("Pasted text.txt").toStdString(), [pasted] { return pasted.toStdString(); });
    });
}

ui::AttachmentData WindowBinding::shown(const DraftAttachment& draft) const
{
    ui::AttachmentData data = shownAttachment(draft.attachment);
    data.progress = draft.progress;
    switch (draft.state) {
    case DraftAttachment::State::reading:
        data.state = ui::AttachmentData::State::Reading;
        data.kind.clear();
        data.detail.clear();
        break;
    case DraftAttachment::State::rejected:
        data.state = ui::AttachmentData::State::Rejected;
        data.kind.clear();
        data.detail = text(draft.reason);
        break;
    case DraftAttachment::State::ready: {
        data.state = ui::AttachmentData::State::Ready;
        const ModelState& model = m_assistant.model();
        const QLocale locale;
        if (model.ready && draft.attachment.tokens > model.contextLength)
            data.warnings << tr("This file takes %1 tokens and the model holds %2, so only a part "
                                "of it will be read.")
                                 .arg(locale.toString(draft.attachment.tokens),
                                     locale.toString(model.contextLength));
        if (model.ready && !model.seesPictures && draft.attachment.kind != AttachmentKind::text)
            data.warnings << tr("This model cannot see pictures.");
        break;
    }
    }
    return data;
}

void WindowBinding::bindModel()
{
    using ui::WindowState;
    connect(&m_assistant, &Assistant::modelChanged, this, [this](const ModelState& model) {
        ui::WindowState::ModelData data;
        data.name = text(model.name);
        data.detail = text(model.description);
        data.device = text(model.device);
        data.whyNoGpu = text(model.whyNoGpu);
        data.error = text(model.error);
        data.demonstration = model.demonstration;
        data.loading = model.loading;
        data.seesImages = model.seesPictures;
        data.progress = model.progress;
        m_window.setModel(data);
        for (const DraftAttachment& draft : m_assistant.draft())
            m_window.draftAttachments().upsert(shown(draft));
    });
    connect(
        &m_window, &WindowState::modelChosen, this, [this](const QUrl& model, const QUrl& mmproj) {
            const ModelChoice choice{
                model.toLocalFile().toStdString(), mmproj.toLocalFile().toStdString()};
            m_assistant.chooseModel(choice);
            m_chosen = choice;
        });
    // Remembered once it has loaded: a model that does not load is not tried again at every start.
    connect(&m_assistant, &Assistant::modelChanged, this, [this](const ModelState& model) {
        if (model.loading || !m_chosen)
            return;
        if (model.error.empty())
            m_assistant.setSetting(kModelSetting, toSetting(*m_chosen));
        m_chosen.reset();
    });
}

void WindowBinding::showAbout()
{
    QVariantMap about{{QStringLiteral("version"), QCoreApplication::applicationVersion()},
        {QStringLiteral("dataFolder"), text(m_assistant.dataDirectory().string())}};
    if (const auto& refused = m_assistant.refusedProtections()) {
        QStringList sentences;
        for (const std::string& sentence : *refused)
            sentences << text(sentence);
        about[QStringLiteral("refused")] = sentences;
    }
    if (const auto& gpu = m_assistant.gpu()) {
        about[QStringLiteral("gpu")] =
            text(*gpu ? inference::deviceName(**gpu) : gpu->error().message);
        if (*gpu)
            about[QStringLiteral("gpuVersions")] = text(inference::deviceVersions(**gpu));
    }
    m_window.setAbout(about);
}

} // namespace lectern::app
