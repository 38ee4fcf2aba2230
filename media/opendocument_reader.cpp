// SPDX-License-Identifier: Apache-2.0
// The reader for OpenDocument texts, spreadsheets and presentations (OASIS ODF 1.3, part 3).
#include "media/embedded_picture.h"
#include "media/file_bytes.h"
#include "media/html_style.h"
#include "media/office_package.h"
#include "media/package_readers.h"
#include "media/sheet_writer.h"
#include "media/text_writer.h"
#include "media/whole_number.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace lectern::media {

namespace {

constexpr int kMaxOpenDocumentDepth = 200;
constexpr int kMaxRepeated = 1'000; // of a cell or row with content; more is filling

struct OdfStyle {
    std::string parent;
    bool hidden = false;    // text
    bool noDisplay = false; // a sheet, row or column
    bool ordered = false;   // a list
};

class OdfWriter {
public:
    OdfWriter(Package& package, TextWriter& writer)
        : m_package(package), m_writer(writer), m_out(writer.out()), m_pictures(package, m_out)
    {
    }

    Result<void> write(std::string_view kind)
    {
        const auto content = m_package.xml("content.xml");
        if (!content)
            return tl::unexpected(content.error());
        const auto styles = m_package.xml("styles.xml");
        if (styles)
            for (const pugi::xml_node group : (*styles)->document_element().children())
                readStyles(group);
        const pugi::xml_node root = (*content)->document_element();
        readStyles(childNamed(root, "automatic-styles"));
        const pugi::xml_node body = childNamed(childNamed(root, "body"), kind);
        if (kind == "spreadsheet")
            sheets(body);
        else if (kind == "presentation")
            slides(body);
        else
            blocks(body, 0);
        m_writer.endBlock();
        if (m_deletions > 0)
            m_out.warn(
                fmt::format("Text that was deleted with changes tracked was left out ({} {}).",
                    m_deletions, m_deletions == 1 ? "place" : "places"));
        if (m_tooDeep)
            m_out.warn("Parts of the document are nested too deeply and were not read.");
        return {};
    }

private:
    void readStyles(const pugi::xml_node& group)
    {
        for (const pugi::xml_node node : group.children()) {
            OdfStyle style;
            style.parent = attributeNamed(node, "parent-style-name");
            for (const pugi::xml_node child : node.children()) {
                const std::string_view name = localName(child);
                if (name == "text-properties")
                    style.hidden = hides(child);
                else if (name == "table-properties" || name == "table-row-properties"
                    || name == "drawing-page-properties")
                    style.noDisplay = attributeNamed(child, "display") == "false"
                        || attributeNamed(child, "visibility") == "hidden";
                else if (name == "list-level-style-number" && !style.ordered)
                    style.ordered = attributeNamed(child, "level") == "1"
                        && !attributeNamed(child, "num-format").empty();
                else if (name == "section-properties")
                    style.noDisplay = attributeNamed(child, "display") == "none";
            }
            const std::string name(attributeNamed(node, "name"));
            if (!name.empty())
                m_styles[name] = style;
        }
    }

    static bool hides(const pugi::xml_node& properties)
    {
        if (attributeNamed(properties, "display") == "none")
            return true;
        const std::string_view size = attributeNamed(properties, "font-size");
        if (!size.empty() && size.ends_with("pt")) {
            double points = 12;
            std::from_chars(size.data(), size.data() + size.size(), points);
            if (points < 1.6)
                return true;
        }
        const auto colour = parseColour(attributeNamed(properties, "color"));
        const std::string_view background = attributeNamed(properties, "background-color");
        const std::string_view automatic = attributeNamed(properties, "use-window-font-color");
        if (!colour || automatic == "true")
            return false;
        // A white text on a coloured page or cell is seen; only its own background is known here.
        if (const auto behind = parseColour(background); behind && !behind->transparent)
            return sameToTheEye(*colour, *behind);
        return false;
    }

    [[nodiscard]] bool isHiddenStyle(std::string name) const
    {
        for (int i = 0; i < 16 && !name.empty(); ++i) {
            const auto found = m_styles.find(name);
            if (found == m_styles.end())
                return false;
            if (found->second.hidden)
                return true;
            name = found->second.parent;
        }
        return false;
    }

    [[nodiscard]] const OdfStyle& styleOf(const pugi::xml_node& node) const
    {
        static const OdfStyle kNone;
        const auto found = m_styles.find(std::string(attributeNamed(node, "style-name")));
        return found == m_styles.end() ? kNone : found->second;
    }

    void blocks(const pugi::xml_node& parent, int depth)
    {
        if (depth > kMaxOpenDocumentDepth) {
            m_tooDeep = true;
            return;
        }
        for (const pugi::xml_node node : parent.children()) {
            if (m_out.done())
                return;
            const std::string_view name = localName(node);
            if (name == "h") {
                m_writer.heading(wholeNumber(attributeNamed(node, "outline-level"), 1));
                paragraph(node, depth);
            } else if (name == "p") {
                m_writer.paragraph();
                paragraph(node, depth);
            } else if (name == "list") {
                list(node, 0, depth + 1);
            } else if (name == "table") {
                table(node, depth + 1);
            } else if (name == "tracked-changes") {
                for (const pugi::xml_node region : node.children())
                    m_deletions += childNamed(region, "deletion") ? 1 : 0;
            } else if (name == "section" && styleOf(node).noDisplay) {
                m_out.hide(allTextOf(node));
            } else if (name == "frame" || name == "custom-shape" || name == "rect" || name == "g"
                || name == "a" || name == "line" || name == "ellipse") {
                shape(node, depth + 1);
            } else if (name == "annotation") {
                m_writer.paragraph();
                annotation(node);
            } else if (name != "forms" && name != "sequence-decls" && name != "notes") {
                blocks(node, depth + 1);
            }
        }
    }

    void paragraph(const pugi::xml_node& node, int depth)
    {
        inlines(node, isHiddenStyle(std::string(attributeNamed(node, "style-name"))), depth + 1);
        m_writer.endBlock();
        for (const pugi::xml_node& frame : std::exchange(m_frames, {}))
            shape(frame, depth + 1);
    }

    void put(std::string_view text, bool hidden)
    {
        if (hidden)
            m_out.hide(text);
        else
            m_writer.verbatim(text);
    }

    // White space is as in HTML, spaces that count are elements; all but the runs' own line breaks.
    static std::string collapsed(std::string_view text)
    {
        std::string result;
        for (const char c : text) {
            const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
            if (!space)
                result.push_back(c);
            else if (!result.ends_with(' '))
                result.push_back(' ');
        }
        return result;
    }

    void inlines(const pugi::xml_node& parent, bool hidden, int depth)
    {
        if (depth > kMaxOpenDocumentDepth) {
            m_tooDeep = true;
            return;
        }
        for (const pugi::xml_node node : parent.children()) {
            if (node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata) {
                put(collapsed(node.value()), hidden);
                continue;
            }
            const std::string_view name = localName(node);
            if (name == "s") {
                put(std::string(static_cast<std::size_t>(
                                    std::clamp(wholeNumber(attributeNamed(node, "c"), 1), 1, 1000)),
                        ' '),
                    hidden);
            } else if (name == "tab") {
                put("\t", hidden);
            } else if (name == "line-break") {
                if (!hidden)
                    m_writer.lineBreak();
            } else if (name == "span") {
                const std::string style(attributeNamed(node, "style-name"));
                inlines(node, hidden || isHiddenStyle(style), depth + 1);
            } else if (name == "a") {
                inlines(node, hidden, depth + 1);
                const std::string target(attributeNamed(node, "href"));
                const std::string shown = allTextOf(node);
                const bool address = target.starts_with("http") || target.starts_with("mailto:");
                if (address && shown != target && "mailto:" + shown != target)
                    put(" (" + target + ")", hidden);
            } else if (name == "note") {
                std::string text;
                for (const pugi::xml_node part : childNamed(node, "note-body").children())
                    text += (text.empty() ? "" : " ") + allTextOf(part);
                put(fmt::format(" [note: {}]", trimmedLine(text)), hidden);
            } else if (name == "annotation") {
                m_writer.verbatim(" ");
                annotation(node);
            } else if (name == "frame" || name == "custom-shape" || name == "g") {
                m_frames.push_back(node);
            } else if (name == "hidden-text" || name == "hidden-paragraph") {
                m_out.hide(allTextOf(node));
            } else if (name == "ruby") {
                inlines(childNamed(node, "ruby-base"), hidden, depth + 1);
            } else if (name != "annotation-end" && name != "bookmark"
                && name != "tracked-changes") {
                inlines(node, hidden, depth + 1);
            }
        }
    }

    void annotation(const pugi::xml_node& node)
    {
        std::string text;
        for (const pugi::xml_node part : node.children())
            if (localName(part) == "p" || localName(part) == "list")
                text += (text.empty() ? "" : " ") + allTextOf(part);
        const std::string author = allTextOf(childNamed(node, "creator"));
        m_writer.verbatim(fmt::format("[comment{}: {}]",
            author.empty() ? "" : " by " + trimmedLine(author), trimmedLine(text)));
    }

    void list(const pugi::xml_node& node, int level, int depth)
    {
        if (depth > kMaxOpenDocumentDepth) {
            m_tooDeep = true;
            return;
        }
        const OdfStyle& style = styleOf(node);
        const bool ordered = attributeNamed(node, "style-name").empty() ? m_ordered : style.ordered;
        const bool orderedBefore = std::exchange(m_ordered, ordered);
        int count = 0;
        for (const pugi::xml_node item : node.children()) {
            if (localName(item) != "list-item" && localName(item) != "list-header")
                continue;
            if (const auto start = attributeNamed(item, "start-value"); !start.empty())
                count = wholeNumber(start, 1) - 1;
            ++count;
            bool first = true;
            for (const pugi::xml_node child : item.children()) {
                const std::string_view name = localName(child);
                if (name == "list") {
                    list(child, level + 1, depth + 1);
                    continue;
                }
                if (name == "h") {
                    m_writer.heading(
                        wholeNumber(attributeNamed(child, "outline-level"), level + 1));
                } else if (name != "p") {
                    continue;
                } else if (m_writer.inTable()) {
                    m_writer.paragraph();
                } else if (first) {
                    m_writer.item(level, ordered ? std::to_string(count) + "." : "-");
                } else {
                    m_writer.indented(level + 1);
                }
                first = false;
                paragraph(child, depth + 1);
            }
        }
        m_ordered = orderedBefore;
    }

    void table(const pugi::xml_node& node, int depth)
    {
        m_writer.beginTable();
        rows(node, depth);
        m_writer.endTable();
    }

    void rows(const pugi::xml_node& parent, int depth)
    {
        if (depth > kMaxOpenDocumentDepth)
            return;
        for (const pugi::xml_node row : parent.children()) {
            const std::string_view name = localName(row);
            if (name == "table-header-rows" || name == "table-rows" || name == "table-row-group") {
                rows(row, depth + 1);
            } else if (name == "table-row") {
                m_writer.beginRow();
                for (const pugi::xml_node cell : row.children()) {
                    if (localName(cell) != "table-cell")
                        continue; // covered-table-cell: its spanning cell counts it
                    m_writer.beginCell(
                        wholeNumber(attributeNamed(cell, "number-columns-spanned"), 1),
                        wholeNumber(attributeNamed(cell, "number-rows-spanned"), 1));
                    blocks(cell, depth + 1);
                }
            }
        }
    }

    // A frame holds a picture, a text, a table.
    void shape(const pugi::xml_node& node, int depth)
    {
        if (depth > kMaxOpenDocumentDepth) {
            m_tooDeep = true;
            return;
        }
        for (const pugi::xml_node child : node.children()) {
            const std::string_view name = localName(child);
            if (name == "image") {
                std::string target(attributeNamed(child, "href"));
                if (target.starts_with("./"))
                    target = target.substr(2);
                m_pending.push_back(target);
            } else if (name == "text-box") {
                blocks(child, depth + 1);
            } else if (name == "table") {
                table(child, depth + 1);
            } else if (name == "object" || name == "object-ole") {
                ++m_objects;
            } else if (name == "p" || name == "list" || name == "h") {
                blocks(node, depth + 1);
                break;
            } else if (name == "frame" || name == "g" || name == "custom-shape" || name == "a"
                || name == "rect" || name == "ellipse") {
                shape(child, depth + 1);
            }
        }
        if (m_writer.inTable())
            return;
        m_writer.endBlock();
        for (const std::string& picture : std::exchange(m_pending, {}))
            m_pictures.add(picture);
    }

    void slides(const pugi::xml_node& body)
    {
        int slide = 0;
        std::string hidden;
        for (const pugi::xml_node page : body.children()) {
            if (localName(page) != "page" || m_out.done())
                continue;
            ++slide;
            if (styleOf(page).noDisplay) {
                hidden += fmt::format("{}slide {}", hidden.empty() ? "" : ", ", slide);
                continue;
            }
            m_writer.endBlock();
            Provenance place;
            place.slide = slide;
            m_out.moveTo(std::move(place));
            for (const bool titles : {true, false}) {
                for (const pugi::xml_node node : page.children()) {
                    const bool title = attributeNamed(node, "class") == "title";
                    if (localName(node) == "notes" || title != titles)
                        continue;
                    if (title) {
                        m_writer.heading(1);
                        m_writer.text(allTextOf(childNamed(node, "text-box")));
                        m_writer.endBlock();
                    } else if (localName(node) == "annotation") {
                        m_writer.paragraph();
                        annotation(node);
                    } else {
                        shape(node, 0);
                    }
                }
            }
            notes(childNamed(page, "notes"));
        }
        m_out.fact("slides", std::to_string(slide));
        if (!hidden.empty())
            m_out.warn(fmt::format("Hidden slides were left out: {}.", hidden));
    }

    void notes(const pugi::xml_node& node)
    {
        for (const pugi::xml_node frame : node.children()) {
            const pugi::xml_node box = childNamed(frame, "text-box");
            if (attributeNamed(frame, "class") != "notes" || trimmedLine(allTextOf(box)).empty())
                continue;
            m_writer.paragraph();
            m_writer.verbatim("Notes:");
            blocks(box, 0);
            m_writer.endBlock();
        }
    }

    void sheets(const pugi::xml_node& body)
    {
        int count = 0;
        std::string hidden;
        for (const pugi::xml_node table : body.children()) {
            if (localName(table) != "table" || m_out.done())
                continue;
            ++count;
            const std::string name = trimmedLine(attributeNamed(table, "name"));
            if (styleOf(table).noDisplay) {
                hidden += fmt::format("{}\"{}\"", hidden.empty() ? "" : ", ", name);
                continue;
            }
            SheetWriter sheet(m_out, name);
            std::vector<std::string> comments;
            int row = 1;
            m_hiddenColumns.clear();
            sheetRows(table, sheet, row, comments, 0);
            sheet.finish();
            for (const std::string& comment : comments)
                m_out.append(comment + "\n");
            m_out.endParagraph();
            for (const std::string& picture : std::exchange(m_pending, {}))
                m_pictures.add(picture);
        }
        m_out.fact("sheets", std::to_string(count));
        if (!hidden.empty())
            m_out.warn(fmt::format("Hidden sheets were left out: {}.", hidden));
        if (m_objects > 0)
            m_out.warn(fmt::format("{} not read; the numbers are in the cells.",
                m_objects == 1 ? std::string("1 chart was")
                               : fmt::format("{} charts were", m_objects)));
    }

    static bool isCollapsed(const pugi::xml_node& node)
    {
        const std::string_view visibility = attributeNamed(node, "visibility");
        return visibility == "collapse" || visibility == "filter";
    }

    void sheetRows(const pugi::xml_node& parent, SheetWriter& sheet, int& row,
        std::vector<std::string>& comments, int depth)
    {
        if (depth > kMaxOpenDocumentDepth)
            return;
        int column = 0;
        for (const pugi::xml_node node : parent.children()) {
            if (m_out.done())
                return;
            const std::string_view name = localName(node);
            if (name == "table-column") {
                const int repeated =
                    wholeNumber(attributeNamed(node, "number-columns-repeated"), 1);
                if (isCollapsed(node))
                    m_hiddenColumns.emplace_back(column, column + repeated);
                column += std::clamp(repeated, 1, 1'000'000);
            } else if (name == "table-row") {
                const int repeated =
                    std::max(wholeNumber(attributeNamed(node, "number-rows-repeated"), 1), 1);
                bool any = false;
                for (int i = 0; i < std::min(repeated, any || i == 0 ? kMaxRepeated : 1); ++i) {
                    any = sheetRow(node, sheet, row + i, comments);
                    if (!any)
                        break;
                }
                row += std::min(repeated, 10'000'000);
            } else if (name == "table-header-rows" || name == "table-row-group"
                || name == "table-rows" || name == "table-column-group"
                || name == "table-header-columns" || name == "table-columns") {
                sheetRows(node, sheet, row, comments, depth + 1);
            } else if (name == "shapes") {
                for (const pugi::xml_node shape : node.children()) {
                    const std::string target(attributeNamed(childNamed(shape, "image"), "href"));
                    if (!target.empty())
                        m_pending.push_back(target);
                    m_objects += childNamed(shape, "object") ? 1 : 0;
                }
            }
        }
    }

    // False when the row shows nothing.
    bool sheetRow(
        const pugi::xml_node& node, SheetWriter& sheet, int row, std::vector<std::string>& comments)
    {
        bool any = false;
        int column = 0;
        for (const pugi::xml_node cell : node.children()) {
            const std::string_view name = localName(cell);
            if (name != "table-cell" && name != "covered-table-cell")
                continue;
            const int repeated =
                std::max(wholeNumber(attributeNamed(cell, "number-columns-repeated"), 1), 1);
            std::string text;
            for (const pugi::xml_node child : cell.children()) {
                if (localName(child) == "p")
                    text += (text.empty() ? "" : " ") + allTextOf(child);
                else if (localName(child) == "annotation")
                    comments.push_back(commentAt(child, row, column));
                m_objects += childNamed(child, "object") ? 1 : 0;
                if (const std::string target(attributeNamed(childNamed(child, "image"), "href"));
                    !target.empty())
                    m_pending.push_back(target);
            }
            for (int i = 0; !text.empty() && i < std::min(repeated, kMaxRepeated); ++i) {
                any = true;
                const bool hidden = isCollapsed(node)
                    || std::ranges::any_of(m_hiddenColumns, [&](const auto& range) {
                           return column + i >= range.first && column + i < range.second;
                       });
                if (hidden)
                    m_out.hide(text);
                else
                    sheet.cell(row, column + i, text);
            }
            column += std::min(repeated, 1'000'000);
        }
        return any;
    }

    static std::string commentAt(const pugi::xml_node& node, int row, int column)
    {
        std::string text;
        for (const pugi::xml_node part : node.children())
            if (localName(part) == "p")
                text += (text.empty() ? "" : " ") + allTextOf(part);
        const std::string author = trimmedLine(allTextOf(childNamed(node, "creator")));
        std::string letters;
        for (int c = column + 1; c > 0; c = (c - 1) / 26)
            letters.insert(letters.begin(), static_cast<char>('A' + (c - 1) % 26));
        return fmt::format("[comment at {}{}{}: {}]", letters, row,
            author.empty() ? "" : " by " + author, trimmedLine(text));
    }

    Package& m_package;
    TextWriter& m_writer;
    DocumentBuilder& m_out;
    EmbeddedPictures m_pictures;
    std::map<std::string, OdfStyle> m_styles;
    std::vector<pugi::xml_node> m_frames; // of the current paragraph
    std::vector<std::string> m_pending;   // pictures to come behind it
    std::vector<std::pair<int, int>> m_hiddenColumns;
    bool m_ordered = false;
    bool m_tooDeep = false;
    std::size_t m_deletions = 0;
    int m_objects = 0;
};

} // namespace

Result<Reading> readOpenDocument(
    Package package, std::string_view kind, const ReadOptions& options, const std::stop_token& stop)
{
    const auto manifest = package.xml("META-INF/manifest.xml");
    if (manifest)
        for (const pugi::xml_node entry : (*manifest)->document_element().children())
            if (attributeNamed(entry, "full-path") == "content.xml"
                && childNamed(entry, "encryption-data"))
                return fail(ErrorCode::unsupported,
                    "This document is protected by a password. Save it without one, and add that.");
    DocumentBuilder builder(options, stop);
    if (const auto meta = package.xml("meta.xml")) {
        const pugi::xml_node root = childNamed((*meta)->document_element(), "meta");
        const std::string title = trimmedLine(allTextOf(childNamed(root, "title")));
        const std::string author = trimmedLine(allTextOf(childNamed(root, "initial-creator")));
        if (!title.empty())
            builder.fact("title", title);
        if (!author.empty())
            builder.fact("author", author);
    }
    TextWriter writer(builder);
    if (const auto written = OdfWriter(package, writer).write(kind); !written)
        return tl::unexpected(written.error());
    return builder.finish(fmt::format("OpenDocument {}", kind));
}

} // namespace lectern::media
