// SPDX-License-Identifier: Apache-2.0
// The GGUF parser: every count, length and offset of the header is taken for a claim and checked
// against the bytes that are really there before anything is allocated or skipped for it.
#include "inference/gguf.h"

#include "inference/quoted.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <type_traits>
#include <unordered_set>

namespace lectern::inference {
namespace {

static_assert(
    std::endian::native == std::endian::little, "the format is read as it lies in memory");

// Far above any real model; below what could be used to exhaust memory or time.
constexpr std::uint64_t kMaxKeys = 1U << 16;
constexpr std::uint64_t kMaxTensors = 1U << 20;
constexpr std::uint64_t kMaxNameBytes = (1U << 16) - 1; // the specification's own limit for keys
constexpr std::uint64_t kMaxStringBytes = 1U << 24;     // chat templates are the longest: 100 KB
constexpr std::uint64_t kMaxArrayItems = 1U << 26;
constexpr std::uint64_t kMaxAlignment = 1U << 20;
constexpr std::uint64_t kDefaultAlignment = 32;
// Arrays are not reserved beyond this before their elements have been seen.
constexpr std::uint64_t kReserveItems = 1U << 12;

enum ValueType : std::uint32_t {
    kUint8,
    kInt8,
    kUint16,
    kInt16,
    kUint32,
    kInt32,
    kFloat32,
    kBool,
    kString,
    kArray,
    kUint64,
    kInt64,
    kFloat64,
};

// Bytes the smallest element of a type takes in the file; 0 for an unknown type.
std::uint64_t minimumBytes(std::uint32_t type)
{
    switch (type) {
    case kUint8:
    case kInt8:
    case kBool:
        return 1;
    case kUint16:
    case kInt16:
        return 2;
    case kUint32:
    case kInt32:
    case kFloat32:
        return 4;
    case kString:
    case kUint64:
    case kInt64:
    case kFloat64:
        return 8;
    case kArray:
        return 12;
    default:
        return 0;
    }
}

tl::unexpected<Error> malformed(std::string message)
{
    return fail(ErrorCode::malformed, std::move(message));
}

// Reads forward through the header. After the first error it stays where it is and every further
// read fails with that error.
class Reader {
public:
    explicit Reader(std::span<const std::byte> file) : m_file(file) { }

    [[nodiscard]] std::uint64_t position() const { return m_position; }
    [[nodiscard]] std::uint64_t remaining() const { return m_file.size() - m_position; }

    // Checks that `bytes` more are there; `what` names them for the sentence.
    template <class Name> [[nodiscard]] Result<void> need(std::uint64_t bytes, const Name& what)
    {
        if (bytes <= remaining())
            return {};
        return fail(ErrorCode::truncated,
            fmt::format("The file is truncated at byte {} of {} expected at least: it ends inside "
                        "{}. Download or copy it again.",
                m_file.size(), m_position + bytes, what()));
    }

    template <class T, class Name> [[nodiscard]] Result<T> read(const Name& what)
    {
        static_assert(std::is_arithmetic_v<T>);
        if (auto there = need(sizeof(T), what); !there)
            return tl::unexpected(there.error());
        T value;
        std::memcpy(&value, m_file.data() + m_position, sizeof(T));
        m_position += sizeof(T);
        return value;
    }

    template <class Name>
    [[nodiscard]] Result<std::string_view> readString(std::uint64_t limit, const Name& what)
    {
        const std::uint64_t start = m_position;
        const auto length = read<std::uint64_t>(what);
        if (!length)
            return tl::unexpected(length.error());
        if (*length > limit) {
            return malformed(
                fmt::format("The header is damaged at byte {}: {} claims {} bytes, at most {} are "
                            "allowed.",
                    start, what(), *length, limit));
        }
        if (auto there = need(*length, what); !there)
            return tl::unexpected(there.error());
        const std::string_view text(
            reinterpret_cast<const char*>(m_file.data() + m_position), *length);
        m_position += *length;
        return text;
    }

private:
    std::span<const std::byte> m_file;
    std::uint64_t m_position = 0; // <= m_file.size()
};

template <class Stored, class Wide, class Name>
Result<GgufValue> readNumber(Reader& reader, const Name& what)
{
    const auto value = reader.read<Stored>(what);
    if (!value)
        return tl::unexpected(value.error());
    return GgufValue(static_cast<Wide>(*value));
}

template <class Name> Result<bool> readBool(Reader& reader, const Name& what)
{
    const std::uint64_t start = reader.position();
    const auto value = reader.read<std::uint8_t>(what);
    if (!value)
        return tl::unexpected(value.error());
    if (*value > 1) {
        return malformed(fmt::format("The header is damaged at byte {}: {} is a truth value and "
                                     "must be 0 or 1, not {}.",
            start, what(), *value));
    }
    return *value == 1;
}

template <class Stored, class Wide, class Name>
Result<GgufValue> readNumbers(Reader& reader, std::uint64_t count, const Name& what)
{
    std::vector<Wide> items;
    items.reserve(std::min(count, kReserveItems));
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto item = reader.read<Stored>(what);
        if (!item)
            return tl::unexpected(item.error());
        items.push_back(static_cast<Wide>(*item));
    }
    return GgufValue(std::move(items));
}

template <class Name>
Result<GgufValue> readBools(Reader& reader, std::uint64_t count, const Name& what)
{
    std::vector<bool> items;
    items.reserve(std::min(count, kReserveItems));
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto item = readBool(reader, what);
        if (!item)
            return tl::unexpected(item.error());
        items.push_back(*item);
    }
    return GgufValue(std::move(items));
}

template <class Name>
Result<GgufValue> readStrings(Reader& reader, std::uint64_t count, const Name& what)
{
    std::vector<std::string> items;
    items.reserve(std::min(count, kReserveItems));
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto item = reader.readString(
            kMaxStringBytes, [&] { return fmt::format("element {} of {}", i, what()); });
        if (!item)
            return tl::unexpected(item.error());
        items.emplace_back(*item);
    }
    return GgufValue(std::move(items));
}

template <class Name> Result<GgufValue> readArray(Reader& reader, const Name& what)
{
    const std::uint64_t start = reader.position();
    const auto type = reader.read<std::uint32_t>(what);
    if (!type)
        return tl::unexpected(type.error());
    if (*type == kArray) {
        return malformed(fmt::format(
            "The header holds an array of arrays at byte {} ({}), which is not supported.", start,
            what()));
    }
    if (minimumBytes(*type) == 0) {
        return malformed(fmt::format("The header is damaged at byte {}: {} is an array of the "
                                     "unknown value type {}.",
            start, what(), *type));
    }
    const auto count = reader.read<std::uint64_t>(what);
    if (!count)
        return tl::unexpected(count.error());
    if (*count > kMaxArrayItems) {
        return malformed(fmt::format("The header is damaged at byte {}: {} claims {} elements, at "
                                     "most {} are allowed.",
            start + 4, what(), *count, kMaxArrayItems));
    }
    // Cannot overflow: both factors are small. So no loop runs for elements that cannot be there.
    if (auto there = reader.need(*count * minimumBytes(*type), what); !there)
        return tl::unexpected(there.error());
    switch (*type) {
    case kUint8:
        return readNumbers<std::uint8_t, std::uint64_t>(reader, *count, what);
    case kInt8:
        return readNumbers<std::int8_t, std::int64_t>(reader, *count, what);
    case kUint16:
        return readNumbers<std::uint16_t, std::uint64_t>(reader, *count, what);
    case kInt16:
        return readNumbers<std::int16_t, std::int64_t>(reader, *count, what);
    case kUint32:
        return readNumbers<std::uint32_t, std::uint64_t>(reader, *count, what);
    case kInt32:
        return readNumbers<std::int32_t, std::int64_t>(reader, *count, what);
    case kUint64:
        return readNumbers<std::uint64_t, std::uint64_t>(reader, *count, what);
    case kInt64:
        return readNumbers<std::int64_t, std::int64_t>(reader, *count, what);
    case kFloat32:
        return readNumbers<float, double>(reader, *count, what);
    case kFloat64:
        return readNumbers<double, double>(reader, *count, what);
    case kBool:
        return readBools(reader, *count, what);
    default:
        return readStrings(reader, *count, what);
    }
}

template <class Name> Result<GgufValue> readValue(Reader& reader, const Name& what)
{
    const std::uint64_t start = reader.position();
    const auto type = reader.read<std::uint32_t>(what);
    if (!type)
        return tl::unexpected(type.error());
    switch (*type) {
    case kUint8:
        return readNumber<std::uint8_t, std::uint64_t>(reader, what);
    case kInt8:
        return readNumber<std::int8_t, std::int64_t>(reader, what);
    case kUint16:
        return readNumber<std::uint16_t, std::uint64_t>(reader, what);
    case kInt16:
        return readNumber<std::int16_t, std::int64_t>(reader, what);
    case kUint32:
        return readNumber<std::uint32_t, std::uint64_t>(reader, what);
    case kInt32:
        return readNumber<std::int32_t, std::int64_t>(reader, what);
    case kUint64:
        return readNumber<std::uint64_t, std::uint64_t>(reader, what);
    case kInt64:
        return readNumber<std::int64_t, std::int64_t>(reader, what);
    case kFloat32:
        return readNumber<float, double>(reader, what);
    case kFloat64:
        return readNumber<double, double>(reader, what);
    case kBool: {
        const auto value = readBool(reader, what);
        if (!value)
            return tl::unexpected(value.error());
        return GgufValue(*value);
    }
    case kString: {
        const auto text = reader.readString(kMaxStringBytes, what);
        if (!text)
            return tl::unexpected(text.error());
        return GgufValue(std::string(*text));
    }
    case kArray:
        return readArray(reader, what);
    default:
        return malformed(
            fmt::format("The header is damaged at byte {}: {} has the unknown value type {}.",
                start, what(), *type));
    }
}

Result<void> readKeys(Reader& reader, std::uint64_t count, Gguf& gguf)
{
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t start = reader.position();
        const auto name =
            reader.readString(kMaxNameBytes, [&] { return fmt::format("the name of key {}", i); });
        if (!name)
            return tl::unexpected(name.error());
        if (name->empty())
            return malformed(
                fmt::format("The header is damaged at byte {}: key {} has no name.", start, i));
        if (gguf.keys.contains(*name)) {
            return malformed(fmt::format(
                "The header holds the key {} twice, again at byte {}.", inQuotes(*name), start));
        }
        auto value = readValue(reader, [&] { return fmt::format("the key {}", inQuotes(*name)); });
        if (!value)
            return tl::unexpected(value.error());
        gguf.keys.emplace(std::string(*name), std::move(*value));
    }
    return {};
}

Result<std::uint64_t> alignmentOf(const Gguf& gguf)
{
    if (!gguf.keys.contains("general.alignment"))
        return kDefaultAlignment;
    const auto alignment = gguf.integer("general.alignment");
    if (!alignment || !std::has_single_bit(*alignment) || *alignment > kMaxAlignment) {
        return malformed(fmt::format(
            "The header asks for an alignment of {}; it must be a power of two up to {}.",
            alignment ? std::to_string(*alignment) : "another kind than a number", kMaxAlignment));
    }
    return *alignment;
}

// One tensor description; its offset is still relative to the data section.
Result<GgufTensor> readTensor(Reader& reader, std::uint64_t index, std::uint64_t alignment)
{
    const std::uint64_t start = reader.position();
    const auto name = reader.readString(
        kMaxNameBytes, [&] { return fmt::format("the name of tensor {}", index); });
    if (!name)
        return tl::unexpected(name.error());
    const auto what = [&] { return fmt::format("the description of tensor {}", inQuotes(*name)); };
    const auto damaged = [&](std::string_view why) {
        return malformed(fmt::format(
            "The header is damaged at byte {}: tensor {} {}.", start, inQuotes(*name), why));
    };

    if (name->empty())
        return damaged(fmt::format("number {} has no name", index));
    GgufTensor tensor{std::string(*name), TensorType::f32, 0, {1, 1, 1, 1}, 0, 0};
    const auto dimCount = reader.read<std::uint32_t>(what);
    if (!dimCount)
        return tl::unexpected(dimCount.error());
    if (*dimCount < 1 || *dimCount > tensor.dims.size())
        return damaged(fmt::format("has {} dimensions, 1 to 4 are allowed", *dimCount));
    tensor.dimCount = *dimCount;

    std::uint64_t values = 1;
    for (std::uint32_t i = 0; i < tensor.dimCount; ++i) {
        const auto size = reader.read<std::uint64_t>(what);
        if (!size)
            return tl::unexpected(size.error());
        if (*size == 0)
            return damaged(fmt::format("has the size 0 in dimension {}", i));
        if (__builtin_mul_overflow(values, *size, &values))
            return damaged("claims more values than 64 bits can count");
        tensor.dims[i] = *size;
    }

    const auto type = reader.read<std::uint32_t>(what);
    if (!type)
        return tl::unexpected(type.error());
    const auto layout = tensorTypeInfo(*type);
    if (!layout) {
        return fail(ErrorCode::unsupportedType,
            fmt::format("Tensor {} has the element type number {}, which this version of Lectern "
                        "does not know.",
                inQuotes(*name), *type));
    }
    tensor.type = static_cast<TensorType>(*type);
    if (tensor.dims[0] % layout->blockValues != 0) {
        return damaged(fmt::format("has rows of {} values, not a multiple of the {} values in a "
                                   "block of {}",
            tensor.dims[0], layout->blockValues, layout->name));
    }
    const std::uint64_t blocks = values / layout->blockValues;
    if (__builtin_mul_overflow(blocks, std::uint64_t{layout->blockBytes}, &tensor.byteSize))
        return damaged("claims more bytes than 64 bits can count");

    const auto offset = reader.read<std::uint64_t>(what);
    if (!offset)
        return tl::unexpected(offset.error());
    if (*offset % alignment != 0) {
        return damaged(fmt::format(
            "begins at offset {}, not a multiple of the alignment {}", *offset, alignment));
    }
    tensor.offset = *offset;
    return tensor;
}

Result<void> readTensors(Reader& reader, std::uint64_t count, Gguf& gguf)
{
    gguf.tensors.reserve(std::min(count, kReserveItems));
    std::unordered_set<std::string> names;
    for (std::uint64_t i = 0; i < count; ++i) {
        auto tensor = readTensor(reader, i, gguf.alignment);
        if (!tensor)
            return tl::unexpected(tensor.error());
        if (!names.insert(tensor->name).second)
            return malformed(
                fmt::format("The header describes the tensor {} twice.", inQuotes(tensor->name)));
        gguf.tensors.push_back(std::move(*tensor));
    }
    return {};
}

// Makes the offsets absolute and checks that all data lies inside the file, no tensor in another.
Result<void> placeTensors(Gguf& gguf, std::uint64_t headerEnd, std::uint64_t fileSize)
{
    if (gguf.tensors.empty())
        return {};
    // No overflow: headerEnd is a size in memory, the alignment at most 1 MiB.
    const std::uint64_t dataStart = (headerEnd + gguf.alignment - 1) & ~(gguf.alignment - 1);
    std::uint64_t expected = 0;
    std::vector<const GgufTensor*> byOffset;
    byOffset.reserve(gguf.tensors.size());
    for (GgufTensor& tensor : gguf.tensors) {
        std::uint64_t end = 0;
        if (__builtin_add_overflow(dataStart, tensor.offset, &tensor.offset)
            || __builtin_add_overflow(tensor.offset, tensor.byteSize, &end)) {
            return malformed(
                fmt::format("The header is damaged: the data of tensor {} would end beyond what "
                            "64 bits can count.",
                    inQuotes(tensor.name)));
        }
        expected = std::max(expected, end);
        byOffset.push_back(&tensor);
    }
    if (expected > fileSize) {
        return fail(ErrorCode::truncated,
            fmt::format("The file is truncated at byte {} of {} expected. Download or copy it "
                        "again.",
                fileSize, expected));
    }
    std::ranges::sort(byOffset, {}, &GgufTensor::offset);
    for (std::size_t i = 1; i < byOffset.size(); ++i) {
        const GgufTensor& before = *byOffset[i - 1];
        if (before.offset + before.byteSize > byOffset[i]->offset) {
            return malformed(fmt::format("The header is damaged: the data of the tensors {} and "
                                         "{} overlap at byte {}.",
                inQuotes(before.name), inQuotes(byOffset[i]->name), byOffset[i]->offset));
        }
    }
    return {};
}

// Says what kind of file this is instead, where its first bytes tell.
Error notGguf(std::span<const std::byte> file)
{
    const std::string_view head(
        reinterpret_cast<const char*>(file.data()), std::min<std::size_t>(file.size(), 16));
    const auto is = [&](std::string kind) {
        return Error{ErrorCode::notGguf, fmt::format("This is {}, not a GGUF model.", kind)};
    };
    if (file.empty())
        return {ErrorCode::truncated, "The file is empty."};
    if (head.starts_with("FUGG"))
        return {ErrorCode::unsupportedVersion,
            "This GGUF file is in big-endian byte order; only little-endian files can be used."};
    if (head.starts_with(std::string_view("PK\x03\x04")))
        return is("a ZIP archive or a PyTorch checkpoint");
    if (head.size() >= 9 && head[8] == '{' && head[6] == '\0' && head[7] == '\0')
        return is("a safetensors file");
    if (head.starts_with("ggml") || head.starts_with("lmgg") || head.starts_with("tjgg")
        || head.starts_with("fmgg"))
        return is("a model in a format older than GGUF");
    if (head.starts_with("\x80\x02") || head.starts_with("\x80\x04"))
        return is("a Python pickle (an old PyTorch checkpoint)");
    if (head.starts_with("\x1f\x8b"))
        return is("a gzip archive");
    if (head.starts_with("version https://"))
        return is("a Git LFS pointer (the text that stands for a large file)");
    if (head.starts_with("<!DOC") || head.starts_with("<!doc") || head.starts_with("<html"))
        return is("a web page");
    if (head.starts_with("%PDF"))
        return is("a PDF document");
    if (head.starts_with("{") || head.starts_with("["))
        return is("a JSON text");
    if (std::string_view("GGUF").starts_with(head))
        return {ErrorCode::truncated,
            fmt::format("The file is truncated at byte {} of 24 expected at least. Download or "
                        "copy it again.",
                file.size())};
    return {ErrorCode::notGguf, "This is not a GGUF model: it does not begin with \"GGUF\"."};
}

Result<std::uint64_t> readCount(
    Reader& reader, std::uint64_t limit, std::uint64_t bytesEach, std::string_view name)
{
    const std::uint64_t start = reader.position();
    const auto count =
        reader.read<std::uint64_t>([&] { return fmt::format("the number of {}", name); });
    if (!count)
        return tl::unexpected(count.error());
    if (*count > limit) {
        return malformed(fmt::format("The header is damaged at byte {}: it claims {} {}, at most "
                                     "{} are allowed.",
            start, *count, name, limit));
    }
    const auto list = [&] { return fmt::format("its {} {}", *count, name); };
    if (auto there = reader.need(*count * bytesEach, list); !there)
        return tl::unexpected(there.error());
    return *count;
}

template <class T> const T* valueAs(const Gguf& gguf, std::string_view key)
{
    const auto found = gguf.keys.find(key);
    return found == gguf.keys.end() ? nullptr : std::get_if<T>(&found->second);
}

} // namespace

const GgufTensor* Gguf::findTensor(std::string_view name) const
{
    const auto found = std::ranges::find(tensors, name, &GgufTensor::name);
    return found == tensors.end() ? nullptr : &*found;
}

std::optional<std::uint64_t> Gguf::integer(std::string_view key) const
{
    if (const auto* value = valueAs<std::uint64_t>(*this, key))
        return *value;
    if (const auto* value = valueAs<std::int64_t>(*this, key); value != nullptr && *value >= 0)
        return static_cast<std::uint64_t>(*value);
    return std::nullopt;
}

std::optional<double> Gguf::number(std::string_view key) const
{
    if (const auto* value = valueAs<double>(*this, key))
        return *value;
    if (const auto* value = valueAs<std::uint64_t>(*this, key))
        return static_cast<double>(*value);
    if (const auto* value = valueAs<std::int64_t>(*this, key))
        return static_cast<double>(*value);
    return std::nullopt;
}

std::optional<bool> Gguf::boolean(std::string_view key) const
{
    const auto* value = valueAs<bool>(*this, key);
    return value == nullptr ? std::nullopt : std::optional<bool>(*value);
}

const std::string* Gguf::string(std::string_view key) const
{
    return valueAs<std::string>(*this, key);
}

const std::vector<std::string>* Gguf::strings(std::string_view key) const
{
    return valueAs<std::vector<std::string>>(*this, key);
}

Result<Gguf> parseGguf(std::span<const std::byte> file)
{
    if (file.size() < 4 || std::memcmp(file.data(), "GGUF", 4) != 0)
        return tl::unexpected(notGguf(file));
    Reader reader(file);
    const auto start = [] { return "the first 8 bytes"; };
    (void)reader.read<std::uint32_t>(start); // the magic

    Gguf gguf;
    const auto version = reader.read<std::uint32_t>(start);
    if (!version)
        return tl::unexpected(version.error());
    if (*version != 0 && (*version & 0xFFFFU) == 0) {
        return fail(ErrorCode::unsupportedVersion,
            "This GGUF file is in big-endian byte order; only little-endian files can be used.");
    }
    if (*version != 2 && *version != 3) {
        return fail(ErrorCode::unsupportedVersion,
            fmt::format(
                "This GGUF file is of version {}; versions 2 and 3 can be used.", *version));
    }
    gguf.version = *version;

    // The least a tensor description (no name, one dimension) and a key (no name, one byte) take.
    const auto tensorCount = readCount(reader, kMaxTensors, 8 + 4 + 8 + 4 + 8, "tensors");
    if (!tensorCount)
        return tl::unexpected(tensorCount.error());
    const auto keyCount = readCount(reader, kMaxKeys, 8 + 4 + 1, "keys");
    if (!keyCount)
        return tl::unexpected(keyCount.error());

    if (auto read = readKeys(reader, *keyCount, gguf); !read)
        return tl::unexpected(read.error());
    const auto alignment = alignmentOf(gguf);
    if (!alignment)
        return tl::unexpected(alignment.error());
    gguf.alignment = *alignment;
    if (auto read = readTensors(reader, *tensorCount, gguf); !read)
        return tl::unexpected(read.error());
    if (auto placed = placeTensors(gguf, reader.position(), file.size()); !placed)
        return tl::unexpected(placed.error());
    return gguf;
}

} // namespace lectern::inference
