// SPDX-License-Identifier: Apache-2.0
// The queue of requests and the two threads behind LocalEngine: one computes, one calls back, so
// that neither a slow callback nor a long computation delays the other.
#include "inference/local_engine.h"

#include "inference/callback_queue.h"
#include "inference/session.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

namespace lectern::inference {

namespace {

struct Job {
    RequestId id = 0;
    Request request;
    Callbacks callbacks;
    std::stop_source stop;
};

Completion cancelledCompletion(int contextUsed)
{
    return {.reason = FinishReason::cancelled,
        .timings = {},
        .contextUsed = contextUsed,
        .stopString = {},
        .logProbs = {}};
}

} // namespace

struct LocalEngine::Impl {
    explicit Impl(std::unique_ptr<Session> loaded)
        : session(std::move(loaded)), thread([this](const std::stop_token& stop) { work(stop); })
    {
    }

    ~Impl()
    {
        {
            const std::lock_guard lock(mutex);
            for (const auto& job : queue)
                postCancelled(job);
            queue.clear();
            for (const auto& job : unfinished)
                job->stop.request_stop();
        }
        thread.request_stop();
        thread.join();
    }

    void work(const std::stop_token& stop)
    {
        std::unique_lock lock(mutex);
        while (wake.wait(lock, stop, [&] { return !queue.empty(); })) {
            const std::shared_ptr<Job> job = std::move(queue.front());
            queue.pop_front();
            unfinished.push_back(job);
            lock.unlock();
            auto result = runJob(job);
            lock.lock();
            if (result)
                contextUsed = result->contextUsed;
            callbacks.post(
                [this, job, result = std::move(result)]() mutable { finish(job, result); });
        }
    }

    // On the callbacks' thread. A request that was stopped while its last deltas were on their way
    // has lost some of them, and so counts as stopped.
    void finish(const std::shared_ptr<Job>& job, Result<Completion>& result)
    {
        {
            const std::lock_guard lock(mutex);
            std::erase(unfinished, job);
        }
        if (result && job->stop.stop_requested())
            result->reason = FinishReason::cancelled;
        if (job->callbacks.onDone)
            job->callbacks.onDone(std::move(result));
    }

    Result<Completion> runJob(const std::shared_ptr<Job>& job)
    {
        // What is still waiting when the request is stopped is dropped, so that a slow callback
        // cannot delay the end either.
        SessionEvents events;
        events.onProgress = [&](const Progress& progress) {
            callbacks.post([job, progress] {
                if (job->callbacks.onProgress && !job->stop.stop_requested())
                    job->callbacks.onProgress(progress);
            });
        };
        events.onDelta = [&](std::string delta) {
            callbacks.post([job, delta = std::move(delta)] {
                if (job->callbacks.onDelta && !job->stop.stop_requested())
                    job->callbacks.onDelta(delta);
            });
        };
        try {
            return session->run(job->request, events, job->stop.get_token());
        } catch (const std::bad_alloc&) {
        } catch (const std::length_error&) {
        }
        return fail(ErrorCode::outOfMemory,
            "There was not enough memory for this request; close other programs or attach less.");
    }

    void postCancelled(const std::shared_ptr<Job>& job)
    {
        callbacks.post([job, used = contextUsed] {
            if (job->callbacks.onDone)
                job->callbacks.onDone(cancelledCompletion(used));
        });
    }

    std::unique_ptr<Session> session; // run() on `thread` only
    std::mutex mutex;
    std::condition_variable_any wake;
    std::deque<std::shared_ptr<Job>> queue; // guarded by mutex
    // Guarded by mutex: the running one, and those behind it whose callbacks are still to come.
    std::vector<std::shared_ptr<Job>> unfinished;
    RequestId lastId = 0;    // guarded by mutex
    int contextUsed = 0;     // guarded by mutex
    CallbackQueue callbacks; // its last calls still use the members above
    std::jthread thread;     // last: starts when the rest is there
};

LocalEngine::LocalEngine() = default;
LocalEngine::~LocalEngine() = default;

Result<std::unique_ptr<LocalEngine>> LocalEngine::open(
    const LocalEngineOptions& options, std::stop_token stop)
{
    try {
        auto session = Session::open(options, stop);
        if (!session)
            return tl::unexpected(session.error());
        std::unique_ptr<LocalEngine> engine(new LocalEngine);
        engine->m_impl = std::make_unique<Impl>(std::move(*session));
        return engine;
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::outOfMemory,
            options.model.filename().string()
                + ": There was not enough memory to load the model; close other programs.");
    } catch (const std::system_error&) {
        return fail(ErrorCode::unavailable,
            options.model.filename().string()
                + ": The system gives no further threads, which the model needs; close other "
                  "programs.");
    }
}

EngineInfo LocalEngine::info() const
{
    return m_impl->session->info();
}

RequestId LocalEngine::submit(Request request, Callbacks callbacks)
{
    auto job = std::make_shared<Job>();
    job->request = std::move(request);
    job->callbacks = std::move(callbacks);
    const std::lock_guard lock(m_impl->mutex);
    job->id = ++m_impl->lastId;
    m_impl->queue.push_back(job);
    m_impl->wake.notify_one();
    return job->id;
}

void LocalEngine::cancel(RequestId id)
{
    const std::lock_guard lock(m_impl->mutex);
    const auto isIt = [&](const std::shared_ptr<Job>& job) { return job->id == id; };
    for (const auto& job : m_impl->unfinished)
        if (isIt(job))
            job->stop.request_stop();
    const auto queued = std::find_if(m_impl->queue.begin(), m_impl->queue.end(), isIt);
    if (queued == m_impl->queue.end())
        return;
    m_impl->postCancelled(*queued);
    m_impl->queue.erase(queued);
}

int LocalEngine::countTokens(std::string_view text) const
{
    return static_cast<int>(
        m_impl->session->tokenizer().encode(text, SpecialTokens::asText).size());
}

} // namespace lectern::inference
