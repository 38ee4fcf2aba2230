// SPDX-License-Identifier: Apache-2.0
// The self-pipe between signal handlers and the event loop.
#include "app/unix_signals.h"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace lectern::app {
namespace {

int g_pipe[2] = {-1, -1}; // signal handlers reach nothing but globals

void handle(int)
{
    const char byte = 1;
    [[maybe_unused]] const auto written = ::write(g_pipe[1], &byte, 1);
}

int openPipe()
{
    if (::pipe2(g_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return -1;
    struct sigaction action = {};
    action.sa_handler = handle;
    action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    return g_pipe[0];
}

} // namespace

UnixSignals::UnixSignals(QObject* parent)
    : QObject(parent), m_notifier(openPipe(), QSocketNotifier::Read)
{
    connect(&m_notifier, &QSocketNotifier::activated, this, [this] {
        char byte = 0;
        while (::read(g_pipe[0], &byte, 1) == 1) { }
        emit interrupted();
    });
}

UnixSignals::~UnixSignals()
{
    m_notifier.setEnabled(false);
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    ::close(g_pipe[0]);
    ::close(g_pipe[1]);
}

} // namespace lectern::app
