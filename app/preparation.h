// SPDX-License-Identifier: Apache-2.0
// The background part of asking: reads files of earlier questions again where needed, and builds
// the prompt.
#pragma once

#include "app/chat.h"
#include "app/ingest.h"
#include "app/prompt_builder.h"

#include <stop_token>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace lectern::app {

struct PreparationInput {
    std::string system;
    std::vector<ChatMessage> messages; // the last one is the question
    SharedEngine engine;
    int maxTokens = 0;
};

struct PreparationResult {
    tl::expected<Prompt, PromptError> prompt;
    std::vector<std::vector<SharedContent>> contents; // [message][attachment], as far as readable
};

// Blocks; polls `stop`, after which the result is of no use.
[[nodiscard]] PreparationResult prepare(const PreparationInput& input, const std::stop_token& stop);

} // namespace lectern::app
