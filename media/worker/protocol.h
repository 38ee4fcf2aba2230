// SPDX-License-Identifier: Apache-2.0
// What the application and lectern-media-worker say to each other. Neither side trusts the other:
// both parsers are pure, check every bound and are fuzzed (tests/fuzz/worker_message_fuzz.cpp,
//
// One Unix socket of datagrams (SOCK_SEQPACKET), descriptor 3 of the worker. A message is one
// datagram of at most kMaxMessageBytes, a kind (1 byte) and the fields of its struct below:
//
//     worker: Ready    once, as soon as the sandbox stands
//     app:    Request  + descriptor of the file, read-only
//     worker: Progress any number of times
//     worker: Failure, or Success + descriptor of a sealed memory file with the reading
//     app:    the next Request, or closes the socket, which ends the worker
//
// There is no message for stopping: the application kills the worker.
//
// Fields, little endian, in the order they are declared in: an integer or a double takes its own
// size, bool and enums 1 byte; a string is its length in bytes (4) and UTF-8; a vector its count
// (4) and its elements; an optional 1 byte and, if that is 1, the value; a variant its index (1)
// and the value. A picture is its width (4) and height (4); the pixels of all pictures, RGB with 8
// bits a channel, follow one another behind the reading's other fields, in the order of the
// pictures.
//
// Whatever changes here, or in the structs of media/reader.h, raises kProtocolVersion.
#pragma once

#include "media/reader.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace lectern::media::worker {

constexpr std::uint32_t kProtocolVersion = 1;
constexpr std::size_t kMaxMessageBytes = 64 * 1024;
constexpr int kSocket = 3; // the worker's descriptor

struct Ready {
    std::uint32_t version = kProtocolVersion;
    std::vector<std::string> refused; // protections this system's kernel did not grant, sentences
};
struct Request {
    std::string fileName; // as the user knows it
    ReadOptions options;
};
struct Progress {
    std::uint64_t done = 0, total = 0;
};
struct Failure {
    Error error;
};
struct Success {
    std::uint64_t fieldBytes = 0; // of the memory file, before the pixels
};
using Message = std::variant<Ready, Request, Progress, Failure, Success>;

// Strings that would make the message longer than kMaxMessageBytes are cut.
[[nodiscard]] std::vector<std::byte> encode(const Message& message);

// Nothing when the bytes are no message.
[[nodiscard]] std::optional<Message> decode(std::span<const std::byte> bytes);

// The fields of a reading, and the pictures whose pixels go behind them. sha256 and fileBytes are
// not among them: the application does not leave it to the worker which bytes these are.
struct EncodedReading {
    std::vector<std::byte> fields;
    std::vector<SharedImage> pictures;
};
[[nodiscard]] EncodedReading encode(const Reading& reading);

// `memory` is the whole memory file; the pixels are copied. Nothing when it is no reading.
[[nodiscard]] std::optional<Reading> decodeReading(
    std::span<const std::byte> memory, std::uint64_t fieldBytes);

} // namespace lectern::media::worker
