// SPDX-License-Identifier: Apache-2.0
// The queue of requests and the two threads behind LocalEngine: one computes, one calls back, so
// that neither a slow callback nor a long computation delays the other.
#include "inference/local_engine.h"

#include "inference/callback_queue.h"
#include "inference/session.h"

#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace lectern::inference {

namespace {

// Where there is not even memory for the sentence, one so short that a string holds it in itself.
Error noMemory(const char* sentence, const std::filesystem::path& file = {}) noexcept
{
    try {
        return {ErrorCode::outOfMemory,
            (file.empty() ? std::string() : file.filename().string() + ": ") + sentence};
    } catch (const std::bad_alloc&) {
        return {ErrorCode::outOfMemory, "No memory left."};
    }
}

// All that ending a request takes is made when it comes in, so that it ends with its onDone even
// when no byte of memory is left.
struct Job {
    RequestId id = 0;
    Request request;
    Callbacks callbacks;
    std::stop_source stop;
    Result<Completion> result;              // what onDone gets
    std::list<std::function<void()>> ended; // one call: finish()
};
using Jobs = std::list<std::shared_ptr<Job>>;

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
            while (!queue.empty())
                endCancelled(queue.begin());
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
            const std::shared_ptr<Job> job = queue.front();
            unfinished.splice(unfinished.end(), queue, queue.begin());
            lock.unlock();
            job->result = runJob(job);
            lock.lock();
            if (job->result)
                contextUsed = job->result->contextUsed;
            callbacks.postReady(job->ended);
        }
    }

    // On the callbacks' thread. A request that was stopped while its last deltas were on their way
    // has lost some of them, and so counts as stopped.
    void finish(const Job* job)
    {
        Jobs ended;
        {
            const std::lock_guard lock(mutex);
            const auto found = std::find_if(unfinished.begin(), unfinished.end(),
                [&](const std::shared_ptr<Job>& other) { return other.get() == job; });
            ended.splice(ended.end(), unfinished, found);
        }
        Job& last = *ended.front();
        if (last.result && last.stop.stop_requested())
            last.result->reason = FinishReason::cancelled;
        if (last.callbacks.onDone)
            last.callbacks.onDone(std::move(last.result));
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
        return tl::unexpected(noMemory(
            "There was not enough memory for this request; close other programs or attach less."));
    }

    // Of one that is still queued; with the mutex held.
    void endCancelled(Jobs::iterator queued)
    {
        Job& job = **queued;
        unfinished.splice(unfinished.end(), queue, queued);
        job.result = cancelledCompletion(contextUsed);
        callbacks.postReady(job.ended);
    }

    std::unique_ptr<Session> session; // run() on `thread` only
    std::mutex mutex;
    std::condition_variable_any wake;
    Jobs queue; // guarded by mutex
    // Guarded by mutex: the running one, and those whose callbacks are still to come.
    Jobs unfinished;
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
    } catch (const std::length_error&) {
    } catch (const std::system_error&) {
        return fail(ErrorCode::unavailable,
            options.model.filename().string()
                + ": The system gives no further threads, which the model needs; close other "
                  "programs.");
    }
    return tl::unexpected(noMemory(
        "There was not enough memory to load the model; close other programs.", options.model));
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
    job->ended.emplace_back([impl = m_impl.get(), ended = job.get()] { impl->finish(ended); });
    Jobs queued{job};
    const std::lock_guard lock(m_impl->mutex);
    job->id = ++m_impl->lastId;
    m_impl->queue.splice(m_impl->queue.end(), queued);
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
    m_impl->endCancelled(queued);
}

int LocalEngine::countTokens(std::string_view text) const
{
    return static_cast<int>(
        m_impl->session->tokenizer().encode(text, SpecialTokens::asText).size());
}

} // namespace lectern::inference
