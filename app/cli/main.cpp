// SPDX-License-Identifier: Apache-2.0
// lectern-cli: the same assistant in a terminal. Exit codes: 0 done, 1 failed, 2 usage.
#include "app/cli/commands.h"

#include <QCoreApplication>

int main(int argc, char** argv)
{
    using namespace lectern::app::cli;
    // First, since Qt sets the locale; numbers are written as in C all the same.
    QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("lectern"));

    CLI::App program{"Lectern in a terminal: answers to stdout, everything else to stderr."};
    program.set_version_flag("--version", "lectern-cli 0.1.0");
    program.require_subcommand(1);
    Run run;
    addAsk(program, run);
    addSummarize(program, run);
    addIngest(program, run);
    addTokenize(program, run);
    addLogits(program, run);
    addEmbedImage(program, run);
    addBench(program, run);
    addPerplexity(program, run);
    addModelInfo(program, run);
    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        constexpr int kUsage = 2;
        return program.exit(error) == 0 ? 0 : kUsage;
    }
    return run ? run() : 0;
}
