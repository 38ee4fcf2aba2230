// SPDX-License-Identifier: Apache-2.0
// The threads behind Background.
#include "app/background.h"

#include <algorithm>

namespace lectern::app {

Background::Background(int threads)
{
    for (int i = 0; i < std::max(threads, 1); ++i)
        m_threads.emplace_back([this](const std::stop_token& quit) { work(quit); });
}

Background::~Background()
{
    {
        const std::lock_guard lock(m_mutex);
        m_queue.clear();
        for (std::jthread& thread : m_threads)
            thread.request_stop();
        for (std::stop_source& active : m_active)
            active.request_stop();
    }
    m_wake.notify_all();
    m_threads.clear();
}

std::stop_source Background::run(Job job)
{
    std::stop_source stop;
    {
        const std::lock_guard lock(m_mutex);
        m_queue.push_back({std::move(job), stop});
    }
    m_wake.notify_one();
    return stop;
}

void Background::work(const std::stop_token& quit)
{
    for (;;) {
        Queued next;
        {
            std::unique_lock lock(m_mutex);
            m_wake.wait(lock, quit, [this] { return !m_queue.empty(); });
            if (quit.stop_requested())
                return;
            next = std::move(m_queue.front());
            m_queue.pop_front();
            m_active.push_back(next.stop);
        }
        next.job(next.stop.get_token());
        next.job = nullptr; // what the job holds goes before the job counts as over
        const std::lock_guard lock(m_mutex);
        m_active.erase(std::find(m_active.begin(), m_active.end(), next.stop));
    }
}

} // namespace lectern::app
