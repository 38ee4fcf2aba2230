// SPDX-License-Identifier: Apache-2.0
// The callback thread: order, one thread, nothing lost at the end.
#include "inference/callback_queue.h"
#include "tests/inference/test.h"

#include <atomic>
#include <memory>
#include <set>
#include <vector>

using lectern::inference::CallbackQueue;

TEST(CallbackQueueTest, runsEverythingInOrderOnOneThreadBeforeItEnds)
{
    std::vector<int> order;
    std::set<std::thread::id> threads;
    {
        CallbackQueue queue;
        for (int i = 0; i < 1000; ++i)
            queue.post([&, i] {
                order.push_back(i);
                threads.insert(std::this_thread::get_id());
            });
    }
    REQUIRE(order.size() == 1000);
    for (int i = 0; i < 1000; ++i)
        CHECK(order[static_cast<std::size_t>(i)] == i);
    CHECK(threads.size() == 1);
    CHECK(!threads.contains(std::this_thread::get_id()));
}

TEST(CallbackQueueTest, keepsTheOrderOfEachPoster)
{
    std::vector<std::pair<int, int>> seen;
    {
        CallbackQueue queue;
        std::vector<std::jthread> posters;
        posters.reserve(4);
        for (int poster = 0; poster < 4; ++poster)
            posters.emplace_back([&queue, &seen, poster] {
                for (int i = 0; i < 250; ++i)
                    queue.post([&seen, poster, i] { seen.emplace_back(poster, i); });
            });
    }
    CHECK(seen.size() == 1000);
    std::vector<int> next(4, 0);
    for (const auto& [poster, i] : seen)
        CHECK(i == next[static_cast<std::size_t>(poster)]++);
}

TEST(CallbackQueueTest, letsGoOfWhatACallHolds)
{
    auto held = std::make_shared<int>(1);
    std::atomic<bool> ran = false;
    {
        CallbackQueue queue;
        queue.post([held, &ran] { ran = *held == 1; });
    }
    CHECK(ran);
    CHECK(held.use_count() == 1);
}
