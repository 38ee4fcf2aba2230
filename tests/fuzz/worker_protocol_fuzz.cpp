// SPDX-License-Identifier: Apache-2.0
// Fuzz entry of what the application and its worker send each other: the first byte is 255 for a
// message (either side's), else how many bytes of pixels end the memory file of a reading. What is
// taken must come out the same after another trip.
#include "media/worker/protocol.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

using namespace lectern::media;
using namespace lectern::media::worker;

namespace {

void check(bool holds)
{
    if (!holds)
        std::abort();
}

void tryMessage(std::span<const std::byte> bytes)
{
    const auto message = decode(bytes);
    if (!message)
        return;
    const auto again = decode(encode(*message));
    check(again && encode(*again) == encode(*message));
}

void tryReading(std::span<const std::byte> memory, std::size_t pixelBytes)
{
    if (pixelBytes > memory.size())
        return;
    const auto reading = decodeReading(memory, memory.size() - pixelBytes);
    if (!reading)
        return;
    EncodedReading encoded = encode(*reading);
    check(encoded.fields.size() + pixelBytes == memory.size());
    for (const SharedImage& picture : encoded.pictures) {
        const auto pixels = std::as_bytes(std::span(picture->rgb));
        encoded.fields.insert(encoded.fields.end(), pixels.begin(), pixels.end());
    }
    check(std::ranges::equal(encoded.fields, memory));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    constexpr std::uint8_t kMessage = 255;
    const auto rest = std::as_bytes(std::span(data, size)).subspan(1);
    if (data[0] == kMessage)
        tryMessage(rest);
    else
        tryReading(rest, data[0]);
    return 0;
}
