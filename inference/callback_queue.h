// SPDX-License-Identifier: Apache-2.0
// The thread on which an engine calls its callers back, so that neither waits for the other.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace lectern::inference {

// Runs what is posted, one after another, on a thread of its own. post() may be called from any
// thread and returns at once. The destructor runs what has been posted, then joins; it must not
// run on the queue's own thread.
class CallbackQueue {
public:
    CallbackQueue();
    ~CallbackQueue();
    CallbackQueue(const CallbackQueue&) = delete;
    CallbackQueue& operator=(const CallbackQueue&) = delete;

    void post(std::function<void()> call);
    // As post(), of a list of one call made earlier: needs no memory, so it cannot fail.
    void postReady(std::list<std::function<void()>>& call) noexcept;

private:
    void work();

    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::list<std::function<void()>> m_calls; // guarded by m_mutex
    bool m_closing = false;                   // guarded by m_mutex
    std::jthread m_thread;                    // last: starts when the rest is there
};

} // namespace lectern::inference
