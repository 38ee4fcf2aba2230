// SPDX-License-Identifier: Apache-2.0
// Reading a whole file, and what is said about its encoding.
#include "media/file_bytes.h"

#include "media/file.h"

#include <algorithm>
#include <fmt/format.h>

namespace lectern::media {

namespace {

bool isSpace(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

char lowered(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

} // namespace

Result<std::vector<std::byte>> readWhole(const Source& source, std::uint64_t maxBytes,
    std::string_view what, const std::stop_token& stop)
{
    const auto file = RegularFile::open(source.path);
    if (!file)
        return tl::unexpected(file.error());
    if (file->bytes() > maxBytes)
        return fail(ErrorCode::tooLarge,
            fmt::format("The {} is too large: {}, and Lectern reads up to {}.", what,
                formatBytes(file->bytes()), formatBytes(maxBytes)));
    return file->readAll(stop);
}

bool hasExtension(std::string_view fileName, std::initializer_list<std::string_view> extensions)
{
    const std::size_t dot = fileName.rfind('.');
    if (dot == std::string_view::npos)
        return false;
    std::string extension(fileName.substr(dot + 1));
    std::ranges::transform(extension, extension.begin(), lowered);
    return std::ranges::find(extensions, std::string_view(extension)) != extensions.end();
}

std::string lowerStart(std::span<const std::byte> head, std::size_t bytes)
{
    std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    while (!text.empty() && isSpace(text.front()))
        text.remove_prefix(1);
    std::string start(text.substr(0, bytes));
    std::ranges::transform(start, start.begin(), lowered);
    return start;
}

std::string trimmedLine(std::string_view text)
{
    std::string line;
    for (const char c : text) {
        if (!isSpace(c))
            line.push_back(c);
        else if (!line.empty() && line.back() != ' ')
            line.push_back(' ');
    }
    if (line.ends_with(' '))
        line.pop_back();
    return line;
}

std::string encodingFact(const DecodedText& decoded)
{
    return decoded.encoding + (decoded.guessed ? " (detected)" : "");
}

std::vector<std::string> damageSentences(const DecodedText& decoded)
{
    std::vector<std::string> sentences;
    if (decoded.replaced > 0) {
        const bool one = decoded.replaced == 1;
        sentences.push_back(fmt::format("{} not valid {} and {} shown as \xEF\xBF\xBD.",
            one ? "1 byte sequence is" : formatCount(decoded.replaced) + " byte sequences are",
            decoded.encoding, one ? "is" : "are"));
    }
    if (decoded.cutOff)
        sentences.emplace_back("The file ends in the middle of a character; it may be cut off.");
    return sentences;
}

void addEncoding(DocumentBuilder& builder, const DecodedText& decoded)
{
    builder.fact("encoding", encodingFact(decoded));
    for (std::string& sentence : damageSentences(decoded))
        builder.warn(std::move(sentence));
    builder.addRemoved(decoded.removed);
}

} // namespace lectern::media
