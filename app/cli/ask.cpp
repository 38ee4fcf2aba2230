// SPDX-License-Identifier: Apache-2.0
// lectern-cli ask: a question, about files or not.
#include "app/cli/answer.h"
#include "app/cli/commands.h"

namespace lectern::app::cli {

void addAsk(CLI::App& program, Run& run)
{
    auto options = std::make_shared<AnswerOptions>(); // CLI11 keeps the callbacks
    CLI::App* command = program.add_subcommand("ask", "Ask a question, about files or not.");
    addAnswerOptions(*command, *options);
    command->add_option("-a", options->files, "File to ask about")
        ->type_name("FILE")
        ->allow_extra_args(false);
    command->add_option("--system", options->system, "System text")->type_name("TEXT");
    command
        ->add_option("--context-dir", options->contextFolder,
            "Keep what was read here, and do not read it again the next time")
        ->type_name("DIR");
    command->add_option("QUESTION", options->question, "The question, word for word")->required();
    command->callback([options, &run] { run = [options] { return answer(*options); }; });
}

} // namespace lectern::app::cli
