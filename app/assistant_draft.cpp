// SPDX-License-Identifier: Apache-2.0
// The assistant's draft: files of the next question, from drop to ready or rejected.
#include "app/assistant.h"

#include <algorithm>
#include <fmt/format.h>

namespace lectern::app {

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
    setActivity({}, -1);
    refresh();
    emit draftRestored(text);
    if (!why.empty())
        emit notice(why);
}

} // namespace lectern::app
