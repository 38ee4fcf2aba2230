// SPDX-License-Identifier: Apache-2.0
// lectern-cli summarize: what files say, in short.
#include "app/cli/answer.h"
#include "app/cli/commands.h"
#include "app/cli/output.h"

namespace lectern::app::cli {

void addSummarize(CLI::App& program, Run& run)
{
    struct Options : AnswerOptions {
        std::string modelFile;
    };
    auto options = std::make_shared<Options>(); // CLI11 keeps the callbacks
    CLI::App* command = program.add_subcommand("summarize", "Summarize files.");
    command->add_option("-m", options->modelFile, "Model")->type_name("GGUF");
    command->add_flag("--json", options->json, "Print one JSON object");
    command->add_option("FILE", options->files, "Files")->required();
    command->callback([options, &run] {
        run = [options] {
            options->model = chosenModel(options->modelFile, {});
            options->question =
                options->files.size() == 1 ? "Summarize this document." : "Summarize these files.";
            return answer(*options);
        };
    });
}

} // namespace lectern::app::cli
