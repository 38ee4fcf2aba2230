// SPDX-License-Identifier: Apache-2.0
// A few threads for work that must not run on the GUI thread: reading files, building prompts,
// loading models.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace lectern::app {

// Thread safety: run() may be called from any thread. A job never touches a QObject; it posts a
// queued call. Destruction asks every job to stop, drops those that have not begun, and joins.
class Background {
public:
    using Job = std::function<void(std::stop_token)>;

    explicit Background(int threads);
    ~Background();
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    // Queues a job. The source stops this job alone; a job stopped before it began still runs, and
    // sees the stop at once, so that it can report.
    std::stop_source run(Job job);

private:
    struct Queued {
        Job job;
        std::stop_source stop;
    };
    void work(const std::stop_token& quit);

    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::deque<Queued> m_queue;             // guarded by m_mutex
    std::vector<std::stop_source> m_active; // guarded by m_mutex, one a thread
    std::vector<std::jthread> m_threads;
};

} // namespace lectern::app
