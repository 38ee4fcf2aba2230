// SPDX-License-Identifier: Apache-2.0
// From the assistant's structs to what the window shows of them.
#include "app/attachment_reading.h"
#include "app/window_binding.h"
#include "media/file.h"

#include <QImage>
#include <QLocale>

namespace lectern::app {
namespace {

QImage imageOf(const SharedPicture& picture)
{
    if (!picture)
        return {};
    return QImage(picture->rgb.data(), picture->width, picture->height, 3 * picture->width,
        QImage::Format_RGB888)
        .copy();
}

ui::MessageData::State shownState(MessageState state)
{
    switch (state) {
    case MessageState::waiting:
        return ui::MessageData::State::Waiting;
    case MessageState::streaming:
        return ui::MessageData::State::Streaming;
    case MessageState::complete:
        return ui::MessageData::State::Complete;
    case MessageState::stopped:
        return ui::MessageData::State::Stopped;
    case MessageState::failed:
        return ui::MessageData::State::Failed;
    case MessageState::interrupted:
        return ui::MessageData::State::Interrupted;
    }
    return ui::MessageData::State::Complete;
}

} // namespace

QString attachmentDetail(const Attachment& attachment)
{
    const QLocale locale;
    QStringList words{QString::fromStdString(attachment.format),
        QString::fromStdString(media::formatBytes(attachment.byteSize))};
    for (const auto& [name, value] : attachment.facts)
        if (name == "duration" || (name == "size" && attachment.kind == AttachmentKind::image))
            words << QString::fromStdString(value);
    if (attachment.tokens > 0)
        words << QObject::tr("%1 tokens").arg(locale.toString(attachment.tokens));
    words.removeAll(QString());
    return words.join(QStringLiteral(", "));
}

QString answerNote(const ChatMessage& message)
{
    QStringList words;
    switch (message.state) {
    case MessageState::waiting:
    case MessageState::streaming:
        break;
    case MessageState::failed:
        return QString::fromStdString(message.error);
    case MessageState::interrupted:
        words << QObject::tr("Interrupted: Lectern ended while this was written");
        break;
    case MessageState::stopped:
        words << QObject::tr("Stopped");
        break;
    case MessageState::complete:
        break;
    }
    if (!message.modelName.empty())
        words << QString::fromStdString(message.modelName);
    if (const double speed = message.stats.tokensPerSecond(); speed > 0)
        words << QObject::tr("%1 tok/s").arg(QLocale().toString(speed, 'f', speed < 10 ? 1 : 0));
    QString note = words.join(QStringLiteral(", "));
    for (const std::string& sentence : message.notices)
        note +=
            (note.isEmpty() ? QString() : QStringLiteral(". ")) + QString::fromStdString(sentence);
    return note;
}

ui::AttachmentData shownAttachment(const Attachment& attachment)
{
    ui::AttachmentData data;
    data.id = attachment.id;
    data.fileName = QString::fromStdString(attachment.fileName);
    data.kind = QString::fromLatin1(kindName(attachment.kind));
    data.detail = attachmentDetail(attachment);
    for (const std::string& warning : attachment.warnings)
        data.warnings << QString::fromStdString(warning);
    if (attachment.inclusion && !attachment.inclusion->sentence.empty())
        data.warnings << QString::fromStdString(attachment.inclusion->sentence);
    data.tokens = attachment.tokens;
    data.state = ui::AttachmentData::State::Ready;
    data.progress = 1;
    data.thumbnail = imageOf(attachment.thumbnail);
    return data;
}

ui::MessageData shownMessage(const ChatMessage& message)
{
    ui::MessageData data;
    data.id = message.id;
    data.role = message.role == inference::Role::assistant ? ui::MessageData::Role::Assistant
                                                           : ui::MessageData::Role::User;
    data.state = shownState(message.state);
    data.markdown = QString::fromStdString(message.text);
    for (const Attachment& attachment : message.attachments)
        data.attachments.push_back(shownAttachment(attachment));
    if (message.role == inference::Role::assistant)
        data.note = answerNote(message);
    return data;
}

} // namespace lectern::app
