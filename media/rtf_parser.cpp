// SPDX-License-Identifier: Apache-2.0
// Groups, control words and text. A file is "{\rtf1" words and groups "}"; a word is "\name123 "
// with an optional number; "\'hh" is a byte in the font's encoding, "\uN" a UTF-16 unit followed by
// a replacement for old readers; "{\*\name" opens a group that readers skip unless they know it.
#include "media/rtf_parser.h"

#include "media/html_style.h"
#include "media/text_decoder.h"
#include "media/utf8.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lectern::media {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMaxGroups = 10'000; // open at a time; nobody nests as deep
constexpr std::size_t kMaxStyles = 10'000;

enum class Into { // where the text of a group goes
    page,
    nowhere,
    fonts,
    colours,
    styles,
    info,
    title,
    author,
    fieldCode,
    marker,
};

struct State {
    Into into = Into::page;
    int fallback = 1; // characters that stand for a \u in old readers
    int font = 0;
    int colour = 0;
    int background = 0;
    int halfPoints = 24;
    bool hidden = false;
    bool deleted = false;
    bool inTable = false;
    bool shadedParagraph = false;
    int level = 0;            // of a heading; 0: none
    bool note = false;        // a footnote or comment: closes with "]"
    bool fieldResult = false; // closes what a link shows
    bool inResult = false;    // somewhere inside of that
};

struct Symbol {
    std::string_view word;
    std::string_view text;
};
constexpr std::array kSymbols = std::to_array<Symbol>({{"tab"sv, "\t"sv},
    {"emdash"sv, "\xE2\x80\x94"sv}, {"endash"sv, "\xE2\x80\x93"sv}, {"bullet"sv, "\xE2\x80\xA2"sv},
    {"lquote"sv, "\xE2\x80\x98"sv}, {"rquote"sv, "\xE2\x80\x99"sv},
    {"ldblquote"sv, "\xE2\x80\x9C"sv}, {"rdblquote"sv, "\xE2\x80\x9D"sv}, {"emspace"sv, " "sv},
    {"enspace"sv, " "sv}, {"qmspace"sv, " "sv}});

// Groups that hold machinery; what is in them is no text of the document.
constexpr std::array kSkipped{"pict"sv, "nonshppict"sv, "objdata"sv, "bkmkstart"sv, "bkmkend"sv,
    "shprslt"sv, "sp"sv, "xe"sv, "tc"sv, "themedata"sv, "generator"sv, "listtable"sv,
    "listoverridetable"sv, "rsidtbl"sv, "revtbl"sv, "filetbl"sv, "nonesttables"sv, "objclass"sv,
    "template"sv, "latentstyles"sv, "datastore"sv, "colorschememapping"sv, "ftnsep"sv, "ftnsepc"sv,
    "aftnsep"sv, "aftnsepc"sv, "nesttableprops"sv, "atnid"sv, "atnauthor"sv, "atrfstart"sv,
    "atrfend"sv, "background"sv, "pgptbl"sv, "fldtype"sv, "formfield"sv, "datafield"sv};

// Starred groups that are text all the same.
constexpr std::array kStarredText{
    "shppict"sv, "shpinst"sv, "shptxt"sv, "footnote"sv, "annotation"sv, "ud"sv, "fldinst"sv};

std::string_view encodingOfCharset(int charset)
{
    switch (charset) {
    case 77:
        return "macintosh";
    case 128:
        return "Shift_JIS";
    case 129:
        return "windows-949";
    case 134:
        return "GB18030";
    case 136:
        return "Big5";
    case 161:
        return "windows-1253";
    case 162:
        return "windows-1254";
    case 163:
        return "windows-1258";
    case 177:
        return "windows-1255";
    case 178:
        return "windows-1256";
    case 186:
        return "windows-1257";
    case 204:
        return "windows-1251";
    case 222:
        return "windows-874";
    case 238:
        return "windows-1250";
    default:
        return {};
    }
}

std::string encodingOfCodePage(int page)
{
    switch (page) {
    case 932:
        return "Shift_JIS";
    case 936:
        return "GB18030";
    case 949:
        return "windows-949";
    case 950:
        return "Big5";
    case 10000:
        return "macintosh";
    case 65001:
        return "UTF-8";
    default:
        return page >= 1250 && page <= 1258 ? "windows-" + std::to_string(page)
            : page == 874                   ? std::string("windows-874")
                                            : "ibm-" + std::to_string(page);
    }
}

int hexDigit(char c)
{
    int value = -1;
    std::from_chars(&c, &c + 1, value, 16);
    return value;
}

class Parser {
public:
    Parser(std::string_view rtf, TextWriter& writer) : m_rtf(rtf), m_writer(writer) { }

    RtfFindings run()
    {
        for (std::size_t steps = 0; m_at < m_rtf.size(); ++steps) {
            if (steps % 4096 == 0 && m_writer.out().done())
                break; // finish() says why
            step();
        }
        flushBytes();
        leaveTable();
        m_writer.endBlock();
        m_findings.cutOff = !m_groups.empty();
        return m_findings;
    }

private:
    void step()
    {
        const char c = m_rtf[m_at++];
        switch (c) {
        case '{':
            flushBytes();
            m_starred = false;
            if (m_groups.size() >= kMaxGroups) {
                ++m_tooDeep;
                break;
            }
            m_groups.push_back(m_state);
            m_state.note = false;
            m_state.fieldResult = false;
            break;
        case '}':
            flushBytes();
            closeGroup();
            break;
        case '\\':
            control();
            break;
        case '\r':
        case '\n':
        case '\0':
            break;
        default:
            if (m_skip > 0)
                --m_skip;
            else
                m_bytes.push_back(c);
        }
    }

    void closeGroup()
    {
        m_skip = 0;
        if (m_tooDeep > 0) {
            --m_tooDeep;
            return;
        }
        if (m_state.note && m_state.into == Into::page)
            put("]");
        if (m_state.fieldResult)
            endLink();
        if (m_groups.empty())
            return;
        const Into inner = m_state.into;
        m_state = m_groups.back();
        m_groups.pop_back();
        if (inner == Into::marker && m_state.into != Into::marker)
            startItem();
    }

    void control()
    {
        if (m_at >= m_rtf.size())
            return;
        const char c = m_rtf[m_at];
        if (std::isalpha(static_cast<unsigned char>(c)) == 0) {
            ++m_at;
            symbol(c);
            return;
        }
        const std::size_t begin = m_at;
        while (m_at < m_rtf.size() && std::isalpha(static_cast<unsigned char>(m_rtf[m_at])) != 0)
            ++m_at;
        const std::string_view word = m_rtf.substr(begin, m_at - begin);
        int number = 0;
        const auto parsed =
            std::from_chars(m_rtf.data() + m_at, m_rtf.data() + m_rtf.size(), number);
        const bool hasNumber = parsed.ec == std::errc();
        if (parsed.ec != std::errc::invalid_argument)
            m_at = static_cast<std::size_t>(parsed.ptr - m_rtf.data());
        if (m_at < m_rtf.size() && m_rtf[m_at] == ' ')
            ++m_at;
        if (word == "bin") { // raw bytes
            m_at += std::min<std::size_t>(
                number > 0 ? static_cast<std::size_t>(number) : 0, m_rtf.size() - m_at);
            return;
        }
        if (m_skip > 0 && word != "u") {
            --m_skip;
            return;
        }
        if (word != "u")
            flushBytes();
        run(word, hasNumber, number);
        m_starred = false;
    }

    void symbol(char c)
    {
        if (c == '*') {
            m_starred = true;
            return;
        }
        if (c == '\'') {
            const int high = m_at < m_rtf.size() ? hexDigit(m_rtf[m_at]) : -1;
            const int low = m_at + 1 < m_rtf.size() ? hexDigit(m_rtf[m_at + 1]) : -1;
            m_at = std::min(m_at + 2, m_rtf.size());
            if (m_skip > 0)
                --m_skip;
            else if (high >= 0 && low >= 0)
                m_bytes.push_back(static_cast<char>(high * 16 + low));
            return;
        }
        if (m_skip > 0) {
            --m_skip;
            return;
        }
        switch (c) {
        case '~':
            flushBytes();
            put("\xC2\xA0");
            break;
        case '_':
            m_bytes.push_back('-');
            break;
        case '\\':
        case '{':
        case '}':
            m_bytes.push_back(c);
            break;
        case '\n':
        case '\r':
            flushBytes();
            endParagraph();
            break;
        default: // "\-": where a word may break; index marks
            break;
        }
    }

    void run(std::string_view word, bool hasNumber, int number)
    {
        if (word == "u") {
            unicode(number);
            return;
        }
        if (const auto row = std::ranges::find(kSymbols, word, &Symbol::word);
            row != kSymbols.end()) {
            put(row->text);
            return;
        }
        if (destination(word) || character(word, hasNumber, number))
            return;
        paragraph(word, hasNumber, number);
    }

    // Words that say where the text of their group goes.
    bool destination(std::string_view word)
    {
        if (word == "fonttbl")
            m_state.into = Into::fonts;
        else if (word == "colortbl")
            m_state.into = Into::colours;
        else if (word == "stylesheet")
            m_state.into = Into::styles;
        else if (word == "info")
            m_state.into = Into::info;
        else if (word == "title" && m_state.into == Into::info)
            m_state.into = Into::title;
        else if (word == "author" && m_state.into == Into::info)
            m_state.into = Into::author;
        else if (m_state.into == Into::info || m_state.into == Into::nowhere)
            return isKept(word);
        else if (word == "fldinst") {
            m_state.into = Into::fieldCode;
            m_fieldCode.clear();
        } else if (word == "fldrslt") {
            m_state.fieldResult = m_state.inResult = true;
            m_fieldText.clear();
        } else if (word == "listtext" || word == "pntext") {
            m_state.into = Into::marker;
            m_marker.clear();
        } else if (word == "footnote" || word == "annotation") {
            m_state.note = true;
            put(word == "footnote" ? " [note: " : " [comment: ");
        } else if (word == "upr" // until \ud
            || std::ranges::find(kSkipped, word) != kSkipped.end()
            || (m_starred && std::ranges::find(kStarredText, word) == kStarredText.end())) {
            m_findings.pictures += word == "pict" && m_state.into == Into::page;
            m_state.into = Into::nowhere;
        } else {
            return false;
        }
        return true;
    }

    // Inside of what is skipped one word leads back: \ud, the Unicode twin of \upr.
    bool isKept(std::string_view word)
    {
        if (word == "ud" && !m_groups.empty() && m_groups.size() >= 2)
            m_state.into = m_groups[m_groups.size() - 2].into;
        return true;
    }

    // Words about characters.
    bool character(std::string_view word, bool hasNumber, int number)
    {
        const bool on = !hasNumber || number != 0;
        if (word == "f") {
            m_state.font = number;
        } else if (word == "fcharset" && m_state.into == Into::fonts) {
            if (const auto encoding = encodingOfCharset(number);
                !encoding.empty() && m_fonts.size() < kMaxStyles)
                m_fonts[m_state.font] = encoding;
        } else if (word == "uc") {
            m_state.fallback = std::clamp(number, 0, 100);
        } else if (word == "ansicpg") {
            m_encoding = encodingOfCodePage(number);
        } else if (word == "mac") {
            m_encoding = "macintosh";
        } else if (word == "v") {
            m_state.hidden = on;
        } else if (word == "deleted") {
            m_findings.deletions += on && !m_state.deleted;
            m_state.deleted = on;
        } else if (word == "cf") {
            m_state.colour = number;
        } else if (word == "cb" || word == "chcbpat" || word == "highlight") {
            m_state.background = number;
        } else if (word == "fs") {
            m_state.halfPoints = number;
        } else if (word == "plain") {
            m_state.hidden = m_state.deleted = false;
            m_state.colour = m_state.background = 0;
            m_state.halfPoints = 24;
        } else if (word == "red" || word == "green" || word == "blue") {
            auto& part = word == "red" ? m_colour.red
                : word == "green"      ? m_colour.green
                                       : m_colour.blue;
            part = static_cast<std::uint8_t>(std::clamp(number, 0, 255));
            m_colourGiven = true;
        } else {
            return false;
        }
        return true;
    }

    void paragraph(std::string_view word, bool hasNumber, int number)
    {
        if (word == "par" || word == "sect" || word == "page") {
            endParagraph();
        } else if (word == "line" || word == "softline") {
            if (shown())
                m_writer.lineBreak();
        } else if (word == "pard") {
            m_state.inTable = m_state.shadedParagraph = false;
            m_state.level = 0;
        } else if (word == "intbl") {
            m_state.inTable = true;
        } else if (word == "cbpat" || word == "shading") {
            m_state.shadedParagraph = true;
        } else if (word == "s" && m_state.into == Into::styles) {
            m_style = number;
        } else if (word == "s") {
            const auto found = m_levels.find(number);
            m_state.level = found == m_levels.end() ? 0 : found->second;
        } else if (word == "outlinelevel" && hasNumber) {
            const int level = number >= 0 && number < 6 ? number + 1 : 0;
            if (m_state.into != Into::styles)
                m_state.level = level;
            else if (level > 0 && m_levels.size() < kMaxStyles)
                m_levels[m_style] = level;
        } else if (word == "trowd") {
            m_rowDefined = true;
            m_shadedCells = false;
        } else if (word == "clcbpat") {
            m_shadedCells = true;
        } else if (word == "cell" && m_state.into == Into::page) {
            m_state.inTable = true;
            enterCell();
            m_writer.endBlock();
            m_cellOpen = m_started = false;
        } else if (word == "row" && m_state.into == Into::page) {
            m_writer.endBlock();
            m_rowOpen = m_cellOpen = m_started = m_rowDefined = false;
        } else if (word == "nestcell") {
            put(" ");
        } else if (word == "nestrow") {
            put("; ");
        }
    }

    void unicode(int number)
    {
        flushBytes();
        const auto unit = static_cast<char32_t>(number < 0 ? number + 65536 : number);
        m_skip = m_state.fallback;
        if (unit >= 0xD800 && unit < 0xDC00) {
            m_high = unit;
            return;
        }
        char32_t c = unit;
        if (unit >= 0xDC00 && unit < 0xE000 && m_high != 0)
            c = 0x10000 + ((m_high - 0xD800) << 10) + (unit - 0xDC00);
        m_high = 0;
        if (c >= 0xF020 && c <= 0xF0FF) // a picture font's own place
            c = c == 0xF0B7 ? U'\u2022' : c - 0xF000;
        std::string text;
        appendUtf8(text, c);
        put(text);
    }

    void flushBytes()
    {
        if (m_bytes.empty())
            return;
        const auto font = m_fonts.find(m_state.font);
        const std::string bytes = std::exchange(m_bytes, {});
        put(decodeAs(bytes, font == m_fonts.end() ? m_encoding : font->second));
    }

    [[nodiscard]] bool shown() const
    {
        return m_state.into == Into::page && !m_state.deleted && !unseen();
    }

    [[nodiscard]] bool unseen() const
    {
        if (m_state.hidden || m_state.halfPoints <= 2)
            return true;
        const auto colourAt = [&](int index) {
            const auto known = index > 0 && static_cast<std::size_t>(index) < m_colours.size();
            return known ? std::optional(m_colours[static_cast<std::size_t>(index)]) : std::nullopt;
        };
        const auto colour = colourAt(m_state.colour);
        if (!colour)
            return false;
        if (m_state.background > 0) {
            const auto background = colourAt(m_state.background);
            return background && sameToTheEye(*colour, *background);
        }
        const bool shaded = m_state.shadedParagraph || (m_state.inTable && m_shadedCells);
        return !shaded && sameToTheEye(*colour, {255, 255, 255});
    }

    void put(std::string_view text)
    {
        switch (m_state.into) {
        case Into::page:
            putOnPage(text);
            break;
        case Into::colours:
            for (const char c : text) {
                if (c != ';')
                    continue;
                if (m_colours.size() < kMaxStyles) // the first one without numbers is "automatic"
                    m_colours.push_back(m_colourGiven ? m_colour : Colour{});
                m_colour = {};
                m_colourGiven = false;
            }
            break;
        case Into::styles:
            styleName(text);
            break;
        case Into::title:
            m_findings.title += text;
            break;
        case Into::author:
            m_findings.author += text;
            break;
        case Into::fieldCode:
            m_fieldCode += text;
            break;
        case Into::marker:
            m_marker += text;
            break;
        case Into::fonts:
        case Into::info:
        case Into::nowhere:
            break;
        }
    }

    void putOnPage(std::string_view text)
    {
        if (m_state.deleted)
            return;
        if (unseen()) {
            m_writer.out().hide(text);
            return;
        }
        if (m_state.inResult)
            m_fieldText += text;
        startBlock();
        m_writer.verbatim(text);
    }

    // The name of a style: "heading 2;".
    void styleName(std::string_view text)
    {
        std::string name;
        for (const char c : text)
            if (c != ' ')
                name.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
        if (name.starts_with("heading") && name.size() > 7 && name[7] >= '1' && name[7] <= '6'
            && m_levels.size() < kMaxStyles)
            m_levels[m_style] = name[7] - '0';
    }

    void startBlock()
    {
        if (std::exchange(m_started, true))
            return;
        if (m_state.inTable || m_rowDefined) {
            enterCell();
            return;
        }
        leaveTable();
        if (m_state.level > 0)
            m_writer.heading(m_state.level);
        else
            m_writer.paragraph();
    }

    void endParagraph()
    {
        if (m_state.into != Into::page)
            return;
        m_writer.endBlock();
        m_started = false;
    }

    void startItem()
    {
        std::string marker;
        for (const char c : m_marker)
            if (c != '\t' && c != ' ')
                marker.push_back(c);
        const bool counted =
            !marker.empty() && std::isalnum(static_cast<unsigned char>(marker.front())) != 0;
        if (m_state.level > 0 && !marker.empty()) { // a numbered heading
            startBlock();
            m_writer.verbatim(marker + " ");
            return;
        }
        if (m_state.inTable || m_state.into != Into::page)
            return;
        leaveTable();
        m_writer.item(0, counted ? marker : "-");
        m_started = true;
    }

    void enterCell()
    {
        if (!std::exchange(m_table, true))
            m_writer.beginTable();
        if (!std::exchange(m_rowOpen, true)) {
            m_writer.beginRow();
            m_cellOpen = false;
        }
        if (!std::exchange(m_cellOpen, true))
            m_writer.beginCell();
    }

    void leaveTable()
    {
        if (!std::exchange(m_table, false))
            return;
        m_writer.endTable();
        m_rowOpen = m_cellOpen = false;
    }

    // {\field{\*\fldinst HYPERLINK "http://..."}{\fldrslt text}}
    void endLink()
    {
        const std::size_t word = m_fieldCode.find("HYPERLINK");
        if (word == std::string::npos || !shown())
            return;
        const std::size_t open = m_fieldCode.find('"', word);
        const std::size_t close =
            open == std::string::npos ? open : m_fieldCode.find('"', open + 1);
        if (close == std::string::npos)
            return;
        const std::string target = m_fieldCode.substr(open + 1, close - open - 1);
        const bool address = target.starts_with("http") || target.starts_with("mailto:");
        if (address && m_fieldText != target && "mailto:" + m_fieldText != target)
            m_writer.verbatim(" (" + target + ")");
        m_fieldCode.clear();
    }

    std::string_view m_rtf;
    TextWriter& m_writer;
    RtfFindings m_findings;
    std::size_t m_at = 0;
    State m_state;
    std::vector<State> m_groups;
    std::size_t m_tooDeep = 0; // groups open beyond kMaxGroups, read as part of the last one
    bool m_starred = false;
    int m_skip = 0;
    char32_t m_high = 0;
    std::string m_bytes; // in the encoding of the current font
    std::string m_encoding = "windows-1252";
    std::unordered_map<int, std::string> m_fonts;
    std::vector<Colour> m_colours;
    Colour m_colour;
    bool m_colourGiven = false;
    std::unordered_map<int, int> m_levels; // heading level by style
    int m_style = 0;
    std::string m_fieldCode, m_fieldText, m_marker;
    bool m_started = false; // the current paragraph has text
    bool m_table = false, m_rowOpen = false, m_cellOpen = false;
    bool m_rowDefined = false, m_shadedCells = false;
};

} // namespace

RtfFindings writeRtf(std::string_view rtf, TextWriter& writer)
{
    return Parser(rtf, writer).run();
}

} // namespace lectern::media
