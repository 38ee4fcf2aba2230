// SPDX-License-Identifier: Apache-2.0
// The reader for web pages: what a person sees of one, as text.
#include "media/file_bytes.h"
#include "media/format_readers.h"
#include "media/html_text.h"
#include "media/text_decoder.h"

#include <fmt/format.h>

namespace lectern::media {

namespace {

constexpr std::uint64_t kMaxPageBytes = 24'000'000; // gumbo takes some 20 bytes for each

class HtmlReader final : public Reader {
public:
    bool sniff(const Source& source) const override
    {
        if (!looksLikeText(source.head))
            return false;
        if (hasExtension(source.fileName, {"html", "htm", "xhtml", "xht"}))
            return true;
        const std::string start = lowerStart(source.head, 512);
        return start.starts_with("<!doctype html") || start.starts_with("<html");
    }

    Result<Reading> read(const Source& source, const ReadOptions& options, std::stop_token stop,
        const ProgressFn& progress) const override
    {
        const auto bytes = readWhole(source, kMaxPageBytes, "web page", stop);
        if (!bytes)
            return tl::unexpected(bytes.error());
        const auto decoded = decodeText(*bytes, stop, declaredHtmlEncoding(*bytes));
        if (!decoded)
            return tl::unexpected(decoded.error());
        DocumentBuilder builder(options, stop);
        TextWriter writer(builder);
        const auto findings = writeHtml(decoded->text, writer);
        if (!findings)
            return tl::unexpected(findings.error());
        if (!findings->title.empty())
            builder.fact("title", trimmedLine(findings->title));
        addEncoding(builder, *decoded);
        if (findings->pictures > 0)
            builder.warn(findings->pictures == 1
                    ? "1 picture of the page was not read; a web page holds only links to them."
                    : fmt::format("{} pictures of the page were not read; a web page holds only "
                                  "links to them.",
                        findings->pictures));
        if (progress)
            progress(bytes->size(), bytes->size());
        return builder.finish("Web page");
    }
};

} // namespace

std::unique_ptr<const Reader> makeHtmlReader()
{
    return std::make_unique<HtmlReader>();
}

} // namespace lectern::media
