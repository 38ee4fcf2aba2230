// SPDX-License-Identifier: Apache-2.0
// The reader for plain text, Markdown and source code, in any encoding.
#include "media/file.h"
#include "media/file_bytes.h"
#include "media/format_readers.h"
#include "media/source_language.h"
#include "media/text_decoder.h"

#include <algorithm>
#include <fmt/format.h>

namespace lectern::media {

namespace {

void addFindings(Reading& reading, const DecodedText& decoded)
{
    reading.facts.emplace_back("encoding", encodingFact(decoded));
    reading.warnings = damageSentences(decoded);
    if (decoded.removed.total() > 0)
        reading.warnings.push_back(removedSentence(decoded.removed));
}

class TextReader final : public Reader {
public:
    bool sniff(const Source& source) const override { return looksLikeText(source.head); }

    Result<Reading> read(const Source& source, const ReadOptions& options, std::stop_token stop,
        const ProgressFn& progress) const override
    {
        const auto file = RegularFile::open(source.path);
        if (!file)
            return tl::unexpected(file.error());
        if (file->bytes() > options.maxTextBytes)
            return fail(ErrorCode::tooLarge,
                fmt::format(
                    "The text is too large: {}, and Lectern reads up to {}. Split the file.",
                    formatBytes(file->bytes()), formatBytes(options.maxTextBytes)));
        const auto bytes = file->readAll(stop);
        if (!bytes)
            return tl::unexpected(bytes.error());
        auto decoded = decodeText(*bytes, stop);
        if (!decoded)
            return tl::unexpected(decoded.error());
        if (decoded->text.find_first_not_of(" \t\n") == std::string::npos)
            return fail(ErrorCode::empty, "The file contains no text.");

        Reading reading;
        reading.kind = Kind::text;
        const TextFormat format = textFormat(source.fileName, decoded->text);
        reading.format = format.format;
        addFindings(reading, *decoded);
        if (!format.language.empty())
            reading.facts.emplace_back("language", format.language);
        const auto lines =
            std::ranges::count(decoded->text, '\n') + (decoded->text.ends_with('\n') ? 0 : 1);
        reading.facts.emplace_back("lines", formatCount(static_cast<std::uint64_t>(lines)));
        Provenance where;
        where.end = decoded->text.size();
        reading.parts.emplace_back(TextPart{std::move(decoded->text), where});
        if (progress)
            progress(file->bytes(), file->bytes());
        return reading;
    }
};

} // namespace

std::unique_ptr<const Reader> makeTextReader()
{
    return std::make_unique<TextReader>();
}

} // namespace lectern::media
