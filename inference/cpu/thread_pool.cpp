// SPDX-License-Identifier: Apache-2.0
// Claiming tasks, spinning briefly, sleeping.
#include "inference/cpu/thread_pool.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <system_error>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace lectern::inference {

namespace {

// About what waking a sleeping thread costs; spinning longer would save less than it burns.
constexpr std::chrono::microseconds kSpin{20};
constexpr std::uint64_t kTaskBits = 24;
constexpr std::uint64_t kTaskMask = (std::uint64_t{1} << kTaskBits) - 1;

std::uint64_t jobOf(std::uint64_t state)
{
    return state >> (2 * kTaskBits);
}
std::uint64_t tasksOf(std::uint64_t state)
{
    return state >> kTaskBits & kTaskMask;
}
std::uint64_t nextOf(std::uint64_t state)
{
    return state & kTaskMask;
}

// True as soon as `done` says so, false when the spinning time is over.
template <class Done> bool spinUntil(const Done& done)
{
    const auto end = std::chrono::steady_clock::now() + kSpin;
    do {
        for (int i = 0; i < 16; ++i) {
            if (done())
                return true;
#if defined(__x86_64__)
            _mm_pause();
#endif
        }
    } while (std::chrono::steady_clock::now() < end);
    return false;
}

} // namespace

ThreadPool::ThreadPool(int threads)
{
    m_workers.reserve(static_cast<std::size_t>(std::max(threads, 1) - 1));
    try {
        for (int i = 1; i < threads; ++i)
            m_workers.emplace_back([this, i] { work(i); });
    } catch (const std::system_error&) { // the system gives no more threads: fewer have to do
    } catch (const std::bad_alloc&) {
    }
}

ThreadPool::~ThreadPool()
{
    m_quit = true;
    m_state.fetch_add(std::uint64_t{1} << (2 * kTaskBits)); // an empty job, to wake them
    m_state.notify_all();
}

void ThreadPool::run(std::int64_t tasks, const Task& task)
{
    if (tasks <= 1 || m_workers.empty()) {
        for (std::int64_t i = 0; i < tasks; ++i)
            task(i, 0);
        return;
    }
    m_done.store(0, std::memory_order_relaxed);
    m_task.store(&task, std::memory_order_relaxed);
    const std::uint64_t job = jobOf(m_state.load(std::memory_order_relaxed)) + 1;
    const auto count = static_cast<std::uint64_t>(tasks);
    const std::uint64_t state = job << (2 * kTaskBits) | count << kTaskBits;
    m_state.store(state, std::memory_order_release);
    m_state.notify_all();
    claimAll(jobOf(state), 0);
    const auto finished = [&] { return m_done.load(std::memory_order_acquire) == count; };
    if (spinUntil(finished))
        return;
    while (!finished()) {
        const std::uint32_t seen = m_done.load(std::memory_order_acquire);
        if (seen != count)
            m_done.wait(seen, std::memory_order_acquire);
    }
}

void ThreadPool::claimAll(std::uint64_t job, int thread)
{
    std::uint64_t state = m_state.load(std::memory_order_acquire);
    while (jobOf(state) == job && nextOf(state) < tasksOf(state)) {
        if (!m_state.compare_exchange_weak(
                state, state + 1, std::memory_order_acq_rel, std::memory_order_acquire))
            continue;
        // The job cannot end before the task claimed here is done, so both reads belong to it.
        const std::uint64_t tasks = tasksOf(state);
        (*m_task.load(std::memory_order_relaxed))(static_cast<std::int64_t>(nextOf(state)), thread);
        if (m_done.fetch_add(1, std::memory_order_acq_rel) + 1 == tasks)
            m_done.notify_one();
        state = m_state.load(std::memory_order_acquire);
    }
}

void ThreadPool::work(int thread)
{
    std::uint64_t seen = 0; // not m_state's value: jobs may have come before this thread started
    while (true) {
        const auto newJob = [&] {
            return jobOf(m_state.load(std::memory_order_acquire)) != jobOf(seen);
        };
        if (!spinUntil(newJob)) {
            std::uint64_t state = m_state.load(std::memory_order_acquire);
            while (jobOf(state) == jobOf(seen)) {
                m_state.wait(state, std::memory_order_acquire);
                state = m_state.load(std::memory_order_acquire);
            }
        }
        seen = m_state.load(std::memory_order_acquire);
        if (m_quit.load(std::memory_order_acquire))
            return;
        claimAll(jobOf(seen), thread);
    }
}

} // namespace lectern::inference
