// SPDX-License-Identifier: Apache-2.0
// lectern-media-worker: decodes the files that people drop, shut away from everything else. Started
// by the application with one socket; media/worker/protocol.h says what passes through it.
#include "media/readers.h"
#include "media/worker/channel.h"
#include "media/worker/sandbox.h"

#include <cstdio>
#include <fmt/format.h>
#include <new>
#include <poll.h>
#include <QCoreApplication>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace lectern::media;
using namespace lectern::media::worker;

namespace {

// Ends the process when the application is gone, however busy the decoders are.
void endWithTheApplication()
{
    std::thread([] {
        pollfd look{kSocket, 0, 0}; // only the hang-up
        while (::poll(&look, 1, -1) <= 0) { }
        ::_exit(0);
    }).detach();
}

// The answer to one request; false when the application is gone.
bool answer(const Request& request, const Descriptor& descriptor)
{
    const auto progress = [](std::uint64_t done, std::uint64_t total) {
        if (!send(kSocket, Progress{done, total}))
            ::_exit(0);
    };
    auto reading = readHanded(
        descriptor.number(), request.fileName, request.options, std::stop_token(), progress);
    if (!reading)
        return send(kSocket, Failure{reading.error()});
    const auto sealed = seal(std::move(*reading));
    if (!sealed)
        return send(kSocket,
            Failure{{ErrorCode::tooLarge,
                "The file holds more than fits into memory at once. Split it."}});
    return send(kSocket, Success{sealed->fieldBytes}, sealed->memory.number());
}

} // namespace

int main(int argc, char** argv)
{
    int type = 0;
    socklen_t size = sizeof(type);
    if (::getsockopt(kSocket, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET) {
        std::fprintf(stderr, "lectern-media-worker is started by Lectern, not by hand.\n");
        return 2;
    }
    Ready ready;
    ready.refused = limitResources();
    const QCoreApplication application(argc, argv); // Qt's libraries expect one
    warmUpReaders();
    endWithTheApplication();
    for (std::string& refused : enterSandbox())
        ready.refused.push_back(std::move(refused));
    if (!send(kSocket, ready))
        ::_exit(0);
    while (const auto received = receive(kSocket)) {
        const auto* request = std::get_if<Request>(&received->message);
        if (request == nullptr || !received->descriptor || !answer(*request, received->descriptor))
            break;
    }
    ::_exit(0); // nothing to save, and libraries would only take time to tidy up
}
