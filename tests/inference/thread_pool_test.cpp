// SPDX-License-Identifier: Apache-2.0
// The thread pool: every task once, whatever the number of threads, tasks and jobs.
#include "inference/cpu/thread_pool.h"
#include "tests/inference/test.h"

#include <array>
#include <chrono>
#include <memory>
#include <set>

using lectern::inference::ThreadPool;

namespace {

constexpr std::array kThreads{1, 2, 3, 16}; // 16: more than most test machines have cores

} // namespace

TEST(ThreadPoolTest, runsEveryTaskOnce)
{
    for (const int threads : kThreads) {
        ThreadPool pool(threads);
        CHECK(pool.threads() == threads);
        for (const std::int64_t tasks : {0, 1, 2, 15, 16, 17, 1000, 50'000}) {
            std::vector<std::atomic<int>> runs(static_cast<std::size_t>(tasks));
            std::atomic<bool> threadsInRange{true};
            pool.run(tasks, [&](std::int64_t task, int thread) {
                ++runs[static_cast<std::size_t>(task)];
                if (thread < 0 || thread >= threads)
                    threadsInRange = false;
            });
            std::int64_t once = 0;
            for (const auto& count : runs)
                once += count == 1 ? 1 : 0;
            CHECK_ROW(once == tasks, std::to_string(threads) + " threads");
            CHECK(threadsInRange);
        }
    }
}

TEST(ThreadPoolTest, givesEachThreadItsOwnNumber)
{
    ThreadPool pool(4);
    std::array<std::atomic<int>, 4> inside{};
    std::atomic<bool> shared{false};
    for (int job = 0; job < 200; ++job) {
        pool.run(64, [&](std::int64_t, int thread) {
            auto& here = inside[static_cast<std::size_t>(thread)];
            if (++here != 1)
                shared = true; // two tasks at once with one number would share scratch memory
            std::this_thread::yield();
            --here;
        });
    }
    CHECK(!shared);
}

// The pool packs job numbers into 16 bits: more jobs than that must not confuse a late thread.
TEST(ThreadPoolTest, keepsManyTinyJobsApart)
{
    constexpr int kJobs = 70'000;
    ThreadPool pool(3);
    std::int64_t expected = 0;
    std::atomic<std::int64_t> sum{0};
    bool complete = true;
    for (int job = 0; job < kJobs; ++job) {
        const std::int64_t tasks = 2 + job % 3;
        expected += tasks * job;
        pool.run(tasks, [&sum, job](std::int64_t, int) { sum += job; });
        complete = complete && sum == expected; // all done when run() returns
    }
    CHECK(complete);
}

TEST(ThreadPoolTest, finishesTasksBeforeItReturns)
{
    ThreadPool pool(3);
    for (int job = 0; job < 300; ++job) {
        // On this frame's stack: a task still running after run() would write into what follows.
        std::array<int, 7> results{};
        pool.run(7, [&](std::int64_t task, int) {
            if (task % 2 == 1)
                std::this_thread::yield();
            results[static_cast<std::size_t>(task)] = job;
        });
        CHECK(std::set<int>(results.begin(), results.end()) == std::set<int>{job});
    }
}

TEST(ThreadPoolTest, wakesThreadsThatFellAsleep)
{
    ThreadPool pool(2);
    for (int i = 0; i < 3; ++i) {
        // Far longer than idle threads spin, so that they sleep now.
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        // Each task waits for the other: both threads must be at work, or this never ends.
        std::atomic<int> arrived{0};
        pool.run(2, [&](std::int64_t, int) {
            ++arrived;
            while (arrived < 2)
                std::this_thread::yield();
        });
        CHECK(arrived == 2);
    }
}

TEST(ThreadPoolTest, endsWhileIdleAsleepAndUnused)
{
    for (const int threads : kThreads) {
        for (const int sleep : {0, 5}) {
            auto pool = std::make_unique<ThreadPool>(threads);
            std::atomic<int> ran{0};
            pool->run(sleep == 0 ? 0 : threads, [&](std::int64_t, int) { ++ran; });
            std::this_thread::sleep_for(std::chrono::milliseconds(sleep));
            pool.reset(); // joins; a thread that missed the end would hang here
            CHECK(ran == (sleep == 0 ? 0 : threads));
        }
    }
}

TEST(ThreadPoolTest, keepsTheTaskAliveNoLongerThanTheJob)
{
    ThreadPool pool(3);
    const auto owned = std::make_shared<int>(7);
    {
        const ThreadPool::Task task = [owned](std::int64_t, int) {};
        CHECK(owned.use_count() == 2);
        pool.run(100, task);
        CHECK(owned.use_count() == 2); // no copy is left with a thread
    }
    CHECK(owned.use_count() == 1);
    pool.run(3, [](std::int64_t, int) {}); // and the dead one is not called
}
