// SPDX-License-Identifier: Apache-2.0
// The assistant's draft: files of the next question, from drop to ready or rejected.
#include "app/assistant.h"

#include "media/file.h"
#include "media/folder.h"

#include <algorithm>
#include <fmt/format.h>

namespace lectern::app {
namespace {

constexpr std::size_t kMostFromFolder = 200; // files; each gets its card in the window
constexpr std::size_t kAttachedAtOnce = 4;   // each takes a millisecond or two with its card

// Adds a folder's files to `files`; returns what to tell about it.
std::string addFolder(const std::filesystem::path& folder, const std::stop_token& stop,
    std::vector<std::filesystem::path>& files)
{
    const std::string name = folder.filename().string();
    const auto listing = media::listFolder(folder, stop);
    if (!listing)
        return fmt::format("\"{}\" was not added. {}", name, listing.error().message);
    const std::string size = media::formatBytes(listing->bytes);
    if (listing->files.size() > kMostFromFolder)
        return fmt::format(
            "\"{}\" was not added: it holds {} files ({}), and Lectern takes up to {} "
            "at once. Add the ones that matter.",
            name, media::formatCount(listing->files.size()), size, kMostFromFolder);
    for (const media::FolderFile& file : listing->files)
        files.push_back(file.path);
    std::string sentence = fmt::format("\"{}\": {} {}, {}.", name, listing->files.size(),
        listing->files.size() == 1 ? "file" : "files", size);
    for (const std::string& warning : listing->warnings)
        sentence += " " + warning;
    return sentence;
}

} // namespace

DraftAttachment* Assistant::findDraft(std::int64_t id)
{
    const auto found = std::find_if(m_draft.begin(), m_draft.end(),
        [&](const DraftAttachment& draft) { return draft.attachment.id == id; });
    return found == m_draft.end() ? nullptr : &*found;
}

std::int64_t Assistant::addDraft(const std::string& fileName)
{
    DraftAttachment draft;
    draft.attachment.id = m_nextId++;
    draft.attachment.fileName = fileName;
    m_draft.push_back(draft);
    emit draftChanged(draft);
    refresh();
    return draft.attachment.id;
}

std::int64_t Assistant::attach(const std::filesystem::path& file)
{
    const std::int64_t id = addDraft(file.filename().string());
    m_ingest.add(id, file, m_host.engine());
    return id;
}

void Assistant::attachDropped(std::vector<std::filesystem::path> paths)
{
    // Which of them are folders is for the disk to say, so it is asked elsewhere; the order stays.
    ++m_drops;
    refresh();
    m_background->run([this, paths = std::move(paths)](const std::stop_token& stop) {
        std::vector<std::filesystem::path> files;
        std::vector<std::string> notices;
        for (const std::filesystem::path& path : paths) {
            std::error_code ignored;
            if (std::filesystem::is_directory(path, ignored))
                notices.push_back(addFolder(path, stop, files));
            else
                files.push_back(path);
        }
        m_mailbox.post([this, files = std::move(files), notices = std::move(notices)] {
            attachSome(files);
            for (const std::string& sentence : notices)
                emit notice(sentence);
        });
    });
}

void Assistant::attachSome(std::vector<std::filesystem::path> files)
{
    const std::size_t now = std::min(files.size(), kAttachedAtOnce);
    for (std::size_t i = 0; i < now; ++i)
        attach(files[i]);
    files.erase(files.begin(), files.begin() + static_cast<std::ptrdiff_t>(now));
    if (!files.empty()) {
        QTimer::singleShot(
            0, this, [this, rest = std::move(files)]() mutable { attachSome(std::move(rest)); });
        return;
    }
    --m_drops;
    refresh();
    trySending();
}

std::int64_t Assistant::attachBytes(const std::string& fileName, BytesFn bytes)
{
    const std::int64_t id = addDraft(fileName);
    m_ingest.addBytes(id, fileName, std::move(bytes), m_host.engine());
    return id;
}

void Assistant::detach(std::int64_t attachment)
{
    m_ingest.cancel(attachment);
    const auto gone = std::remove_if(m_draft.begin(), m_draft.end(),
        [&](const DraftAttachment& draft) { return draft.attachment.id == attachment; });
    if (gone == m_draft.end())
        return;
    m_draft.erase(gone, m_draft.end());
    emit draftRemoved(attachment);
    refresh();
    trySending();
}

void Assistant::detachAll()
{
    while (!m_draft.empty())
        detach(m_draft.back().attachment.id);
}

void Assistant::fileRead(std::int64_t id, const Attachment& attachment)
{
    DraftAttachment* draft = findDraft(id);
    if (!draft)
        return;
    draft->attachment = attachment;
    draft->attachment.id = id;
    draft->state = DraftAttachment::State::ready;
    draft->progress = 1;
    emit draftChanged(*draft);
    if (attachment.tokens == 0 && m_host.engine()) { // read before there was a model
        m_counted.reset();
        recountDraft();
    }
    refresh();
    trySending();
}

void Assistant::fileRejected(std::int64_t id, const std::string& reason)
{
    DraftAttachment* draft = findDraft(id);
    if (!draft)
        return;
    draft->state = DraftAttachment::State::rejected;
    draft->reason = reason;
    emit draftChanged(*draft);
    // A question that waits for this file must not go without it.
    if (m_waiting)
        giveBack(fmt::format("The question was not sent: \"{}\" cannot be read. {}",
            draft->attachment.fileName, reason));
    refresh();
}

void Assistant::recountDraft()
{
    const SharedEngine engine = m_host.engine();
    if (!engine || m_counted.lock() == engine)
        return;
    m_counted = engine;
    for (const DraftAttachment& draft : m_draft)
        if (draft.state == DraftAttachment::State::ready && draft.attachment.content)
            m_background->run(
                [this, engine, attachment = draft.attachment](const std::stop_token&) {
                    const int tokens = countAttachment(attachment, *engine);
                    m_mailbox.post([this, tokens, id = attachment.id] {
                        if (DraftAttachment* counted = findDraft(id)) {
                            counted->attachment.tokens = tokens;
                            emit draftChanged(*counted);
                        }
                    });
                });
}

void Assistant::giveBack(const std::string& why)
{
    const std::string text = std::exchange(m_waiting, std::nullopt).value_or("");
    cancelCheck();
    setActivity({}, -1);
    refresh();
    emit draftRestored(text);
    if (!why.empty())
        emit notice(why);
}

} // namespace lectern::app
