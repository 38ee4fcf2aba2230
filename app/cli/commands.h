// SPDX-License-Identifier: Apache-2.0
// The commands of lectern-cli: each adds its options, and sets what is to run when it was chosen.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace lectern::app::cli {

// Returns the exit code: 0 done, 1 failed (the reason is on stderr).
using Run = std::function<int()>;

void addAsk(CLI::App& program, Run& run);
void addSummarize(CLI::App& program, Run& run);
void addIngest(CLI::App& program, Run& run);
void addTokenize(CLI::App& program, Run& run);
void addLogits(CLI::App& program, Run& run);
void addEmbedImage(CLI::App& program, Run& run);
void addBench(CLI::App& program, Run& run);
void addPerplexity(CLI::App& program, Run& run);
void addModelInfo(CLI::App& program, Run& run);

} // namespace lectern::app::cli
