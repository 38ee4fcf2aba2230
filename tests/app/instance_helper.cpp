// SPDX-License-Identifier: Apache-2.0
// A program as the desktop app starts: DIR WAIT_MS [FILE...]. Says "first", "handed over" or
// "refused: why"; as the first it says "raised FILE..." until it is ended.
#include "app/single_instance.h"

#include <cstdio>
#include <QCoreApplication>

using lectern::app::SingleInstance;

int main(int argc, char** argv)
{
    const QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    if (arguments.size() < 3)
        return 2;
    SingleInstance instance(arguments[1]);
    QObject::connect(&instance, &SingleInstance::raised, [](const QStringList& files) {
        std::printf("raised %s\n", qPrintable(files.join(' ')));
        std::fflush(stdout);
    });
    switch (instance.start(arguments.mid(3), arguments[2].toInt())) {
    case SingleInstance::Outcome::first:
        std::printf("first\n");
        std::fflush(stdout);
        return QCoreApplication::exec();
    case SingleInstance::Outcome::handedOver:
        std::printf("handed over\n");
        return 0;
    case SingleInstance::Outcome::refused:
        std::printf("refused: %s\n", qPrintable(instance.reason()));
        return 1;
    }
    return 2;
}
