// SPDX-License-Identifier: Apache-2.0
// A program for tests to end: it streams into a store until it is killed, or meets a full disk.
//
//   stream DIR          prints the number of bytes appendText() has made durable, a line each time
//   fill DIR LIMIT      no file may grow beyond LIMIT bytes; prints what the store said, then "kept
//   N" fill-blob DIR FILE LIMIT open DIR            as an unprivileged user; prints what the store
//   said
#include "storage/store.h"
#include "tests/storage/streamed_text.h"

#include <csignal>
#include <cstdio>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace lectern::storage;

namespace {

int report(const Error& error)
{
    std::printf("error %d %s\n", static_cast<int>(error.code), error.message.c_str());
    std::fflush(stdout);
    return 1;
}

// Writes beyond the limit fail with EFBIG, as they fail with ENOSPC on a full disk.
void limitFileSize(const char* bytes)
{
    std::signal(SIGXFSZ, SIG_IGN);
    const rlim_t limit = std::strtoul(bytes, nullptr, 10);
    const rlimit limits = {limit, limit};
    setrlimit(RLIMIT_FSIZE, &limits);
}

int stream(Store& store)
{
    const auto conversation = store.createConversation("streamed");
    if (!conversation)
        return report(conversation.error());
    Message message;
    message.conversation = conversation->id;
    message.role = Role::assistant;
    message.state = MessageState::streaming;
    const auto id = store.addMessage(message);
    if (!id)
        return report(id.error());
    std::size_t written = 0;
    for (int i = 0;; ++i) {
        const std::string text = test::piece(i);
        if (const auto done = store.appendText(*id, text); !done)
            return report(done.error());
        written += text.size();
        std::printf("%zu\n", written);
        std::fflush(stdout);
    }
}

// Two megabytes that only this process sees.
bool mountSmallDisk(const char* directory)
{
    return (unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0)
        && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0
        && mount("tmpfs", directory, "tmpfs", 0, "size=2m") == 0;
}

// `limit`: null when the disk itself is the limit.
int fill(Store& store, const char* limit)
{
    const auto conversation = store.createConversation("full");
    if (!conversation)
        return report(conversation.error());
    if (limit)
        limitFileSize(limit);
    Message message;
    message.conversation = conversation->id;
    message.parts.push_back({std::string(20'000, 'f'), std::nullopt});
    std::size_t kept = 0;
    for (;;) {
        const auto id = store.addMessage(message);
        if (!id) {
            report(id.error());
            break;
        }
        ++kept;
    }
    const auto stored = store.messages(conversation->id);
    if (!stored)
        return report(stored.error());
    std::printf("kept %zu of %zu\n", stored->size(), kept);
    const auto blob = store.putBytes(std::string(3'000'000, 'b'));
    return blob ? 1 : report(blob.error());
}

} // namespace

int main(int argc, char** argv)
{
    if (argc < 3)
        return 2;
    const std::string mode = argv[1];
    if (mode == "open" && geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return 2;
    if (mode == "fill-disk" && !mountSmallDisk(argv[2]))
        return 3;
    auto store = Store::open(argv[2]);
    if (!store)
        return report(store.error());
    if (mode == "stream")
        return stream(**store);
    if (mode == "fill" && argc == 4)
        return fill(**store, argv[3]);
    if (mode == "fill-disk")
        return fill(**store, nullptr);
    if (mode == "fill-blob" && argc == 5) {
        limitFileSize(argv[4]);
        const auto blob = (*store)->putFile(argv[3], {}, {});
        return blob ? 0 : report(blob.error());
    }
    return 0;
}
