// SPDX-License-Identifier: Apache-2.0
// Runs the tasks of one op on several threads.
//
// Tasks are claimed one by one, so a thread that another process holds up costs its share and no
// more: run() never waits for a thread that has claimed nothing. Idle threads spin for some
// microseconds (the next op of a forward pass usually follows at once), then sleep.
//
// Thread: one thread at a time calls run(), and works along.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace lectern::inference {

class ThreadPool {
public:
    // task 0 .. tasks - 1; thread 0 .. threads() - 1: which of our threads runs it.
    using Task = std::function<void(std::int64_t task, int thread)>;

    explicit ThreadPool(int threads); // the caller of run() included; at least 1
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    [[nodiscard]] int threads() const { return static_cast<int>(m_workers.size()) + 1; }
    // Returns when all tasks are done. Requires: tasks < 2^24.
    void run(std::int64_t tasks, const Task& task);

private:
    void work(int thread);
    void claimAll(std::uint64_t job, int thread);

    // Job number (16 bits), tasks (24), next unclaimed task (24); claimed by compare-exchange, so
    // that a thread late for one job can never take from the next.
    std::atomic<std::uint64_t> m_state{0};
    std::atomic<const Task*> m_task{nullptr}; // of the job in m_state
    std::atomic<std::uint32_t> m_done{0};     // tasks of the job
    std::atomic<bool> m_quit{false};
    std::vector<std::jthread> m_workers;
};

} // namespace lectern::inference
