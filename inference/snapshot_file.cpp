// SPDX-License-Identifier: Apache-2.0
// Writing and parsing headers of snapshot files.
#include "inference/snapshot_file.h"

#include <array>
#include <bit>
#include <cstring>
#include <fmt/format.h>
#include <xxhash.h>

namespace lectern::inference {

static_assert(std::endian::native == std::endian::little, "rows are written as they stand");

namespace {

constexpr std::array<char, 8> kMagic{'L', 'C', 'T', 'N', 'K', 'V', '1', '\n'};
constexpr std::uint64_t kFixedBytes = 112;
constexpr std::uint64_t kItemBytes = 12;
constexpr std::uint64_t kSectionBytes = 24;
constexpr std::uint64_t kChecksumBytes = 8;
constexpr std::uint64_t kMostSections = 2 * 4096; // two a layer
constexpr std::uint64_t kMostRowBytes = 1U << 30U;

class Writer {
public:
    template <class T> void put(T value)
    {
        const auto* bytes = reinterpret_cast<const std::byte*>(&value);
        m_bytes.insert(m_bytes.end(), bytes, bytes + sizeof value);
    }
    void put(const Hash128& hash)
    {
        put(hash.low);
        put(hash.high);
    }
    std::vector<std::byte> m_bytes;
};

// Reads behind a check of the length that the caller has made.
class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes) : m_bytes(bytes) { }
    template <class T> T get()
    {
        T value{};
        std::memcpy(&value, m_bytes.data() + m_at, sizeof value);
        m_at += sizeof value;
        return value;
    }
    Hash128 hash()
    {
        const auto low = get<std::uint64_t>();
        return {low, get<std::uint64_t>()};
    }

private:
    std::span<const std::byte> m_bytes;
    std::size_t m_at = 0;
};

tl::unexpected<Error> damaged(std::string_view what)
{
    return fail(ErrorCode::malformed, fmt::format("A saved context is not usable: {}.", what));
}

Hash128 hashOf(std::span<const std::byte> bytes)
{
    const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
    return {hash.low64, hash.high64};
}

} // namespace

std::string Hash128::hex() const
{
    return fmt::format("{:016x}{:016x}", high, low);
}

Hash128 chainStart(const SnapshotIdentity& identity)
{
    Writer writer;
    writer.put(kSnapshotVersion);
    writer.put(identity.model);
    writer.put(static_cast<std::uint32_t>(identity.kvType));
    writer.put(identity.promptVersion);
    writer.put(identity.kvHeads);
    writer.put(identity.headDim);
    writer.put(identity.segmentLength);
    return hashOf(writer.m_bytes);
}

Hash128 chainNext(const Hash128& chain, const SnapshotItem& item)
{
    std::array<std::byte, 28> bytes;
    std::memcpy(bytes.data(), &chain.low, 8);
    std::memcpy(bytes.data() + 8, &chain.high, 8);
    std::memcpy(bytes.data() + 16, &item.id, 4);
    std::memcpy(bytes.data() + 20, &item.picture, 8);
    return hashOf(bytes);
}

RunningChecksum::RunningChecksum() : m_state(XXH3_createState())
{
    XXH3_64bits_reset(static_cast<XXH3_state_t*>(m_state));
}

RunningChecksum::~RunningChecksum()
{
    XXH3_freeState(static_cast<XXH3_state_t*>(m_state));
}

void RunningChecksum::update(const std::byte* data, std::size_t size)
{
    XXH3_64bits_update(static_cast<XXH3_state_t*>(m_state), data, size);
}

std::uint64_t RunningChecksum::digest() const
{
    return XXH3_64bits_digest(static_cast<const XXH3_state_t*>(m_state));
}

std::uint64_t SnapshotHeader::byteSize() const
{
    return kFixedBytes + kItemBytes * items.size() + kSectionBytes * sections.size()
        + kChecksumBytes;
}

std::uint64_t SnapshotHeader::fileSize() const
{
    std::uint64_t size = byteSize();
    for (const SnapshotSection& section : sections)
        size += section.bytes;
    return size;
}

std::vector<std::byte> writeSnapshotHeader(const SnapshotHeader& header)
{
    Writer writer;
    for (const char c : kMagic)
        writer.put(c);
    writer.put(kSnapshotVersion);
    writer.put(static_cast<std::uint32_t>(header.byteSize()));
    writer.put(static_cast<std::uint32_t>(header.kind));
    writer.put(static_cast<std::uint32_t>(header.identity.kvType));
    writer.put(header.identity.promptVersion);
    writer.put(header.identity.kvHeads);
    writer.put(header.identity.headDim);
    writer.put(static_cast<std::uint32_t>(header.sections.size()));
    writer.put(header.identity.segmentLength);
    writer.put(header.first);
    writer.put(header.count());
    writer.put(header.identity.model);
    writer.put(header.parent);
    writer.put(header.end);
    for (const SnapshotItem& item : header.items) {
        writer.put(item.id);
        writer.put(item.picture);
    }
    for (const SnapshotSection& section : header.sections) {
        writer.put(section.layer);
        writer.put(static_cast<std::uint32_t>(section.part));
        writer.put(section.bytes);
        writer.put(section.checksum);
    }
    writer.put(XXH3_64bits(writer.m_bytes.data(), writer.m_bytes.size()));
    return std::move(writer.m_bytes);
}

Result<std::uint64_t> snapshotHeaderSize(std::span<const std::byte> start)
{
    if (start.size() < kSnapshotPrefix)
        return damaged("the file is cut off");
    if (std::memcmp(start.data(), kMagic.data(), kMagic.size()) != 0)
        return damaged("it is another kind of file");
    Reader reader(start.subspan(kMagic.size()));
    if (const auto version = reader.get<std::uint32_t>(); version != kSnapshotVersion)
        return damaged(fmt::format("it has format version {}", version));
    const auto size = reader.get<std::uint32_t>();
    if (size < kFixedBytes + kChecksumBytes
        || size > kFixedBytes + kChecksumBytes + kItemBytes * kMostSnapshotPositions
                + kSectionBytes * kMostSections)
        return damaged("its header has an impossible size");
    return size;
}

Result<SnapshotHeader> parseSnapshotHeader(std::span<const std::byte> header)
{
    const auto size = snapshotHeaderSize(header);
    if (!size)
        return tl::unexpected(size.error());
    if (*size != header.size())
        return damaged("the file is cut off");
    const std::size_t body = header.size() - kChecksumBytes;
    if (Reader(header.subspan(body)).get<std::uint64_t>() != XXH3_64bits(header.data(), body))
        return damaged("its header is damaged");

    Reader reader(header.subspan(kSnapshotPrefix));
    SnapshotHeader result;
    const auto kind = reader.get<std::uint32_t>();
    const auto type = reader.get<std::uint32_t>();
    result.identity.promptVersion = reader.get<std::uint32_t>();
    result.identity.kvHeads = reader.get<std::uint32_t>();
    result.identity.headDim = reader.get<std::uint32_t>();
    const auto sections = reader.get<std::uint32_t>();
    result.identity.segmentLength = reader.get<std::uint64_t>();
    result.first = reader.get<std::uint64_t>();
    const auto count = reader.get<std::uint64_t>();
    result.identity.model = reader.hash();
    result.parent = reader.hash();
    result.end = reader.hash();
    if (kind > static_cast<std::uint32_t>(SnapshotKind::tail) || type >= kKvTypes.size())
        return damaged("it is of an unknown kind");
    result.kind = static_cast<SnapshotKind>(kind);
    result.identity.kvType = static_cast<KvType>(type);
    if (count == 0 || count > kMostSnapshotPositions || sections == 0 || sections > kMostSections
        || *size != kFixedBytes + kItemBytes * count + kSectionBytes * sections + kChecksumBytes)
        return damaged("its header contradicts itself");
    const std::uint64_t length = result.identity.segmentLength;
    if (length == 0 || length > kMostSnapshotPositions || result.first > UINT64_MAX / 2
        || result.first / length != (result.first + count - 1) / length
        || (result.kind == SnapshotKind::segment
            && (count != length || result.first % length != 0)))
        return damaged("its positions are not those of one segment");
    const std::uint64_t heads = result.identity.kvHeads;
    const std::uint64_t dim = result.identity.headDim;
    if (heads == 0 || heads > kMostSnapshotPositions || dim == 0 || dim > kMostSnapshotPositions)
        return damaged("its rows have no sensible size");
    const std::uint64_t rowBytes =
        heads * kvHeadBytes(result.identity.kvType, static_cast<std::int64_t>(dim));
    if (rowBytes > kMostRowBytes)
        return damaged("its rows have no sensible size");

    result.items.resize(count);
    for (SnapshotItem& item : result.items) {
        item.id = reader.get<std::int32_t>();
        item.picture = reader.get<std::uint64_t>();
    }
    result.sections.resize(sections);
    for (SnapshotSection& section : result.sections) {
        section.layer = reader.get<std::uint32_t>();
        const auto part = reader.get<std::uint32_t>();
        section.bytes = reader.get<std::uint64_t>();
        section.checksum = reader.get<std::uint64_t>();
        if (part > static_cast<std::uint32_t>(SnapshotPart::values)
            || section.bytes / count != rowBytes || section.bytes % count != 0)
            return damaged("a part of it has another size than its positions");
        section.part = static_cast<SnapshotPart>(part);
    }
    return result;
}

} // namespace lectern::inference
