// SPDX-License-Identifier: Apache-2.0
// Fuzz entry of the snapshot header's parser: any bytes are refused, or give a header that is
// consistent and writes back to the same bytes; also when its checksum is right.
#include "inference/snapshot_file.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <xxhash.h>

namespace {

void parse(std::span<const std::byte> bytes)
{
    using namespace lectern::inference;
    const auto header = parseSnapshotHeader(bytes);
    if (!header) {
        if (header.error().message.empty())
            std::abort(); // a refusal without a reason
        return;
    }
    const auto written = writeSnapshotHeader(*header);
    if (written.size() != bytes.size() || header->byteSize() != bytes.size()
        || std::memcmp(written.data(), bytes.data(), bytes.size()) != 0)
        std::abort(); // lost or invented something
    const std::uint64_t rowBytes =
        header->identity.kvHeads * kvHeadBytes(header->identity.kvType, header->identity.headDim);
    std::uint64_t size = header->byteSize();
    for (const SnapshotSection& section : header->sections) {
        if (section.bytes != rowBytes * header->count())
            std::abort(); // a reader would write elsewhere
        if (__builtin_add_overflow(size, section.bytes, &size))
            std::abort();
    }
    if (size != header->fileSize() || header->count() == 0)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto* bytes = reinterpret_cast<const std::byte*>(data);
    parse({bytes, size});
    // As if made on purpose: the right length and checksum.
    if (size < 32)
        return 0;
    std::vector<std::byte> made(bytes, bytes + size);
    const auto length = static_cast<std::uint32_t>(size);
    std::memcpy(made.data() + 12, &length, sizeof length);
    const std::uint64_t checksum = XXH3_64bits(made.data(), size - 8);
    std::memcpy(made.data() + size - 8, &checksum, sizeof checksum);
    parse(made);
    return 0;
}
