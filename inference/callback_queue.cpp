// SPDX-License-Identifier: Apache-2.0
// A serial queue of calls.
#include "inference/callback_queue.h"

#include <utility>

namespace lectern::inference {

CallbackQueue::CallbackQueue() : m_thread([this] { work(); }) { }

CallbackQueue::~CallbackQueue()
{
    {
        const std::lock_guard lock(m_mutex);
        m_closing = true;
    }
    m_wake.notify_one();
    m_thread.join();
}

void CallbackQueue::post(std::function<void()> call)
{
    std::list<std::function<void()>> made;
    made.push_back(std::move(call));
    postReady(made);
}

void CallbackQueue::postReady(std::list<std::function<void()>>& call) noexcept
{
    {
        const std::lock_guard lock(m_mutex);
        m_calls.splice(m_calls.end(), call);
    }
    m_wake.notify_one();
}

void CallbackQueue::work()
{
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_wake.wait(lock, [&] { return m_closing || !m_calls.empty(); });
        if (m_calls.empty())
            return;
        auto call = std::move(m_calls.front());
        m_calls.pop_front();
        lock.unlock();
        call();
        call = nullptr; // what it holds goes before the lock comes back
        lock.lock();
    }
}

} // namespace lectern::inference
