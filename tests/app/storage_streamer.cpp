// SPDX-License-Identifier: Apache-2.0
// A program that streams an answer as the app does: DIR. Prints "MILLISECONDS BYTES" for everything
// it has appended, until it is killed. Its main thread runs no event loop, like a frozen window.
#include "app/storage_thread.h"

#include <chrono>
#include <cstdio>
#include <QCoreApplication>
#include <thread>

using namespace lectern;

int main(int argc, char** argv)
{
    const QCoreApplication application(argc, argv);
    if (argc != 2)
        return 2;
    app::StorageThread storage(argv[1]);
    const auto key = std::make_shared<storage::MessageId>(0);
    storage.post([key](storage::Store& store) {
        storage::Message message;
        if (const auto conversation = store.createConversation("streamed"))
            message.conversation = conversation->id;
        message.role = storage::Role::assistant;
        message.state = storage::MessageState::streaming;
        if (const auto id = store.addMessage(message))
            *key = *id;
    });
    const auto start = std::chrono::steady_clock::now();
    std::size_t bytes = 0;
    for (int i = 0;; ++i) {
        const std::string piece = std::to_string(i) + ' ';
        bytes += piece.size();
        storage.append(key, piece);
        const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - start);
        std::printf("%lld %zu\n", static_cast<long long>(elapsed.count()), bytes);
        std::fflush(stdout);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}
