// SPDX-License-Identifier: Apache-2.0
// One question through the assistant, its answer streamed to stdout (ask, summarize).
#pragma once

#include "app/chat.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lectern::app::cli {

struct AnswerOptions {
    ModelChoice model;
    std::vector<std::string> files;
    std::string question;
    std::string system; // empty: none
    int maxTokens = 512;
    float temperature = 0; // 0: greedy, so that scripts get the same answer again
    std::uint64_t seed = 0;
    bool json = false;
};

// Runs the event loop. Returns the exit code. Ctrl+C stops the answer (code 1).
int answer(const AnswerOptions& options);

} // namespace lectern::app::cli
