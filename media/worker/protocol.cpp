// SPDX-License-Identifier: Apache-2.0
// Encoding and decoding of the worker's messages. The structured bindings below name every field of
// the structs that travel: a new field does not compile until it travels too.
#include "media/worker/protocol.h"

#include <bit>
#include <cmath>
#include <concepts>
#include <cstring>
#include <type_traits>

namespace lectern::media::worker {

namespace {

static_assert(std::endian::native == std::endian::little, "integers are copied as they stand");

constexpr int kMaxSide = 1 << 20; // of a picture, in pixels
constexpr std::size_t kMaxCutString = 8 * 1024;

// A switch without default: a new enumerator does not compile until it is listed.
bool isKnown(Kind kind)
{
    switch (kind) {
    case Kind::text:
    case Kind::image:
    case Kind::video:
        return true;
    }
    return false;
}

bool isKnown(ErrorCode code)
{
    switch (code) {
    case ErrorCode::cannotOpen:
    case ErrorCode::empty:
    case ErrorCode::unknownFormat:
    case ErrorCode::unsupported:
    case ErrorCode::truncated:
    case ErrorCode::damaged:
    case ErrorCode::tooLarge:
    case ErrorCode::cancelled:
        return true;
    }
    return false;
}

// Length of the character that `text` begins with; 0 if it is none (RFC 3629: shortest forms only,
// no surrogates, up to U+10FFFF). Requires: not empty.
std::size_t characterBytes(std::string_view text)
{
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t length = first < 0x80 ? 1
        : first >= 0xC2 && first <= 0xDF    ? 2
        : first >= 0xE0 && first <= 0xEF    ? 3
        : first >= 0xF0 && first <= 0xF4    ? 4
                                            : 0;
    if (length < 2)
        return length;
    if (length > text.size())
        return 0;
    std::uint32_t point = first & (0x7FU >> length);
    for (const char next : text.substr(1, length - 1)) {
        if ((static_cast<unsigned char>(next) & 0xC0U) != 0x80U)
            return 0;
        point = point << 6U | (static_cast<unsigned char>(next) & 0x3FU);
    }
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    const bool tooLong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    return surrogate || tooLong || point > 0x10FFFF ? 0 : length;
}

// How much of the beginning is UTF-8.
std::size_t utf8Bytes(std::string_view text)
{
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t length = characterBytes(text.substr(at));
        if (length == 0)
            break;
        at += length;
    }
    return at;
}

// File names are bytes; what is no UTF-8 in them becomes U+FFFD.
std::string repaired(std::string_view text)
{
    std::string result;
    while (true) {
        const std::size_t good = utf8Bytes(text);
        result += text.substr(0, good);
        if (good == text.size())
            return result;
        result += "\xEF\xBF\xBD";
        text.remove_prefix(good + 1);
    }
}

template <class T>
concept Number = std::integral<T> || std::floating_point<T>;
template <class T, class Of>
concept Is = std::same_as<std::remove_const_t<T>, Of>; // const when encoding

// The fields of each struct, the same list for both directions.
void fields(auto& archive, Is<Provenance> auto& where)
{
    auto& [page, seconds, begin, end, slide, pageLabel, sheet, cells, section] = where;
    archive(page, seconds, begin, end, slide, pageLabel, sheet, cells, section);
}
void fields(auto& archive, Is<TextPart> auto& part)
{
    auto& [text, where] = part;
    archive(text, where);
}
void fields(auto& archive, Is<ImagePart> auto& part)
{
    auto& [image, where] = part;
    archive(image, where);
}
void fields(auto& archive, Is<FramePart> auto& part)
{
    auto& [image, seconds, where] = part;
    archive(image, seconds, where);
}
template <class A, class B> void fields(auto& archive, std::pair<A, B>& pair)
{
    archive(pair.first, pair.second);
}
template <class A, class B> void fields(auto& archive, const std::pair<A, B>& pair)
{
    archive(pair.first, pair.second);
}
void fields(auto& archive, Is<Reading> auto& reading)
{
    auto& [kind, format, sha256, fileBytes, parts, facts, warnings] = reading;
    static_cast<void>(sha256), static_cast<void>(fileBytes); // the application's own
    archive(kind, format, parts, facts, warnings);
}
void fields(auto& archive, Is<ReadOptions> auto& options)
{
    auto& [videoFrames, maxTextBytes, maxPixels, documentPictures] = options;
    archive(videoFrames, maxTextBytes, maxPixels, documentPictures);
}
void fields(auto& archive, Is<Error> auto& error)
{
    auto& [code, message] = error;
    archive(code, message);
}
void fields(auto& archive, Is<Ready> auto& ready)
{
    archive(ready.version, ready.refused);
}
void fields(auto& archive, Is<Request> auto& request)
{
    archive(request.fileName, request.options);
}
void fields(auto& archive, Is<Progress> auto& progress)
{
    archive(progress.done, progress.total);
}
void fields(auto& archive, Is<Failure> auto& failure)
{
    archive(failure.error);
}
void fields(auto& archive, Is<Success> auto& success)
{
    archive(success.fieldBytes);
}

class Encoder {
public:
    explicit Encoder(std::size_t longestString = UINT32_MAX) : m_longestString(longestString) { }
    EncodedReading encoded;

    template <class... T> void operator()(const T&... values) { (put(values), ...); }

private:
    template <Number T> void put(const T& value)
    {
        const auto* bytes = reinterpret_cast<const std::byte*>(&value);
        encoded.fields.insert(encoded.fields.end(), bytes, bytes + sizeof(T));
    }
    template <class T>
    requires std::is_enum_v<T>
    void put(const T& value) { put(static_cast<std::uint8_t>(value)); }
    void put(const std::string& text)
    {
        if (utf8Bytes(text) != text.size())
            return put(repaired(text));
        std::size_t length = std::min(text.size(), m_longestString);
        length =
            length < text.size() ? utf8Bytes(std::string_view(text).substr(0, length)) : length;
        put(static_cast<std::uint32_t>(length));
        const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
        encoded.fields.insert(encoded.fields.end(), bytes, bytes + length);
    }
    template <class T> void put(const std::vector<T>& all)
    {
        put(static_cast<std::uint32_t>(all.size()));
        for (const T& one : all)
            put(one);
    }
    template <class T> void put(const std::optional<T>& value)
    {
        put(value.has_value());
        if (value)
            put(*value);
    }
    template <class... T> void put(const std::variant<T...>& value)
    {
        put(static_cast<std::uint8_t>(value.index()));
        std::visit([this](const auto& held) { this->put(held); }, value);
    }
    void put(const SharedImage& image)
    {
        put(image->width);
        put(image->height);
        encoded.pictures.push_back(image);
    }
    template <class T>
    requires std::is_class_v<T>
    void put(const T& value) { fields(*this, value); }

    std::size_t m_longestString;
};

// After anything that does not fit, every further value is empty and ok() is false.
class Decoder {
public:
    Decoder(std::span<const std::byte> fieldBytes, std::span<const std::byte> pixels)
        : m_fields(fieldBytes), m_pixels(pixels)
    {
    }

    template <class... T> void operator()(T&... values) { (get(values), ...); }
    [[nodiscard]] bool isWholeAndRight() const
    {
        return m_ok && m_fields.empty() && m_pixels.empty();
    }

    template <class... T> void get(std::variant<T...>& value)
    {
        std::uint8_t index = 0;
        get(index);
        if (!pick(value, index, std::index_sequence_for<T...>()))
            m_ok = false;
    }

private:
    std::span<const std::byte> take(std::span<const std::byte>& from, std::size_t count)
    {
        if (!m_ok || count > from.size()) {
            m_ok = false;
            return {};
        }
        const auto taken = from.first(count);
        from = from.subspan(count);
        return taken;
    }
    template <Number T> void get(T& value)
    {
        if (const auto bytes = take(m_fields, sizeof(T)); m_ok)
            std::memcpy(&value, bytes.data(), sizeof(T));
        if constexpr (std::floating_point<T>)
            m_ok = m_ok && std::isfinite(value);
    }
    void get(bool& value)
    {
        std::uint8_t byte = 0;
        get(byte);
        m_ok = m_ok && byte <= 1;
        value = byte == 1;
    }
    template <class T>
    requires std::is_enum_v<T>
    void get(T& value)
    {
        std::uint8_t byte = 0;
        get(byte);
        if (m_ok && isKnown(static_cast<T>(byte)))
            value = static_cast<T>(byte);
        else
            m_ok = false;
    }
    void get(std::string& text)
    {
        std::uint32_t length = 0;
        get(length);
        const auto bytes = take(m_fields, length);
        text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        m_ok = m_ok && utf8Bytes(text) == text.size();
    }
    template <class T> void get(std::vector<T>& all)
    {
        std::uint32_t count = 0;
        get(count);
        for (; m_ok && count > 0; --count) // every element takes bytes, so this ends
            get(all.emplace_back());
    }
    template <class T> void get(std::optional<T>& value)
    {
        bool has = false;
        get(has);
        if (has)
            get(value.emplace());
    }
    template <class... T, std::size_t... I>
    bool pick(std::variant<T...>& value, std::uint8_t index, std::index_sequence<I...>)
    {
        return ((index == I && (get(value.template emplace<I>()), true)) || ...);
    }
    void get(SharedImage& image)
    {
        auto decoded = std::make_shared<Image>();
        get(decoded->width);
        get(decoded->height);
        const bool possible = decoded->width > 0 && decoded->width <= kMaxSide
            && decoded->height > 0 && decoded->height <= kMaxSide;
        m_ok = m_ok && possible;
        if (!m_ok)
            return;
        const auto pixels = take(m_pixels,
            static_cast<std::size_t>(decoded->width) * static_cast<std::size_t>(decoded->height)
                * 3);
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(pixels.data());
        decoded->rgb.assign(bytes, bytes + pixels.size());
        image = std::move(decoded);
    }
    template <class T>
    requires std::is_class_v<T>
    void get(T& value) { fields(*this, value); }

    std::span<const std::byte> m_fields, m_pixels;
    bool m_ok = true;
};

} // namespace

std::vector<std::byte> encode(const Message& message)
{
    Encoder encoder(kMaxCutString);
    encoder(message);
    return std::move(encoder.encoded.fields);
}

std::optional<Message> decode(std::span<const std::byte> bytes)
{
    Message message;
    Decoder decoder(bytes, {});
    decoder(message);
    return decoder.isWholeAndRight() ? std::optional(std::move(message)) : std::nullopt;
}

EncodedReading encode(const Reading& reading)
{
    Encoder encoder;
    encoder(reading);
    return std::move(encoder.encoded);
}

std::optional<Reading> decodeReading(std::span<const std::byte> memory, std::uint64_t fieldBytes)
{
    if (fieldBytes > memory.size())
        return std::nullopt;
    Reading reading;
    Decoder decoder(memory.first(fieldBytes), memory.subspan(fieldBytes));
    decoder(reading);
    return decoder.isWholeAndRight() ? std::optional(std::move(reading)) : std::nullopt;
}

} // namespace lectern::media::worker
