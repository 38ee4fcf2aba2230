// SPDX-License-Identifier: Apache-2.0
// lectern-cli summarize: what files say, in short.
#include "app/cli/answer.h"
#include "app/cli/commands.h"

namespace lectern::app::cli {

void addSummarize(CLI::App& program, Run& run)
{
    auto options = std::make_shared<AnswerOptions>(); // CLI11 keeps the callbacks
    CLI::App* command = program.add_subcommand("summarize", "Summarize files.");
    addAnswerOptions(*command, *options);
    command->add_option("FILE", options->files, "Files")->required();
    command->callback([options, &run] {
        run = [options] {
            options->question =
                options->files.size() == 1 ? "Summarize this document." : "Summarize these files.";
            return answer(*options);
        };
    });
}

} // namespace lectern::app::cli
