// SPDX-License-Identifier: Apache-2.0
// An assistant that writes an endless answer and says how much of it was shown; made to be killed.
#include "app/assistant.h"
#include "app/storage_thread.h"
#include "endless_engine.h"

#include <cstdio>
#include <QCoreApplication>
#include <QTimer>

int main(int argc, char** argv)
{
    using namespace lectern::app;
    QCoreApplication application(argc, argv);
    if (argc < 2)
        return 2;
    StorageThread storage(argv[1]);
    AssistantOptions options;
    options.storage = &storage;
    options.dataDirectory = argv[1];
    options.openEngine = openEndless();
    Assistant assistant(options);
    assistant.start();
    assistant.chooseModel({});
    assistant.send("Go on");
    QTimer report;
    QObject::connect(&report, &QTimer::timeout, &report, [&] {
        if (assistant.messages().size() < 2 || assistant.messages().back().text.empty())
            return;
        std::printf("%zu\n", assistant.messages().back().text.size());
        std::fflush(stdout);
    });
    report.start(100);
    return QCoreApplication::exec();
}
