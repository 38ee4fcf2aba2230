// SPDX-License-Identifier: Apache-2.0
// Where an engine leaves what it says, and the GUI thread fetches it some 30 times a second.
#pragma once

#include "inference/engine.h"

#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace lectern::app {

// Thread safety: the engine's thread puts, the GUI thread takes. Shared by both, since either may
// be the last to need it.
class EngineStream {
public:
    struct News {
        std::string text;                            // since the last time
        std::optional<inference::Progress> progress; // the newest
        std::optional<inference::Result<inference::Completion>> done;
    };

    [[nodiscard]] static inference::Callbacks callbacksInto(std::shared_ptr<EngineStream> stream);
    [[nodiscard]] News take();

private:
    std::mutex m_mutex;
    News m_news; // guarded by m_mutex
};

} // namespace lectern::app
