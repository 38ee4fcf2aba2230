// SPDX-License-Identifier: Apache-2.0
// Datagrams with descriptors, sealed memory files.
#include "media/worker/channel.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lectern::media::worker {

namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
constexpr std::size_t kMostDescriptors = 4; // room for more than we want, so that extra ones close

union Control { // aligned as the kernel wants it
    cmsghdr header;
    std::array<char, CMSG_SPACE(kMostDescriptors * sizeof(int))> bytes;
};

bool writeAll(int file, std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t count = ::write(file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

// All descriptors of a message; the first is the one that counts.
Descriptor takeDescriptors(msghdr& header)
{
    Descriptor first;
    for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
         control = CMSG_NXTHDR(&header, control)) {
        if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
            continue;
        for (std::size_t at = 0; at + sizeof(int) <= control->cmsg_len - CMSG_LEN(0);
             at += sizeof(int)) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(control) + at, sizeof(number));
            Descriptor descriptor(number);
            if (!first)
                first = std::move(descriptor);
        }
    }
    return first;
}

} // namespace

Descriptor::~Descriptor()
{
    if (m_number >= 0)
        ::close(m_number);
}

bool send(int socket, const Message& message, int descriptor)
{
    std::vector<std::byte> bytes = encode(message);
    iovec data{bytes.data(), bytes.size()};
    Control control{};
    msghdr header{};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    if (descriptor >= 0) {
        header.msg_control = control.bytes.data();
        header.msg_controllen = CMSG_SPACE(sizeof(int));
        cmsghdr* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(rights), &descriptor, sizeof(descriptor));
    }
    ssize_t count = 0;
    do
        count = ::sendmsg(socket, &header, MSG_NOSIGNAL);
    while (count < 0 && errno == EINTR);
    return count == static_cast<ssize_t>(bytes.size());
}

tl::expected<Received, Silence> receive(int socket)
{
    std::vector<std::byte> bytes(kMaxMessageBytes);
    iovec data{bytes.data(), bytes.size()};
    Control control{};
    msghdr header{};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control.bytes.data();
    header.msg_controllen = sizeof(control.bytes);
    ssize_t count = 0;
    do
        count = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    while (count < 0 && errno == EINTR);
    if (count <= 0)
        return tl::unexpected(Silence::closed);
    Descriptor descriptor = takeDescriptors(header);
    auto message = decode(std::span(bytes).first(static_cast<std::size_t>(count)));
    if (!message || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
        return tl::unexpected(Silence::garbage);
    return Received{std::move(*message), std::move(descriptor)};
}

std::optional<SealedReading> seal(Reading reading)
{
    EncodedReading encoded = encode(reading);
    reading = {};
    SealedReading sealed{Descriptor(::memfd_create("reading", MFD_CLOEXEC | MFD_ALLOW_SEALING)),
        encoded.fields.size()};
    if (!sealed.memory || !writeAll(sealed.memory.number(), encoded.fields))
        return std::nullopt;
    for (SharedImage& picture : encoded.pictures) {
        if (!writeAll(sealed.memory.number(), std::as_bytes(std::span(picture->rgb))))
            return std::nullopt;
        picture.reset();
    }
    if (::fcntl(sealed.memory.number(), F_ADD_SEALS, kSeals) != 0)
        return std::nullopt;
    return sealed;
}

std::optional<Reading> unseal(
    const Descriptor& memory, std::uint64_t fieldBytes, std::uint64_t maxBytes)
{
    const int seals = memory ? ::fcntl(memory.number(), F_GET_SEALS) : -1;
    struct stat info { };
    if (seals < 0 || (seals & kSeals) != kSeals || ::fstat(memory.number(), &info) != 0
        || info.st_size <= 0 || static_cast<std::uint64_t>(info.st_size) > maxBytes)
        return std::nullopt;
    const auto bytes = static_cast<std::size_t>(info.st_size);
    void* address = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, memory.number(), 0);
    if (address == MAP_FAILED)
        return std::nullopt;
    const auto unmap = [bytes](void* start) { ::munmap(start, bytes); };
    const std::unique_ptr<void, decltype(unmap)> mapping(address, unmap);
    return decodeReading(std::span(static_cast<const std::byte*>(address), bytes), fieldBytes);
}

} // namespace lectern::media::worker
