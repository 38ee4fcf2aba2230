// SPDX-License-Identifier: Apache-2.0
// Messages over the worker's socket, each with at most one descriptor, and owned descriptors.
#pragma once

#include "media/worker/protocol.h"

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace lectern::media::worker {

// Owns a file descriptor.
class Descriptor {
public:
    explicit Descriptor(int number = -1) : m_number(number) { }
    Descriptor(Descriptor&& other) noexcept : m_number(std::exchange(other.m_number, -1)) { }
    Descriptor& operator=(Descriptor&& other) noexcept
    {
        std::swap(m_number, other.m_number);
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor();

    [[nodiscard]] int number() const { return m_number; }
    explicit operator bool() const { return m_number >= 0; }

private:
    int m_number;
};

struct Received {
    Message message;
    Descriptor descriptor; // none unless one came with it
};

enum class Silence { closed, garbage }; // why there is no message

// Waits while the other side's buffer is full. False when the other side is gone. No signal.
[[nodiscard]] bool send(int socket, const Message& message, int descriptor = -1);

// Waits for a message.
[[nodiscard]] tl::expected<Received, Silence> receive(int socket);

// A memory file that holds the reading and can no longer be changed, and how much of it is not
// pixels. Frees the reading's pictures as it goes. Nothing when the system refuses: out of memory,
// or larger than the limit of a file.
struct SealedReading {
    Descriptor memory;
    std::uint64_t fieldBytes = 0;
};
[[nodiscard]] std::optional<SealedReading> seal(Reading reading);

// The reading in a memory file from the other side; nothing when it is not sealed, larger than
// maxBytes, or no reading.
[[nodiscard]] std::optional<Reading> unseal(
    const Descriptor& memory, std::uint64_t fieldBytes, std::uint64_t maxBytes);

} // namespace lectern::media::worker
