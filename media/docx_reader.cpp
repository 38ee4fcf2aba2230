// SPDX-License-Identifier: Apache-2.0
// The reader for Word documents (WordprocessingML, ECMA-376 part 1, 17).
#include "media/docx_styles.h"
#include "media/file_bytes.h"
#include "media/html_style.h"
#include "media/office_package.h"
#include "media/package_readers.h"
#include "media/text_writer.h"
#include "media/whole_number.h"

#include <algorithm>
#include <fmt/format.h>

namespace lectern::media {

namespace {

constexpr int kMaxDocxDepth = 200; // of elements; Word itself stays far below

class DocxWriter {
public:
    DocxWriter(Package& package, TextWriter& writer)
        : m_package(package), m_writer(writer), m_out(writer.out()), m_pictures(package, m_out)
    {
    }

    Result<void> write(const std::string& main)
    {
        auto relations = relationsOf(m_package, main);
        if (!relations)
            return tl::unexpected(relations.error());
        m_relations = std::move(*relations);
        const auto document = m_package.xml(main);
        if (!document)
            return tl::unexpected(document.error());
        const auto styles = related("styles");
        const auto numbering = related("numbering");
        m_styles.load(styles->document_element(), numbering->document_element());
        m_footnotes = related("footnotes");
        m_endnotes = related("endnotes");
        m_comments = related("comments");
        runningText("header");
        blocks(childNamed((*document)->document_element(), "body"), 0);
        m_writer.endBlock();
        runningText("footer");
        if (m_deletions > 0)
            m_out.warn(
                fmt::format("Text that was deleted with changes tracked was left out ({} {}).",
                    m_deletions, m_deletions == 1 ? "place" : "places"));
        if (m_tooDeep)
            m_out.warn("Parts of the document are nested too deeply and were not read.");
        return {};
    }

private:
    using Document = std::unique_ptr<pugi::xml_document>;

    Document related(std::string_view kind)
    {
        for (const auto& [id, relation] : m_relations)
            if (relation.kind == kind && !relation.external)
                if (auto xml = m_package.xml(relation.target))
                    return std::move(*xml);
        return std::make_unique<pugi::xml_document>();
    }

    // Headers or footers, each text once.
    void runningText(std::string_view kind)
    {
        std::vector<std::string> seen;
        for (const auto& [id, relation] : m_relations) {
            if (relation.kind != kind || relation.external)
                continue;
            const auto xml = m_package.xml(relation.target);
            if (!xml)
                continue;
            const std::string text = trimmedLine(allTextOf((*xml)->document_element()));
            if (text.find_first_not_of("0123456789 ") == std::string::npos
                || std::ranges::find(seen, text) != seen.end())
                continue; // a page number alone
            seen.push_back(text);
            blocks((*xml)->document_element(), 0);
            m_writer.endBlock();
        }
    }

    void blocks(const pugi::xml_node& parent, int depth)
    {
        if (depth > kMaxDocxDepth) {
            m_tooDeep = true;
            return;
        }
        for (const pugi::xml_node node : parent.children()) {
            if (m_out.done())
                return;
            const std::string_view name = localName(node);
            if (name == "p")
                paragraph(node, depth);
            else if (name == "tbl")
                table(node, depth);
            else if (name == "del" || name == "moveFrom")
                ++m_deletions;
            else if (name == "AlternateContent")
                blocks(alternative(node), depth + 1);
            else if (name != "sectPr" && name != "sdtPr" && name != "tblPr" && name != "tcPr")
                blocks(node, depth + 1);
        }
    }

    // Of two forms of the same content the newer one.
    static pugi::xml_node alternative(const pugi::xml_node& node)
    {
        const pugi::xml_node choice = childNamed(node, "Choice");
        return choice ? choice : childNamed(node, "Fallback");
    }

    void paragraph(const pugi::xml_node& node, int depth)
    {
        const pugi::xml_node properties = childNamed(node, "pPr");
        const DocxStyle style =
            m_styles.style(std::string(attributeNamed(childNamed(properties, "pStyle"), "val")));
        int heading = style.heading;
        if (const pugi::xml_node outline = childNamed(properties, "outlineLvl"))
            heading = wholeNumber(attributeNamed(outline, "val"), 9) < 9
                ? wholeNumber(attributeNamed(outline, "val")) + 1
                : 0;
        const pugi::xml_node list = childNamed(properties, "numPr");
        const int numbering =
            list ? wholeNumber(attributeNamed(childNamed(list, "numId"), "val")) : style.numbering;
        const int level =
            list ? wholeNumber(attributeNamed(childNamed(list, "ilvl"), "val")) : style.listLevel;
        const bool empty = trimmedLine(allTextOf(node)).empty();
        if (heading > 0) {
            m_writer.heading(heading);
            if (numbering > 0 && !empty)
                if (const std::string marker = m_styles.marker(numbering, level); marker != "-")
                    m_writer.verbatim(marker + " ");
        } else if (numbering > 0 && !empty) {
            m_writer.item(level, m_styles.marker(numbering, level));
        } else {
            m_writer.paragraph();
        }
        m_paragraphHidden = style.hidden;
        const bool shadedBefore = m_shaded;
        m_shaded = m_shaded || isShaded(childNamed(properties, "shd"));
        inlines(node, depth + 1);
        m_shaded = shadedBefore;
        m_writer.endBlock();
        for (const std::string& name : std::exchange(m_pending, {}))
            m_pictures.add(name);
        for (const pugi::xml_node& box : std::exchange(m_boxes, {}))
            blocks(box, depth + 1);
    }

    static bool isShaded(const pugi::xml_node& shading)
    {
        const std::string_view fill = attributeNamed(shading, "fill");
        return shading && fill != "auto" && fill != "FFFFFF" && !fill.empty();
    }

    void inlines(const pugi::xml_node& parent, int depth)
    {
        if (depth > kMaxDocxDepth) {
            m_tooDeep = true;
            return;
        }
        for (const pugi::xml_node node : parent.children()) {
            const std::string_view name = localName(node);
            if (name == "r") {
                run(node, depth);
            } else if (name == "hyperlink") {
                hyperlink(node, depth);
            } else if (name == "del" || name == "moveFrom") {
                ++m_deletions;
            } else if (name == "oMath" || name == "oMathPara") {
                m_writer.verbatim(allTextOf(node));
            } else if (name == "AlternateContent") {
                inlines(alternative(node), depth + 1);
            } else if (name != "pPr" && name != "sdtPr" && name != "commentRangeStart"
                && name != "commentRangeEnd") {
                inlines(node, depth + 1);
            }
        }
    }

    void hyperlink(const pugi::xml_node& node, int depth)
    {
        inlines(node, depth + 1);
        const auto relation = m_relations.find(std::string(attributeNamed(node, "id")));
        if (relation == m_relations.end() || !relation->second.external)
            return;
        const std::string& target = relation->second.target;
        const std::string shown = allTextOf(node);
        if (shown != target && "mailto:" + shown != target)
            m_writer.verbatim(" (" + target + ")");
    }

    [[nodiscard]] bool isHidden(const pugi::xml_node& properties) const
    {
        const pugi::xml_node vanish = childNamed(properties, "vanish");
        if (vanish ? isOn(vanish) : m_paragraphHidden)
            return true;
        if (m_styles.style(std::string(attributeNamed(childNamed(properties, "rStyle"), "val")))
                .hidden)
            return true;
        const pugi::xml_node size = childNamed(properties, "sz");
        if (size && wholeNumber(attributeNamed(size, "val"), 24) <= 3) // half points
            return true;
        const auto colour =
            parseColour('#' + std::string(attributeNamed(childNamed(properties, "color"), "val")));
        return colour && sameToTheEye(*colour, {255, 255, 255}) && !m_shaded
            && !isShaded(childNamed(properties, "shd")) && !childNamed(properties, "highlight")
            && !childNamed(properties, "glow") && !childNamed(properties, "textOutline");
    }

    void run(const pugi::xml_node& node, int depth)
    {
        const bool hidden = isHidden(childNamed(node, "rPr"));
        const auto put = [&](std::string_view text) {
            if (hidden)
                m_out.hide(text);
            else
                m_writer.verbatim(text);
        };
        for (const pugi::xml_node child : node.children()) {
            const std::string_view name = localName(child);
            if (name == "t") {
                put(child.text().get());
            } else if (name == "tab" || name == "ptab") {
                put("\t");
            } else if (name == "br" || name == "cr") {
                if (!hidden && attributeNamed(child, "type") != "page")
                    m_writer.lineBreak();
            } else if (name == "noBreakHyphen") {
                put("-");
            } else if (name == "sym") {
                put(attributeNamed(child, "char") == "F0B7" ? "\xE2\x80\xA2" : "\xE2\x96\xA1");
            } else if (name == "footnoteReference") {
                note(m_footnotes, "footnote", child);
            } else if (name == "endnoteReference") {
                note(m_endnotes, "endnote", child);
            } else if (name == "commentReference") {
                note(m_comments, "comment", child);
            } else if (name == "AlternateContent") {
                drawing(alternative(child), depth + 1);
            } else if (name == "drawing" || name == "pict" || name == "object") {
                drawing(child, depth + 1);
            }
        }
    }

    // "[note: ...]" where the sign of the note stands.
    void note(const Document& notes, std::string_view kind, const pugi::xml_node& reference)
    {
        const std::string_view id = attributeNamed(reference, "id");
        for (const pugi::xml_node node : notes->document_element().children()) {
            if (localName(node) != kind || attributeNamed(node, "id") != id)
                continue;
            std::string text;
            for (const pugi::xml_node paragraph : node.children())
                text += (text.empty() ? "" : " ") + allTextOf(paragraph);
            const std::string_view author = attributeNamed(node, "author");
            if (kind != "comment")
                m_writer.verbatim(fmt::format(" [note: {}]", trimmedLine(text)));
            else
                m_writer.verbatim(fmt::format(
                    " [comment{}{}: {}]", author.empty() ? "" : " by ", author, trimmedLine(text)));
            return;
        }
    }

    // Pictures and text boxes come behind the paragraph that holds them.
    void drawing(const pugi::xml_node& node, int depth)
    {
        if (depth > kMaxDocxDepth) {
            m_tooDeep = true;
            return;
        }
        for (const pugi::xml_node child : node.children()) {
            const std::string_view name = localName(child);
            if (name == "txbxContent") {
                m_boxes.push_back(child);
            } else if (name == "blip" || name == "imagedata") {
                std::string id(attributeNamed(child, "embed"));
                if (id.empty())
                    id = attributeNamed(child, "id");
                if (const auto found = m_relations.find(id);
                    found != m_relations.end() && !found->second.external)
                    m_pending.push_back(found->second.target);
            } else if (name == "AlternateContent") {
                drawing(alternative(child), depth + 1);
            } else {
                drawing(child, depth + 1);
            }
        }
    }

    void table(const pugi::xml_node& node, int depth)
    {
        if (depth > kMaxDocxDepth) {
            m_tooDeep = true;
            return;
        }
        // A table's style may colour its rows; what stands on which colour is not known then.
        const bool shadedBefore = m_shaded;
        m_shaded = m_shaded || childNamed(childNamed(node, "tblPr"), "tblStyle");
        m_writer.beginTable();
        rows(node, depth + 1);
        m_writer.endTable();
        m_shaded = shadedBefore;
    }

    void rows(const pugi::xml_node& parent, int depth)
    {
        for (const pugi::xml_node row : parent.children()) {
            const std::string_view name = localName(row);
            if (depth < kMaxDocxDepth && (name == "sdt" || name == "sdtContent" || name == "ins")) {
                rows(row, depth + 1);
                continue;
            }
            if (name != "tr")
                continue;
            const pugi::xml_node properties = childNamed(row, "trPr");
            if (isOn(childNamed(properties, "hidden"))) {
                m_out.hide(allTextOf(row));
                continue;
            }
            if (childNamed(properties, "del")) {
                ++m_deletions;
                continue;
            }
            m_writer.beginRow();
            cells(row, depth + 1);
        }
    }

    void cells(const pugi::xml_node& parent, int depth)
    {
        for (const pugi::xml_node cell : parent.children()) {
            const std::string_view name = localName(cell);
            if (depth < kMaxDocxDepth && (name == "sdt" || name == "sdtContent")) {
                cells(cell, depth + 1);
                continue;
            }
            if (name != "tc")
                continue;
            const pugi::xml_node properties = childNamed(cell, "tcPr");
            m_writer.beginCell(
                wholeNumber(attributeNamed(childNamed(properties, "gridSpan"), "val"), 1));
            const bool shadedBefore = m_shaded;
            m_shaded = m_shaded || isShaded(childNamed(properties, "shd"));
            blocks(cell, depth + 1);
            m_shaded = shadedBefore;
        }
    }

    Package& m_package;
    TextWriter& m_writer;
    DocumentBuilder& m_out;
    EmbeddedPictures m_pictures;
    Relations m_relations;
    DocxStyles m_styles;
    Document m_footnotes, m_endnotes, m_comments;
    std::vector<std::string> m_pending; // pictures of the current paragraph
    std::vector<pugi::xml_node> m_boxes;
    bool m_paragraphHidden = false;
    bool m_shaded = false;
    bool m_tooDeep = false;
    std::size_t m_deletions = 0;
};

} // namespace

Result<Reading> readDocx(Package package, const ReadOptions& options, const std::stop_token& stop)
{
    DocumentBuilder builder(options, stop);
    addProperties(package, builder);
    TextWriter writer(builder);
    std::string main = mainPart(package);
    if (main.empty())
        main = "word/document.xml";
    if (const auto written = DocxWriter(package, writer).write(main); !written)
        return tl::unexpected(written.error());
    return builder.finish("Word document");
}

} // namespace lectern::media
