// SPDX-License-Identifier: Apache-2.0
// How long the window's thread is busy at a stretch, in the things people do: for every step the
// longest handling of one event, in its own computing time and on the clock, and how often one
// slept (a lock, the disk). Not a test: other programs on the machine count in the clock.
//   window_stalls [--messages N] [--list MS]
//       N messages in the long conversation (default 2000); every event that computes longer than
//       MS milliseconds (default 16) is listed
#include "real_window.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <QClipboard>
#include <QCommandLineParser>
#include <QElapsedTimer>
#include <QFile>
#include <QGuiApplication>
#include <QImage>
#include <QTemporaryDir>
#include <QThread>
#include <string_view>
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

// Watches every event that is delivered: while one is, nothing else happens in the window.
class WatchedApplication : public QGuiApplication {
public:
    using QGuiApplication::QGuiApplication;

    bool notify(QObject* receiver, QEvent* event) override
    {
        if (m_depth > 0 || QThread::currentThread() != thread()) // QML's loader has its own thread
            return QGuiApplication::notify(receiver, event);
        // Known before: a deferred deletion takes the receiver along.
        const char* name = receiver->metaObject()->className();
        const int type = event->type();
        const double before = computed();
        const long sleeps = slept();
        QElapsedTimer clock;
        clock.start();
        ++m_depth;
        const bool result = QGuiApplication::notify(receiver, event);
        --m_depth;
        ++m_events;
        const double took = computed() - before;
        const QString what = QStringLiteral("%1 %2").arg(QLatin1String(name)).arg(type);
        if (took > listFrom)
            std::printf("  %6.1f ms %s\n", took, qPrintable(what));
        if (took > m_longestComputed) {
            m_longestComputed = took;
            m_longest = what;
        }
        m_longestClock = std::max(m_longestClock, static_cast<double>(clock.nsecsElapsed()) / 1e6);
        m_slept += slept() > sleeps ? 1 : 0;
        return result;
    }

    double listFrom = 16; // ms

    void report(const char* step)
    {
        std::printf(
            "%-34s %6d events   longest %7.1f ms computing %7.1f ms clock   %3d slept   %s\n", step,
            m_events, m_longestComputed, m_longestClock, m_slept, qPrintable(m_longest));
        std::fflush(stdout);
        m_events = m_slept = 0;
        m_longestComputed = m_longestClock = 0;
    }

private:
    int m_depth = 0;
    int m_events = 0;
    int m_slept = 0;
    double m_longestComputed = 0;
    double m_longestClock = 0;
    QString m_longest; // receiver and type of the event that took longest
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
    WatchedApplication application(argc, argv);
    QCommandLineParser parser;
    parser.addOption({QStringLiteral("messages"), QStringLiteral("In the long conversation."),
        QStringLiteral("N"), QStringLiteral("2000")});
    parser.addOption({QStringLiteral("list"), QStringLiteral("List events longer than this."),
        QStringLiteral("MS"), QStringLiteral("16")});
    parser.process(application);
    application.listFrom = parser.value(QStringLiteral("list")).toDouble();
    ui::prepareApplication();
    QTemporaryDir directory;
    storeLongConversation(directory.path(), parser.value(QStringLiteral("messages")).toInt());
    const QDir samples(QDir(qEnvironmentVariable("LECTERN_TEST_ROOT"))
                           .filePath(QStringLiteral("../resources/samples")));

    RealWindow program(directory.path());
    if (!program.show())
        return 1;
    until([&] { return program.state.canSend() && program.state.messages().messageCount() > 0; });
    rest(300);
    application.report("model and long conversation open");
    until([&] { return program.state.messages().complete(); });
    rest(300);
    application.report("older messages");
    emit program.state.newConversationRequested();
    rest(300);
    application.report("new conversation");
    emit program.state.conversationSelected(
        program.state.conversations()
            .data(program.state.conversations().index(0), ui::ConversationListModel::ConversationId)
            .toLongLong());
    until([&] {
        return program.state.messages().count() > 0 && program.state.messages().complete();
    });
    rest(300);
    application.report("long conversation chosen again");
    program.press(Qt::Key_K, Qt::ControlModifier);
    for (const char c : std::string_view("budget"))
        QTest::keyClick(program.window, c);
    until([&] { return program.state.searchResults().words() == u"budget"; });
    rest(300);
    application.report("all conversations searched");
    program.press(Qt::Key_Down);
    program.press(Qt::Key_End);
    program.press(Qt::Key_Return);
    rest(1000);
    application.report("a message that was found shown");
    program.press(Qt::Key_F, Qt::ControlModifier);
    for (const char c : std::string_view("decisions"))
        QTest::keyClick(program.window, c);
    rest(1000);
    for (int i = 0; i < 20; ++i)
        program.press(Qt::Key_Return, Qt::ShiftModifier);
    rest(300);
    program.press(Qt::Key_Escape);
    application.report("found in the long conversation");
    emit program.state.newConversationRequested();
    rest(300);
    emit program.state.filesDropped(
        {QUrl::fromLocalFile(samples.filePath(QStringLiteral("minutes.txt"))),
            QUrl::fromLocalFile(samples.filePath(QStringLiteral("shapes.png"))),
            QUrl::fromLocalFile(samples.filePath(QStringLiteral("clip.mp4")))});
    until([&] { return program.state.canSend(); });
    rest(300);
    application.report("three files dropped");
    program.ask("What is the invoice number?");
    until([&] { return !program.state.answering(); });
    rest(300);
    application.report("asked and answered");
    emit program.state.newConversationRequested();
    rest(300);
    const QDir folder(directory.filePath(QStringLiteral("folder")));
    QDir().mkpath(folder.path());
    for (int i = 0; i < 200; ++i) {
        QFile file(folder.filePath(QStringLiteral("note %1.txt").arg(i)));
        if (file.open(QIODevice::WriteOnly))
            file.write("The witness said nothing.\n");
    }
    application.report("(making files)");
    emit program.state.filesDropped({QUrl::fromLocalFile(folder.path())});
    until([&] { return program.state.draftAttachments().count() == 200; });
    application.report("a folder of 200 files dropped");
    until([&] { return program.state.canSend(); });
    application.report("the files read");
    program.ask("What did the witness say?");
    until([&] { return !program.state.answering(); });
    rest(300);
    application.report("asked about 200 files");
    program.click(program.item("showAllFiles"));
    rest(1500);
    application.report("all 200 shown");
    emit program.state.regenerateRequested(program.state.lastAnswer());
    until([&] { return !program.state.answering(); });
    rest(300);
    application.report("answered again");
    QGuiApplication::clipboard()->setText(QStringLiteral("The board met. ").repeated(70'000));
    program.press(Qt::Key_V, Qt::ControlModifier);
    until([&] { return program.state.canSend(); });
    application.report("a megabyte of text pasted");
    QImage photo(3840, 2160, QImage::Format_RGB32);
    for (int y = 0; y < photo.height(); ++y)
        for (int x = 0; x < photo.width(); ++x)
            photo.setPixel(x, y, qRgb(x % 251, y % 241, (x * y) % 239));
    QGuiApplication::clipboard()->setImage(photo);
    rest(50);
    application.report("(making a picture)");
    program.press(Qt::Key_V, Qt::ControlModifier);
    until([&] { return program.state.canSend(); });
    application.report("a 4K picture pasted");
    emit program.state.colorSchemeChosen(QStringLiteral("dark"));
    rest(300);
    application.report("dark");
    return 0;
}
