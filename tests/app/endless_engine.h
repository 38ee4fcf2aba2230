// SPDX-License-Identifier: Apache-2.0
// A scripted engine for tests in which the moment matters: one word every few milliseconds, until
// it is cancelled.
#pragma once

#include "app/model_host.h"
#include "inference/engine.h"

#include <chrono>
#include <thread>

namespace lectern::app {

class EndlessEngine final : public inference::Engine {
public:
    [[nodiscard]] inference::EngineInfo info() const override
    {
        return {"endless", "scripted", 8192, std::nullopt};
    }
    inference::RequestId submit(inference::Request, inference::Callbacks callbacks) override
    {
        m_thread = std::jthread([callbacks](const std::stop_token& stop) {
            while (!stop.stop_requested()) {
                callbacks.onDelta("word ");
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
            }
            callbacks.onDone(inference::Completion{inference::FinishReason::cancelled, {}, 0});
        });
        return 1;
    }
    void cancel(inference::RequestId) override { m_thread.request_stop(); }
    [[nodiscard]] int countTokens(std::string_view text) const override
    {
        return static_cast<int>(text.size() / 4);
    }

private:
    std::jthread m_thread;
};

inline OpenEngine openEndless()
{
    return [](const OpenRequest&, std::stop_token) {
        return inference::Result<std::unique_ptr<inference::Engine>>(
            std::make_unique<EndlessEngine>());
    };
}

} // namespace lectern::app
