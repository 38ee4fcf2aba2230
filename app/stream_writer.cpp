// SPDX-License-Identifier: Apache-2.0
// Text of streaming answers on its way to the disk.
#include "app/stream_writer.h"

namespace lectern::app {
namespace {

// An error that another try cannot mend: the message is gone or finished.
bool isFinal(const storage::Error& error)
{
    return error.code == storage::ErrorCode::notFound;
}

} // namespace

StreamWriter::Pending& StreamWriter::pendingOf(MessageKey message, Clock::time_point now)
{
    if (!m_due)
        m_due = now + kFlushInterval;
    Pending& pending = m_pending[message.get()];
    pending.message = std::move(message);
    return pending;
}

void StreamWriter::append(MessageKey message, std::string_view delta, Clock::time_point now)
{
    pendingOf(std::move(message), now).text += delta;
}

void StreamWriter::finish(MessageKey message, Finish finish, Clock::time_point now)
{
    pendingOf(std::move(message), now).finish = std::move(finish);
}

storage::Result<void> StreamWriter::flush(storage::Store& store, Clock::time_point now)
{
    while (!m_pending.empty()) {
        const auto first = m_pending.begin();
        Pending& pending = first->second;
        const storage::MessageId id = *pending.message;
        // Id 0: the message could not be stored, which was reported then.
        if (id != 0 && !pending.text.empty()) {
            const auto written = store.appendText(id, pending.text);
            if (!written && !isFinal(written.error())) {
                m_due = now + kFlushInterval;
                return written;
            }
            pending.text.clear();
        }
        if (id != 0 && pending.finish) {
            const auto written = store.finishMessage(
                id, pending.finish->state, pending.finish->statsJson, pending.finish->error);
            if (!written && !isFinal(written.error())) {
                m_due = now + kFlushInterval;
                return written;
            }
        }
        m_pending.erase(first);
    }
    m_due.reset();
    return {};
}

} // namespace lectern::app
