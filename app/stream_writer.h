// SPDX-License-Identifier: Apache-2.0
// Text of streaming answers on its way to the disk: collected, and written twice a second.
#pragma once

#include "storage/store.h"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace lectern::app {

// A message's id, shared because it becomes known (non-zero) only when an earlier operation on the
// storage thread has stored the message. Read on the storage thread only.
using MessageKey = std::shared_ptr<const storage::MessageId>;

// Thread: the storage thread's. Text that could not be written (disk full) stays here and is tried
// again; only text of a message that is gone, or no longer streaming, is dropped.
class StreamWriter {
public:
    using Clock = std::chrono::steady_clock;
    // What a crash can lose, and the pause before another try after a failure.
    static constexpr std::chrono::milliseconds kFlushInterval{500};

    struct Finish {
        storage::MessageState state = storage::MessageState::complete;
        std::string statsJson;
        std::string error;
    };

    void append(MessageKey message, std::string_view delta, Clock::time_point now);
    // Everything appended before, then the message's end; both follow at once with flush().
    void finish(MessageKey message, Finish finish, Clock::time_point now);

    // When flush() has to run; nothing: no text is waiting.
    [[nodiscard]] std::optional<Clock::time_point> due() const { return m_due; }
    // Writes all that waits. On failure the rest waits until due().
    [[nodiscard]] storage::Result<void> flush(storage::Store& store, Clock::time_point now);

private:
    struct Pending {
        MessageKey message;
        std::string text;
        std::optional<Finish> finish;
    };
    [[nodiscard]] Pending& pendingOf(MessageKey message, Clock::time_point now);

    // By the key's address, which is one per message: the id may still be unknown.
    std::map<const storage::MessageId*, Pending> m_pending;
    std::optional<Clock::time_point> m_due;
};

} // namespace lectern::app
