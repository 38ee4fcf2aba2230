// SPDX-License-Identifier: Apache-2.0
// One lectern-media-worker process, as the application sees it: started, watched, killed.
#pragma once

#include "media/file.h"
#include "media/worker/channel.h"

#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string>
#include <sys/types.h>
#include <vector>

namespace lectern::media::worker {

struct Limits {
    // Processor time for one file: a base, and as much again for each of its gigabytes. The longest
    // honest work is decoding hours of video that can only be read from one end to the other.
    std::chrono::seconds processorTime{300};
    // Without a message for so long, the worker hangs. Shared machines stand still for half a
    // minute at times.
    std::chrono::seconds patience{60};
    std::uint64_t outputBytes = 1'000'000'000; // pictures and text of one file
};

constexpr int kMaxFiles = 200; // that one process reads

// Thread: any one at a time. The destructor kills the process; nothing waits for more than the
// kernel takes to end it.
class Process {
public:
    // Starts `program` and waits until its sandbox stands.
    [[nodiscard]] static Result<Process> start(
        const std::filesystem::path& program, const Limits& limits, const std::stop_token& stop);

    Process(Process&& other) noexcept;
    Process& operator=(Process&& other) noexcept;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process();

    // Protections that the system's kernel did not grant, each a sentence.
    [[nodiscard]] const std::vector<std::string>& refusedProtections() const { return m_refused; }

    // Reads one open file. While the worker works, `meanwhile` is called again and again as long as
    // it returns true; an error from it ends the reading. Progress counts from then on.
    //   Errors: the reader's own; damaged or tooLarge when the worker crashed, hung, or answered
    //   nonsense, after which this process is of no more use; cancelled.
    using Meanwhile = std::function<Result<bool>()>;
    [[nodiscard]] Result<Reading> read(const RegularFile& file, const std::string& fileName,
        const ReadOptions& options, const std::stop_token& stop, const ProgressFn& progress,
        const Meanwhile& meanwhile);

    // False once it failed to give a proper answer, and after kMaxFiles, so that what decoders
    // leave behind does not add up.
    [[nodiscard]] bool isReusable() const { return m_reusable; }
    // False when something ended it between two files.
    [[nodiscard]] bool isWaiting() const;

    [[nodiscard]] pid_t id() const { return m_id; }

private:
    Process(pid_t id, Descriptor socket, const Limits& limits);
    [[nodiscard]] Result<void> awaitReady(const std::stop_token& stop);
    [[nodiscard]] Result<bool> waitForMessage(const std::stop_token& stop, int milliseconds) const;
    [[nodiscard]] Error whyItEnded();
    void kill();

    pid_t m_id = -1; // -1: ended and waited for
    Descriptor m_socket;
    Limits m_limits;
    std::vector<std::string> m_refused;
    bool m_reusable = true;
    int m_files = 0;
};

} // namespace lectern::media::worker
