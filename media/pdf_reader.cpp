// SPDX-License-Identifier: Apache-2.0
// The reader for PDF: page by page the text in reading order; a page that says little in text is
// also given as a picture; what a person would not see on the page is left out.
#include "media/document_builder.h"
#include "media/file_bytes.h"
#include "media/format_readers.h"
#include "media/pdf_document.h"
#include "media/pdf_notes.h"
#include "media/utf8.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <QImage>
#include <utility>

namespace lectern::media {

namespace {

constexpr double kLookPerPoint = 1.0; // pixels of the picture that decides what is seen
constexpr int kLookSide = 2000;
constexpr double kScanPerPoint = 150.0 / 72;
constexpr int kScanSide = 1680;         // five tiles of 336 pixels: what the model takes of a page
constexpr std::size_t kLittleText = 40; // letters; fewer may be a scan with a stamp on it
constexpr int kVisible = 20;            // difference in brightness that a person makes out

struct Brightness {
    int least = 255, most = 0;
    [[nodiscard]] bool isFlat() const { return most - least < kVisible; }
};

// Of the colours in a part of a picture, each channel for itself.
Brightness brightness(const QImage& image, const QRect& part)
{
    Brightness widest; // the channel that differs most
    int most = -1;
    for (int channel = 0; channel < 3; ++channel) {
        Brightness found;
        for (int y = part.top(); y <= part.bottom(); ++y) {
            const QRgb* row = reinterpret_cast<const QRgb*>(image.constScanLine(y));
            for (int x = part.left(); x <= part.right(); ++x) {
                const int value = static_cast<int>(row[x] >> (8 * channel) & 0xFFU);
                found.least = std::min(found.least, value);
                found.most = std::max(found.most, value);
            }
        }
        if (found.most - found.least > most) {
            most = found.most - found.least;
            widest = found;
        }
    }
    return widest;
}

// Whether any of a line can be seen on the drawn page.
bool isSeen(const PlacedLine& line, const PdfPage& page, const QImage& drawn)
{
    const double scale = drawn.width() / std::max(page.width, 1.0);
    const QRect all(0, 0, drawn.width(), drawn.height());
    for (const Box& box : line.pieces) {
        const double characters = static_cast<double>(codePoints(line.text));
        const bool tiny = box.height() < 1.3
            && box.width() < 0.8 * characters / static_cast<double>(line.pieces.size());
        const QRect part = QRect(
            QPoint(static_cast<int>(box.left * scale) - 1, static_cast<int>(box.top * scale) - 1),
            QPoint(
                static_cast<int>(box.right * scale) + 1, static_cast<int>(box.bottom * scale) + 1))
                               .intersected(all);
        if (!tiny && part.width() > 1 && part.height() > 1 && !brightness(drawn, part).isFlat())
            return true;
    }
    return false;
}

// Text that no font explains: private characters, replacements, controls.
bool isGarbage(std::string_view text)
{
    std::size_t all = 0, bad = 0;
    for (std::size_t at = 0; at < text.size();) {
        const char32_t c = nextCodePoint(text, at);
        if (c == U' ' || c == U'\n')
            continue;
        ++all;
        bad += c == 0xFFFD || (c >= 0xE000 && c <= 0xF8FF) || (c < 0x20 && c != U'\t')
            || (c >= 0x80 && c < 0xA0) || c >= 0xF0000;
    }
    return all > 0 && bad * 5 > all;
}

std::size_t letters(std::string_view text)
{
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size();) {
        const char32_t c = nextCodePoint(text, at);
        count += c > 0xBF || (c >= U'0' && c <= U'9') || (c >= U'A' && c <= U'Z')
            || (c >= U'a' && c <= U'z');
    }
    return count;
}

SharedImage toShared(const QImage& source)
{
    Image image{source.width(), source.height(), {}};
    image.rgb.resize(static_cast<std::size_t>(image.width) * image.height * 3);
    std::uint8_t* out = image.rgb.data();
    for (int y = 0; y < image.height; ++y) {
        const QRgb* row = reinterpret_cast<const QRgb*>(source.constScanLine(y));
        for (int x = 0; x < image.width; ++x, out += 3) {
            out[0] = static_cast<std::uint8_t>(qRed(row[x]));
            out[1] = static_cast<std::uint8_t>(qGreen(row[x]));
            out[2] = static_cast<std::uint8_t>(qBlue(row[x]));
        }
    }
    return std::make_shared<const Image>(std::move(image));
}

class PageWriter {
public:
    PageWriter(PdfDocument& document, std::map<int, PageNotes> notes, DocumentBuilder& out)
        : m_document(document), m_notes(std::move(notes)), m_outline(document.outline()), m_out(out)
    {
        std::ranges::stable_sort(m_outline, {}, &OutlineEntry::page);
    }

    void write(int number)
    {
        Provenance place;
        place.page = number + 1;
        if (const std::string label = m_document.label(number); label != std::to_string(number + 1))
            place.pageLabel = label;
        // The first entry on the page, else the last one before it.
        bool onThisPage = false;
        std::map<std::string, int> headings;
        for (; m_next < m_outline.size() && m_outline[m_next].page <= number; ++m_next) {
            if (!onThisPage)
                m_section = m_outline[m_next].title;
            onThisPage = m_outline[m_next].page == number;
            if (onThisPage)
                headings.emplace(m_outline[m_next].title, m_outline[m_next].level);
        }
        place.section = m_section;
        m_out.moveTo(std::move(place));

        PdfPage page = m_document.page(number);
        for (PlacedLine& line : page.lines)
            if (const auto found = headings.find(trimmedLine(line.text)); found != headings.end())
                line.heading = found->second;
        const QImage drawn = m_document.render(number, kLookPerPoint, kLookSide);
        if (page.placed)
            std::erase_if(page.lines, [&](const PlacedLine& line) {
                const bool hidden = !isSeen(line, page, drawn);
                if (hidden)
                    m_out.hide(line.text);
                return hidden;
            });
        std::string text;
        if (page.placed) {
            text = arrangePage(page.lines);
        } else {
            for (const PlacedLine& line : page.lines)
                text += line.text + (line.breaksWord ? "" : "\n");
        }
        const bool garbage = isGarbage(text);
        if (!garbage)
            m_out.append(text);
        appendNotes(number);
        if (garbage || letters(text) < kLittleText)
            appendPicture(number, drawn, garbage);
    }

    void finish()
    {
        const int pages = m_document.pages();
        m_out.fact("pages", std::to_string(pages));
        if (!m_outline.empty())
            m_out.fact("outline", fmt::format("{} entries", m_outline.size()));
        if (m_scanned > 0)
            m_out.fact("pages given as pictures", std::to_string(m_scanned));
        if (m_garbage > 0)
            m_out.warn(fmt::format(
                "The text of {} is stored so that it cannot be read; {} given as "
                "{}.",
                m_garbage == 1 ? std::string("1 page") : fmt::format("{} pages", m_garbage),
                m_garbage == 1 ? "it is" : "they are", m_garbage == 1 ? "a picture" : "pictures"));
        if (m_leftOut > 0)
            m_out.warn(
                fmt::format("{} hold no text that can be read and were not looked at, {} the "
                            "first {} of such pages are given as pictures.",
                    m_leftOut == 1 ? std::string("1 page") : fmt::format("{} pages", m_leftOut),
                    "because only", m_out.options().documentPictures));
    }

private:
    void appendNotes(int number)
    {
        const auto found = m_notes.find(number);
        if (found == m_notes.end())
            return;
        const auto list = [&](const char* title, const std::vector<std::string>& lines) {
            if (lines.empty())
                return;
            m_out.endParagraph();
            m_out.append(fmt::format("{}:\n", title));
            for (const std::string& line : lines)
                m_out.append("- " + trimmedLine(line) + "\n");
        };
        list("Form fields", found->second.fields);
        list("Comments", found->second.comments);
        list("Links", found->second.links);
    }

    void appendPicture(int number, const QImage& drawn, bool garbage)
    {
        if (brightness(drawn, drawn.rect()).isFlat())
            return; // an empty page
        if (!m_out.takesPictures()) {
            ++m_leftOut;
            return;
        }
        m_out.appendPicture(toShared(m_document.render(number, kScanPerPoint, kScanSide)));
        ++m_scanned;
        m_garbage += garbage;
    }

    PdfDocument& m_document;
    std::map<int, PageNotes> m_notes;
    std::vector<OutlineEntry> m_outline; // by page
    DocumentBuilder& m_out;
    std::size_t m_next = 0;
    std::string m_section;
    int m_scanned = 0, m_garbage = 0, m_leftOut = 0;
};

class PdfReader final : public Reader {
public:
    bool sniff(const Source& source) const override
    {
        // Some files have a few bytes before their header; a mail may hold a PDF further down.
        const std::string_view head(
            reinterpret_cast<const char*>(source.head.data()), source.head.size());
        const std::size_t most = hasExtension(source.fileName, {"pdf"}) ? 1024 : 8;
        return head.substr(0, most + 5).find("%PDF-") != std::string_view::npos;
    }

    Result<Reading> read(const Source& source, const ReadOptions& options, std::stop_token stop,
        const ProgressFn& progress) const override
    {
        auto file = RegularFile::open(source.path);
        auto second = RegularFile::open(source.path);
        if (!file || !second)
            return tl::unexpected(file ? second.error() : file.error());
        auto document = PdfDocument::open(std::move(*file));
        if (!document)
            return tl::unexpected(document.error());
        DocumentBuilder builder(options, stop);
        if (const std::string title = document->title(); !title.empty())
            builder.fact("title", title);
        if (const std::string author = document->author(); !author.empty())
            builder.fact("author", author);
        PageWriter writer(*document, readPdfNotes(*second, stop), builder);
        const int pages = document->pages();
        for (int page = 0; page < pages && !builder.done(); ++page) {
            writer.write(page);
            if (progress)
                progress(static_cast<std::uint64_t>(page) + 1, static_cast<std::uint64_t>(pages));
        }
        writer.finish();
        return builder.finish("PDF document");
    }
};

} // namespace

std::unique_ptr<const Reader> makePdfReader()
{
    return std::make_unique<PdfReader>();
}

} // namespace lectern::media
