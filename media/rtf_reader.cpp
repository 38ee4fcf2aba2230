// SPDX-License-Identifier: Apache-2.0
// The reader for RTF documents.
#include "media/file_bytes.h"
#include "media/format_readers.h"
#include "media/rtf_parser.h"

#include <fmt/format.h>

namespace lectern::media {

namespace {

constexpr std::uint64_t kMaxRtfBytes = 256'000'000; // mostly pictures in hexadecimal

class RtfReader final : public Reader {
public:
    bool sniff(const Source& source) const override
    {
        return lowerStart(source.head, 8).starts_with("{\\rtf");
    }

    Result<Reading> read(const Source& source, const ReadOptions& options, std::stop_token stop,
        const ProgressFn& progress) const override
    {
        const auto bytes = readWhole(source, kMaxRtfBytes, "document", stop);
        if (!bytes)
            return tl::unexpected(bytes.error());
        DocumentBuilder builder(options, stop);
        TextWriter writer(builder);
        const RtfFindings findings =
            writeRtf({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, writer);
        if (!findings.title.empty())
            builder.fact("title", trimmedLine(findings.title));
        if (!findings.author.empty())
            builder.fact("author", trimmedLine(findings.author));
        if (findings.cutOff)
            builder.warn("The document ends in the middle; it may be cut off.");
        if (findings.deletions > 0)
            builder.warn(fmt::format("Text that was deleted with changes tracked was left out ({} "
                                     "{}).",
                findings.deletions, findings.deletions == 1 ? "place" : "places"));
        builder.leaveOutPictures(findings.pictures);
        if (progress)
            progress(bytes->size(), bytes->size());
        return builder.finish("RTF document");
    }
};

} // namespace

std::unique_ptr<const Reader> makeRtfReader()
{
    return std::make_unique<RtfReader>();
}

} // namespace lectern::media
