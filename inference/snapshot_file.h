// SPDX-License-Identifier: Apache-2.0
// The header of a snapshot file: what a part of a context is, and the pure functions that write
// and parse it.
//
// Byte layout (little endian):
//     0  8   "LCTNKV1\n"
//     8  u32 format version (kSnapshotVersion)
//    12  u32 bytes of the header, this field and the final checksum included
//    16  u32 kind: 0 segment, 1 tail
//    20  u32 KV type (KvType)
//    24  u32 prompt version (kPromptVersion)
//    28  u32 key/value heads
//    32  u32 values of a head
//    36  u32 sections
//    40  u64 positions of a segment
//    48  u64 first position
//    56  u64 positions
//    64  16  model
//    80  16  chain up to the first position
//    96  16  chain up to the end
//   112      positions x { u32 token, u64 picture (0: none) }
//            sections x { u32 layer, u32 part (0 keys, 1 values), u64 bytes, u64 XXH3 of them }
//            u64 XXH3 of all bytes before
// The sections' bytes follow at once, in the table's order; nothing follows them. A section is the
// KV cache's own rows (kv_type.h) of these positions in one layer.
//
// A chain is a running 128-bit XXH3 over the identity and every item, position by position; it
// names a file, and the items inside, which are compared one by one, prove it.
#pragma once

#include "inference/error.h"
#include "inference/kv_type.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lectern::inference {

inline constexpr std::uint32_t kSnapshotVersion = 1;
// Version of how messages and pictures become items (chat format, tiles) and items become keys
// and values. Raise it when an older snapshot would no longer hold what a prefill gives.
inline constexpr std::uint32_t kPromptVersion = 1;
// Positions a file can stand for; bounds what a header may claim.
inline constexpr std::uint64_t kMostSnapshotPositions = 1U << 20U;

struct Hash128 {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    bool operator==(const Hash128&) const = default;
    [[nodiscard]] std::string hex() const; // 32 digits
};

// One position of a context: equal items behind equal prefixes have equal keys and values.
struct SnapshotItem {
    std::int32_t id = 0;       // token
    std::uint64_t picture = 0; // of a patch token: which picture, seen by which tower; else 0
    bool operator==(const SnapshotItem&) const = default;
};

// What the bytes of a snapshot depend on besides the items.
struct SnapshotIdentity {
    Hash128 model;
    KvType kvType = KvType::f32;
    std::uint32_t kvHeads = 0;
    std::uint32_t headDim = 0;
    std::uint64_t segmentLength = 0; // positions
    std::uint32_t promptVersion = kPromptVersion;
    bool operator==(const SnapshotIdentity&) const = default;
};

[[nodiscard]] Hash128 chainStart(const SnapshotIdentity& identity);
[[nodiscard]] Hash128 chainNext(const Hash128& chain, const SnapshotItem& item);

enum class SnapshotKind : std::uint32_t { segment, tail };
enum class SnapshotPart : std::uint32_t { keys, values };

struct SnapshotSection {
    std::uint32_t layer = 0;
    SnapshotPart part = SnapshotPart::keys;
    std::uint64_t bytes = 0;
    std::uint64_t checksum = 0; // XXH3
    bool operator==(const SnapshotSection&) const = default;
};

struct SnapshotHeader {
    SnapshotIdentity identity;
    SnapshotKind kind = SnapshotKind::segment;
    std::uint64_t first = 0; // position
    Hash128 parent;          // chain up to `first`
    Hash128 end;             // chain up to the end
    std::vector<SnapshotItem> items;
    std::vector<SnapshotSection> sections;

    [[nodiscard]] std::uint64_t count() const { return items.size(); } // positions
    [[nodiscard]] std::uint64_t byteSize() const;                      // of this header
    [[nodiscard]] std::uint64_t fileSize() const;                      // with the sections
    bool operator==(const SnapshotHeader&) const = default;
};

// XXH3 of a section, piece by piece.
class RunningChecksum {
public:
    RunningChecksum();
    ~RunningChecksum();
    RunningChecksum(const RunningChecksum&) = delete;
    RunningChecksum& operator=(const RunningChecksum&) = delete;
    void update(const std::byte* data, std::size_t size);
    [[nodiscard]] std::uint64_t digest() const;

private:
    void* m_state; // the library's
};

[[nodiscard]] std::vector<std::byte> writeSnapshotHeader(const SnapshotHeader& header);

// Bytes of the header that begins with `start` (at least kSnapshotPrefix bytes of the file).
// Errors: malformed (another kind of file, another version, no sensible size).
inline constexpr std::size_t kSnapshotPrefix = 16;
[[nodiscard]] Result<std::uint64_t> snapshotHeaderSize(std::span<const std::byte> start);
// `header`: exactly that many bytes. What it returns is whole, consistent and checksummed; whether
// it is the right one the caller decides. Errors: malformed. Thread: any.
[[nodiscard]] Result<SnapshotHeader> parseSnapshotHeader(std::span<const std::byte> header);

} // namespace lectern::inference
