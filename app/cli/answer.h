// SPDX-License-Identifier: Apache-2.0
// One question through the assistant, its answer streamed to stdout (ask, summarize).
#pragma once

#include "app/chat.h"
#include "app/cli/commands.h"
#include "app/preferences.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lectern::app::cli {

struct AnswerOptions {
    AnswerOptions();

    std::string modelFile;
    std::string mmproj;
    std::vector<std::string> files;
    std::string question;
    std::string system;          // empty: none
    AnswerPreferences answering; // greedy unless asked, so that scripts get the same answer again
    RunPreferences running;
    std::string kv;      // name of running.kvType
    std::string weights; // name of running.weights
    std::string device = "cpu";
    std::uint64_t seed = 0;
    std::vector<std::string> stops;
    std::string jsonSchema; // file; empty: any text
    int logProbs = -1;      // alternatives; negative: none are told
    bool json = false;
    std::string contextFolder; // what was read is kept here for the next time; empty: not kept
};

// How a model is run and how it answers, as options of `command`; `options` must outlive it.
void addAnswerOptions(CLI::App& command, AnswerOptions& options);

// Runs the event loop. Returns the exit code. Ctrl+C stops the answer (code 1).
int answer(const AnswerOptions& options);

} // namespace lectern::app::cli
