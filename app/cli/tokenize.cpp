// SPDX-License-Identifier: Apache-2.0
// lectern-cli tokenize: text to token ids.
#include "app/cli/commands.h"
#include "app/cli/output.h"
#include "inference/model_file.h"
#include "inference/tokenizer.h"

namespace lectern::app::cli {

void addTokenize(CLI::App& program, Run& run)
{
    struct Options {
        std::string model;
        std::string text = "-";
        bool special = false;
    };
    auto options = std::make_shared<Options>(); // CLI11 keeps the callbacks
    CLI::App* command =
        program.add_subcommand("tokenize", "Print the token ids of a text as a JSON array.");
    command->add_option("-m", options->model, "Model")->type_name("GGUF");
    command->add_flag("--special", options->special, "Names of special tokens become them");
    command->add_option("TEXT", options->text, "The text; - or nothing: stdin");
    command->callback([options, &run] {
        run = [options] {
            const auto file = inference::ModelFile::open(chosenModelFile(options->model));
            if (!file)
                return fail(file.error().message);
            const auto tokenizer = inference::Tokenizer::fromGguf((*file)->gguf());
            if (!tokenizer)
                return fail(tokenizer.error().message);
            const auto text = options->text == "-" ? readWhole("-") : std::optional(options->text);
            if (!text)
                return kFailed;
            printJson((*tokenizer)
                          ->encode(*text,
                              options->special ? inference::SpecialTokens::parsed
                                               : inference::SpecialTokens::asText));
            return kDone;
        };
    });
}

} // namespace lectern::app::cli
