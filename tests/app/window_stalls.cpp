// SPDX-License-Identifier: Apache-2.0
// How long the window's thread is busy at a stretch, in the things people do: for every step the
// longest turn of the event loop, in its own computing time and on the clock, and how often a turn
// slept (a lock, the disk). Not a test: other programs on the machine count in the clock.
//   window_stalls [--messages N]        N messages in the long conversation (default 2000)
#include "real_window.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <QAbstractEventDispatcher>
#include <QClipboard>
#include <QCommandLineParser>
#include <QElapsedTimer>
#include <QGuiApplication>
#include <QImage>
#include <QTemporaryDir>
#include <sys/resource.h>

using namespace lectern;
using namespace lectern::app;

namespace {

double computed() // by this thread, in ms
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

long slept()
{
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
}

// Watches every turn of the event loop: from waking up to going back to sleep.
class Turns {
public:
    Turns()
    {
        auto* dispatcher = QAbstractEventDispatcher::instance();
        QObject::connect(
            dispatcher, &QAbstractEventDispatcher::awake, &m_context, [this] { begin(); });
        QObject::connect(
            dispatcher, &QAbstractEventDispatcher::aboutToBlock, &m_context, [this] { end(); });
        begin();
    }

    void report(const char* step)
    {
        end();
        std::printf("%-34s %6d turns   longest %7.1f ms computing %7.1f ms clock   %3d slept\n",
            step, m_turns, m_longestComputed, m_longestClock, m_slept);
        std::fflush(stdout);
        m_turns = m_slept = 0;
        m_longestComputed = m_longestClock = 0;
        begin();
    }

private:
    void begin()
    {
        m_running = true;
        m_computed = computed();
        m_sleeps = slept();
        m_clock.start();
    }
    void end()
    {
        if (!std::exchange(m_running, false))
            return;
        ++m_turns;
        m_longestComputed = std::max(m_longestComputed, computed() - m_computed);
        m_longestClock =
            std::max(m_longestClock, static_cast<double>(m_clock.nsecsElapsed()) / 1e6);
        m_slept += slept() > m_sleeps ? 1 : 0;
    }

    QObject m_context;
    QElapsedTimer m_clock;
    double m_computed = 0;
    long m_sleeps = 0;
    bool m_running = false;
    int m_turns = 0;
    int m_slept = 0;
    double m_longestComputed = 0;
    double m_longestClock = 0;
};

template <class Condition> void until(Condition condition)
{
    QEventLoop loop;
    QTimer poll;
    QObject::connect(&poll, &QTimer::timeout, &loop, [&] {
        if (condition())
            loop.quit();
    });
    poll.start(20);
    loop.exec();
}

void rest(int ms)
{
    QEventLoop loop;
    QTimer::singleShot(ms, &loop, &QEventLoop::quit);
    loop.exec();
}

void storeLongConversation(const QString& directory, int messages)
{
    auto store = storage::Store::open(directory.toStdString());
    const auto conversation = (*store)->createConversation("A long one");
    const std::string answer =
        "The minutes record **three decisions**.\n\n1. The budget\n2. The office\n\n"
        "```python\nprint('x')\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";
    for (int i = 0; i < messages; ++i) {
        storage::Message message;
        message.conversation = conversation->id;
        message.role = i % 2 == 0 ? storage::Role::user : storage::Role::assistant;
        message.parts.push_back({i % 2 == 0 ? "What was decided?" : answer, std::nullopt});
        (void)(*store)->addMessage(message);
    }
}

} // namespace

int main(int argc, char** argv)
{
    qputenv("QT_NO_GLIB", "1"); // whose turns cannot be watched
    QGuiApplication application(argc, argv);
    QCommandLineParser parser;
    parser.addOption({QStringLiteral("messages"), QStringLiteral("In the long conversation."),
        QStringLiteral("N"), QStringLiteral("2000")});
    parser.process(application);
    ui::prepareApplication();
    QTemporaryDir directory;
    storeLongConversation(directory.path(), parser.value(QStringLiteral("messages")).toInt());
    const QDir samples(QDir(qEnvironmentVariable("LECTERN_TEST_ROOT"))
                           .filePath(QStringLiteral("../resources/samples")));

    RealWindow program(directory.path());
    if (!program.show())
        return 1;
    Turns turns;
    until([&] { return program.state.canSend() && program.state.messages().messageCount() > 0; });
    rest(300);
    turns.report("model and long conversation open");
    until([&] { return program.state.messages().complete(); });
    rest(300);
    turns.report("older messages");
    emit program.state.newConversationRequested();
    rest(300);
    turns.report("new conversation");
    emit program.state.filesDropped(
        {QUrl::fromLocalFile(samples.filePath(QStringLiteral("minutes.txt"))),
            QUrl::fromLocalFile(samples.filePath(QStringLiteral("shapes.png"))),
            QUrl::fromLocalFile(samples.filePath(QStringLiteral("clip.mp4")))});
    until([&] { return program.state.canSend(); });
    rest(300);
    turns.report("three files dropped");
    program.ask("What is the invoice number?");
    until([&] { return !program.state.answering(); });
    rest(300);
    turns.report("asked and answered");
    emit program.state.regenerateRequested(program.state.lastAnswer());
    until([&] { return !program.state.answering(); });
    rest(300);
    turns.report("answered again");
    QGuiApplication::clipboard()->setText(QStringLiteral("The board met. ").repeated(70'000));
    program.press(Qt::Key_V, Qt::ControlModifier);
    until([&] { return program.state.canSend(); });
    turns.report("a megabyte of text pasted");
    QImage photo(3840, 2160, QImage::Format_RGB32);
    for (int y = 0; y < photo.height(); ++y)
        for (int x = 0; x < photo.width(); ++x)
            photo.setPixel(x, y, qRgb(x % 251, y % 241, (x * y) % 239));
    QGuiApplication::clipboard()->setImage(photo);
    rest(50);
    turns.report("(making a picture)");
    program.press(Qt::Key_V, Qt::ControlModifier);
    until([&] { return program.state.canSend(); });
    turns.report("a 4K picture pasted");
    emit program.state.colorSchemeChosen(QStringLiteral("dark"));
    rest(300);
    turns.report("dark");
    return 0;
}
