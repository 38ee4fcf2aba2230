// SPDX-License-Identifier: Apache-2.0
// The self-test, through the window's state and the real store.
#include "app/self_test.h"

#include "app/installation.h"
#include "ui/models.h"

#include <cstdio>
#include <functional>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QTimer>
#include <QUrl>

namespace lectern::app {
namespace {

constexpr qint64 kPatienceMs = 120'000; // machines freeze for half a minute at times

bool waitFor(const std::function<bool()>& done)
{
    QElapsedTimer waited;
    waited.start();
    QTimer tick; // the loop wakes up even when nothing happens
    tick.start(20);
    QEventLoop loop;
    while (!done() && waited.elapsed() < kPatienceMs)
        loop.processEvents(QEventLoop::WaitForMoreEvents);
    return done();
}

int fail(const char* what)
{
    std::fprintf(stderr, "self-test failed: %s\n", what);
    return 1;
}

} // namespace

int runSelfTest(ui::WindowState& window, StorageThread& storage)
{
    const auto sample = findResource("samples/minutes.txt");
    if (!sample)
        return fail("the sample is not installed");
    if (!waitFor([&] { return window.canSend(); }))
        return fail("the built-in model was not loaded");

    bool given = false;
    emit window.filesDropped({QUrl::fromLocalFile(QString::fromStdString(sample->string()))});
    if (!waitFor([&] { return window.draftAttachments().count() == 1 && window.canSend(); }))
        return fail("the dropped sample was not read");
    QObject::connect(&window, &ui::WindowState::draftRestored, &window, [&] { given = true; });
    emit window.sendRequested(QStringLiteral("What is the document about?"));
    if (given || !waitFor([&] { return given || window.lastAnswer() != 0; }))
        return fail("the question was not sent");
    if (!waitFor([&] { return !window.answering(); }))
        return fail("the answer did not end");
    const qint64 id = window.lastAnswer();
    const ui::MessageData* answer = window.messages().find(id);
    if (!answer || answer->state != ui::MessageData::State::Complete || answer->markdown.isEmpty())
        return fail("the answer is not complete");
    std::printf("answer: %s\n", qPrintable(answer->markdown));

    const std::string shown = answer->markdown.toStdString();
    bool replied = false;
    std::string kept;
    storage.ask<std::string>(
        &window,
        [](storage::Store& store) -> storage::Result<std::string> {
            const auto conversations = store.conversations();
            if (!conversations || conversations->empty())
                return std::string();
            const auto messages = store.messages(conversations->front().id);
            if (!messages || messages->size() != 2 || messages->front().parts.size() != 2
                || messages->back().state != storage::MessageState::complete)
                return std::string();
            std::string text;
            for (const auto& part : messages->back().parts)
                text += part.text;
            return text;
        },
        [&](storage::Result<std::string> result) {
            replied = true;
            kept = result ? *result : std::string();
        });
    if (!waitFor([&] { return replied; }) || kept != shown)
        return fail("the conversation was not stored");
    std::printf("self-test passed\n");
    return 0;
}

} // namespace lectern::app
