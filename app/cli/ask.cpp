// SPDX-License-Identifier: Apache-2.0
// lectern-cli ask: a question, about files or not.
#include "app/cli/answer.h"
#include "app/cli/commands.h"
#include "app/cli/output.h"

namespace lectern::app::cli {

void addAsk(CLI::App& program, Run& run)
{
    struct Options : AnswerOptions {
        std::string modelFile;
        std::string mmproj;
    };
    auto options = std::make_shared<Options>(); // CLI11 keeps the callbacks
    CLI::App* command = program.add_subcommand("ask", "Ask a question, about files or not.");
    command->add_option("-m", options->modelFile, "Model")->type_name("GGUF");
    command->add_option("--mmproj", options->mmproj, "Its vision file")->type_name("GGUF");
    command->add_option("-a", options->files, "File to ask about")
        ->type_name("FILE")
        ->allow_extra_args(false);
    command->add_option("--system", options->system, "System text")->type_name("TEXT");
    command->add_option("-n", options->maxTokens, "Longest answer in tokens (512)")
        ->check(CLI::Range(1, 1 << 20));
    command->add_option("--temp", options->temperature, "Temperature (0: greedy)")
        ->check(CLI::Range(0.0F, 100.0F));
    command->add_option("--seed", options->seed, "Seed of the sampler");
    command->add_flag("--json", options->json, "Print one JSON object");
    command->add_option("QUESTION", options->question, "The question, word for word")->required();
    command->callback([options, &run] {
        run = [options] {
            options->model = chosenModel(options->modelFile, options->mmproj);
            return answer(*options);
        };
    });
}

} // namespace lectern::app::cli
