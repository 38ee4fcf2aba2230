// SPDX-License-Identifier: Apache-2.0
// Fuzz entry of our own parsers of text-like formats; the first byte chooses: c CSV, h HTML (with
// style sheets), m header of a mail, r RTF, s subtitles. What comes out is clean UTF-8.
#include "media/csv_table.h"
#include "media/html_text.h"
#include "media/mail_words.h"
#include "media/rtf_parser.h"
#include "media/subtitles.h"

#include <cstdint>
#include <cstdlib>

using namespace lectern::media;

namespace {

void checkReading(DocumentBuilder& builder)
{
    const auto reading = builder.finish("fuzz");
    if (!reading)
        return;
    std::size_t at = 0;
    for (const Part& part : reading->parts) {
        const auto& text = std::get<TextPart>(part);
        if (text.where.begin != at || text.where.end != at + text.text.size() || text.text.empty())
            std::abort();
        at = text.where.end;
        if (text.text.find_first_of(std::string_view("\0\r", 2)) != std::string::npos)
            std::abort();
    }
}

void csv(std::string_view text)
{
    const CsvTable table = readCsv(text, false);
    std::size_t at = 0;
    for (const CsvRow& row : table.rows) {
        if (row.begin < at || row.end <= row.begin || row.end > text.size())
            std::abort();
        at = row.end;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    DocumentBuilder builder({}, {});
    TextWriter writer(builder);
    switch (data[0]) {
    case 'c':
        csv(text);
        break;
    case 'h':
        (void)declaredHtmlEncoding(std::as_bytes(std::span(text)));
        (void)writeHtml(text, writer);
        checkReading(builder);
        break;
    case 'm':
        (void)decodeHeader(text);
        break;
    case 'r':
        (void)writeRtf(text, writer);
        checkReading(builder);
        break;
    case 's':
        for (const Cue& cue : readSubtitles(text).cues)
            if (cue.text.empty())
                std::abort();
        break;
    default:
        break;
    }
    return 0;
}
