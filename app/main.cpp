// SPDX-License-Identifier: Apache-2.0
// lectern: the composition root of the desktop application, built on the stack.
#include "app/assistant.h"
#include "app/installation.h"
#include "app/local_models.h"
#include "app/model_choice.h"
#include "app/self_test.h"
#include "app/single_instance.h"
#include "app/storage_thread.h"
#include "app/unix_signals.h"
#include "app/window_binding.h"
#include "ui/window.h"
#include "ui/window_state.h"

#include <cstdio>
#include <QCommandLineParser>
#include <QDir>
#include <QGuiApplication>
#include <QQmlApplicationEngine>
#include <QQuickWindow>
#include <QTemporaryDir>
#include <QTimer>
#include <xcb/xcb.h>

using namespace lectern;

namespace {

constexpr auto kSystem = "You are Lectern's assistant. The user may attach documents, images or "
                         "videos. Answer in plain text.";
constexpr auto kWindowSize = "windowSize";

// Qt aborts when the platform it picks has no display; a sentence is better.
bool hasDisplay(int argc, char** argv)
{
    for (int i = 1; i < argc; ++i)
        if (qstrcmp(argv[i], "-platform") == 0 || qstrcmp(argv[i], "--platform") == 0)
            return true;
    if (qEnvironmentVariableIsSet("QT_QPA_PLATFORM") && qgetenv("QT_QPA_PLATFORM") != "xcb")
        return true;
    if (!qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY"))
        return true;
    xcb_connection_t* connection = xcb_connect(nullptr, nullptr);
    const bool works = xcb_connection_has_error(connection) == 0;
    xcb_disconnect(connection);
    return works;
}

// Keeps the window's size between runs.
void rememberSize(QQuickWindow& window, app::Assistant& assistant)
{
    assistant.loadSetting(kWindowSize, [&window](const std::string& size) {
        int width = 0;
        int height = 0;
        if (std::sscanf(size.c_str(), "%dx%d", &width, &height) == 2
            && QRect(0, 0, 10'000, 10'000).contains(width, height) && width >= 400 && height >= 300)
            window.resize(width, height);
    });
    auto* settled = new QTimer(&window);
    settled->setSingleShot(true);
    settled->setInterval(500);
    const auto restart = [settled] { settled->start(); };
    QObject::connect(&window, &QWindow::widthChanged, settled, restart);
    QObject::connect(&window, &QWindow::heightChanged, settled, restart);
    QObject::connect(settled, &QTimer::timeout, &window, [&window, &assistant] {
        assistant.setSetting(
            kWindowSize, std::to_string(window.width()) + "x" + std::to_string(window.height()));
    });
}

std::filesystem::path pathOf(const QString& text)
{
    return text.isEmpty() ? std::filesystem::path()
                          : std::filesystem::path(QDir(text).absolutePath().toStdString());
}

std::vector<std::filesystem::path> pathsOf(const QStringList& files)
{
    std::vector<std::filesystem::path> paths;
    for (const QString& file : files)
        paths.emplace_back(QDir::current().absoluteFilePath(file).toStdString());
    return paths;
}

} // namespace

int main(int argc, char** argv)
{
    bool selfTest = false;
    bool helpOnly = false;
    for (int i = 1; i < argc; ++i) {
        selfTest = selfTest || qstrcmp(argv[i], "--self-test") == 0;
        helpOnly = helpOnly || qstrcmp(argv[i], "--help") == 0 || qstrcmp(argv[i], "-h") == 0
            || qstrcmp(argv[i], "--version") == 0 || qstrcmp(argv[i], "-v") == 0;
    }
    if (selfTest || helpOnly) {
        qputenv("QT_QPA_PLATFORM", "offscreen");
        qputenv("QT_QUICK_BACKEND", "software");
    } else if (!hasDisplay(argc, argv)) {
        std::fprintf(stderr,
            "Lectern cannot open its window: there is no display here (neither DISPLAY nor "
            "WAYLAND_DISPLAY leads to one). In a terminal, use lectern-cli ask.\n");
        return 1;
    }

    QGuiApplication application(argc, argv);
    QGuiApplication::setApplicationName(QStringLiteral("lectern"));
    QGuiApplication::setApplicationDisplayName(QStringLiteral("Lectern"));
    QGuiApplication::setApplicationVersion(QStringLiteral("0.1.0"));
    ui::prepareApplication();

    QCommandLineParser parser;
    parser.setApplicationDescription(
        QStringLiteral("A desktop assistant that runs on your own machine."));
    const QCommandLineOption modelOption(
        QStringLiteral("model"), QStringLiteral("Use this model."), QStringLiteral("GGUF"));
    const QCommandLineOption mmprojOption(
        QStringLiteral("mmproj"), QStringLiteral("Its vision file."), QStringLiteral("GGUF"));
    const QCommandLineOption dataOption(QStringLiteral("data-dir"),
        QStringLiteral("Keep conversations and settings here."), QStringLiteral("DIR"));
    const QCommandLineOption selfTestOption(QStringLiteral("self-test"),
        QStringLiteral("Check that this installation works, without a window, and end."));
    parser.addOptions({modelOption, mmprojOption, dataOption, selfTestOption});
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(
        QStringLiteral("FILE"), QStringLiteral("Files to ask about."), QStringLiteral("[FILE...]"));
    if (!parser.parse(QGuiApplication::arguments())) {
        std::fprintf(stderr, "%s\n", qPrintable(parser.errorText()));
        return 2;
    }
    if (parser.isSet(QStringLiteral("help"))) {
        std::printf("%s", qPrintable(parser.helpText()));
        return 0;
    }
    if (parser.isSet(QStringLiteral("version"))) {
        std::printf("lectern %s\n", qPrintable(QGuiApplication::applicationVersion()));
        return 0;
    }

    const QTemporaryDir temporary; // of the self-test, which touches nothing of the user's
    QString directory = QString::fromStdString(app::defaultDataDirectory().string());
    if (parser.isSet(dataOption))
        directory = QDir(parser.value(dataOption)).absolutePath();
    else if (selfTest)
        directory = temporary.path();

    app::SingleInstance instance(directory);
    switch (instance.start(parser.positionalArguments())) {
    case app::SingleInstance::Outcome::first:
        break;
    case app::SingleInstance::Outcome::handedOver:
        return 0;
    case app::SingleInstance::Outcome::refused:
        std::fprintf(stderr, "%s\n", qPrintable(instance.reason()));
        return 1;
    }

    app::StorageThread storage(directory.toStdString());
    app::AssistantOptions options;
    options.storage = &storage;
    options.dataDirectory = directory.toStdString();
    options.system = kSystem;
    options.openEngine = app::openLocalModels(
        {.contextFolder = std::filesystem::path(directory.toStdString()) / "contexts"});
    options.greedyDemonstration = true;
    app::Assistant assistant(options);
    ui::WindowState window;
    app::WindowBinding binding(assistant, window);
    const auto qml = ui::loadWindow(window);
    if (!qml) {
        std::fprintf(stderr, "Lectern's window could not be loaded; a QML package is missing.\n");
        return 1;
    }
    auto* shownWindow = qobject_cast<QQuickWindow*>(qml->rootObjects().value(0));

    const QStringList files = parser.positionalArguments();
    assistant.start(files.isEmpty() ? app::Assistant::StartWith::newestConversation
                                    : app::Assistant::StartWith::newConversation);
    binding.loadSettings();
    if (shownWindow && !selfTest)
        rememberSize(*shownWindow, assistant);
    assistant.attachDropped(pathsOf(files));
    // Comes after the settings above, so that the model is loaded once, as they say.
    assistant.loadSetting(app::kModelSetting, [&](const std::string& setting) {
        assistant.chooseModel(parser.isSet(modelOption)
                ? app::ModelChoice{pathOf(parser.value(modelOption)),
                    pathOf(parser.value(mmprojOption))}
                : app::choiceFromSetting(setting));
    });

    QObject::connect(
        &instance, &app::SingleInstance::raised, &window, [&](const QStringList& more) {
            emit window.raiseRequested();
            assistant.attachDropped(pathsOf(more));
        });
    app::UnixSignals signals_;
    QObject::connect(
        &signals_, &app::UnixSignals::interrupted, &application, &QGuiApplication::quit);
    if (selfTest)
        return app::runSelfTest(window, storage);
    return QGuiApplication::exec();
}
