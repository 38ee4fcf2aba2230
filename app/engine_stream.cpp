// SPDX-License-Identifier: Apache-2.0
// The mailbox between an engine's thread and the GUI thread.
#include "app/engine_stream.h"

#include <utility>

namespace lectern::app {

inference::Callbacks EngineStream::callbacksInto(std::shared_ptr<EngineStream> stream)
{
    inference::Callbacks callbacks;
    callbacks.onProgress = [stream](const inference::Progress& progress) {
        const std::lock_guard lock(stream->m_mutex);
        stream->m_news.progress = progress;
    };
    callbacks.onDelta = [stream](std::string_view delta) {
        const std::lock_guard lock(stream->m_mutex);
        stream->m_news.text += delta;
    };
    callbacks.onDone = [stream](inference::Result<inference::Completion> result) {
        const std::lock_guard lock(stream->m_mutex);
        stream->m_news.done = std::move(result);
    };
    return callbacks;
}

EngineStream::News EngineStream::take()
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_news, {});
}

} // namespace lectern::app
