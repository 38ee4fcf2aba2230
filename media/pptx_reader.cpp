// SPDX-License-Identifier: Apache-2.0
// The reader for PowerPoint presentations (PresentationML and DrawingML, ECMA-376 part 1, 19 to
// 21).
#include "media/file_bytes.h"
#include "media/office_package.h"
#include "media/package_readers.h"
#include "media/text_writer.h"

#include <charconv>
#include <fmt/format.h>

namespace lectern::media {

namespace {

constexpr int kMaxPptxDepth = 200;

long long number(std::string_view text, long long fallback)
{
    long long value = 0;
    return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc()
        ? value
        : fallback;
}

class SlideWriter {
public:
    SlideWriter(Package& package, TextWriter& writer)
        : m_package(package), m_writer(writer), m_out(writer.out()), m_pictures(package, m_out)
    {
    }

    Result<void> write(const std::string& main)
    {
        const auto presentation = m_package.xml(main);
        const auto relations = relationsOf(m_package, main);
        if (!presentation || !relations)
            return tl::unexpected(presentation ? relations.error() : presentation.error());
        const pugi::xml_node root = (*presentation)->document_element();
        m_width = number(attributeNamed(childNamed(root, "sldSz"), "cx"), 9'144'000);
        m_height = number(attributeNamed(childNamed(root, "sldSz"), "cy"), 6'858'000);
        for (const auto& [id, relation] : *relations)
            if (relation.kind == "commentAuthors")
                readAuthors(relation.target);
        int slide = 0;
        for (const pugi::xml_node entry : childNamed(root, "sldIdLst").children()) {
            if (m_out.done())
                return {};
            const auto found = relations->find(relationId(entry));
            if (localName(entry) != "sldId" || found == relations->end())
                continue;
            if (const auto written = writeSlide(found->second.target, ++slide); !written)
                return written;
        }
        m_out.fact("slides", std::to_string(slide));
        if (!m_hiddenSlides.empty())
            m_out.warn(fmt::format("{} hidden and {} left out ({}).",
                m_hiddenCount == 1 ? std::string("1 slide is")
                                   : fmt::format("{} slides are", m_hiddenCount),
                m_hiddenCount == 1 ? "was" : "were", m_hiddenSlides));
        if (m_charts > 0)
            m_out.warn(fmt::format("{} not read; only {} shown in the file.",
                m_charts == 1 ? std::string("1 chart or diagram was")
                              : fmt::format("{} charts or diagrams were", m_charts),
                m_charts == 1 ? "it is" : "they are"));
        return {};
    }

private:
    // "r:id", not the "id" that slides have besides.
    static std::string relationId(const pugi::xml_node& node)
    {
        for (const pugi::xml_attribute attribute : node.attributes())
            if (std::string_view(attribute.name()).ends_with(":id"))
                return attribute.value();
        return {};
    }

    void readAuthors(const std::string& name)
    {
        const auto xml = m_package.xml(name);
        if (!xml)
            return;
        for (const pugi::xml_node author : (*xml)->document_element().children())
            m_authors[std::string(attributeNamed(author, "id"))] = attributeNamed(author, "name");
    }

    Result<void> writeSlide(const std::string& name, int slide)
    {
        const auto xml = m_package.xml(name);
        auto relations = relationsOf(m_package, name);
        if (!xml || !relations)
            return tl::unexpected(xml ? relations.error() : xml.error());
        m_relations = std::move(*relations);
        const pugi::xml_node root = (*xml)->document_element();
        const std::string_view show = attributeNamed(root, "show");
        if (show == "0" || show == "false") {
            m_hiddenSlides += fmt::format("{}slide {}", m_hiddenSlides.empty() ? "" : ", ", slide);
            ++m_hiddenCount;
            return {};
        }
        m_writer.endBlock();
        Provenance place;
        place.slide = slide;
        m_out.moveTo(std::move(place));
        const pugi::xml_node tree = childNamed(childNamed(root, "cSld"), "spTree");
        shapes(tree, true, 0);
        shapes(tree, false, 0);
        m_writer.endBlock();
        for (const std::string& picture : std::exchange(m_pending, {}))
            m_pictures.add(picture);
        for (const auto& [id, relation] : m_relations) {
            if (relation.kind == "notesSlide")
                notes(relation.target);
            else if (relation.kind == "comments")
                comments(relation.target);
        }
        return {};
    }

    static bool isTitle(const pugi::xml_node& shape)
    {
        const std::string_view type = attributeNamed(placeholder(shape), "type");
        return type == "title" || type == "ctrTitle";
    }

    static pugi::xml_node placeholder(const pugi::xml_node& shape)
    {
        return childNamed(childNamed(childNamed(shape, "nvSpPr"), "nvPr"), "ph");
    }

    [[nodiscard]] bool isUnseen(const pugi::xml_node& shape) const
    {
        for (const pugi::xml_node child : shape.children()) {
            const std::string_view hidden = attributeNamed(childNamed(child, "cNvPr"), "hidden");
            if (hidden == "1" || hidden == "true")
                return true;
        }
        const pugi::xml_node frame = childNamed(childNamed(shape, "spPr"), "xfrm");
        if (!frame)
            return false;
        const auto x = number(attributeNamed(childNamed(frame, "off"), "x"), 0);
        const auto y = number(attributeNamed(childNamed(frame, "off"), "y"), 0);
        const auto width = number(attributeNamed(childNamed(frame, "ext"), "cx"), 1);
        const auto height = number(attributeNamed(childNamed(frame, "ext"), "cy"), 1);
        return x >= m_width || y >= m_height || x + width <= 0 || y + height <= 0;
    }

    void shapes(const pugi::xml_node& parent, bool titles, int depth)
    {
        if (depth > kMaxPptxDepth)
            return;
        for (const pugi::xml_node shape : parent.children()) {
            const std::string_view name = localName(shape);
            if (name == "grpSp") {
                shapes(shape, titles, depth + 1);
            } else if (name == "AlternateContent") {
                const pugi::xml_node choice = childNamed(shape, "Choice");
                shapes(choice ? choice : childNamed(shape, "Fallback"), titles, depth + 1);
            } else if (name == "sp" || name == "cxnSp") {
                if (isTitle(shape) != titles)
                    continue;
                const std::string_view type = attributeNamed(placeholder(shape), "type");
                if (type == "sldNum" || type == "dt")
                    continue;
                const pugi::xml_node body = childNamed(shape, "txBody");
                if (isUnseen(shape))
                    m_out.hide(allTextOf(body));
                else
                    text(body, titles,
                        placeholder(shape) && (type.empty() || type == "body" || type == "obj"));
            } else if (!titles && name == "graphicFrame") {
                frame(shape);
            } else if (!titles && name == "pic") {
                picture(shape);
            }
        }
    }

    void frame(const pugi::xml_node& shape)
    {
        const pugi::xml_node data = childNamed(childNamed(shape, "graphic"), "graphicData");
        const pugi::xml_node table = childNamed(data, "tbl");
        if (!table) {
            m_charts += data ? 1 : 0;
            return;
        }
        m_writer.beginTable();
        for (const pugi::xml_node row : table.children()) {
            if (localName(row) != "tr")
                continue;
            m_writer.beginRow();
            for (const pugi::xml_node cell : row.children()) {
                if (localName(cell) != "tc")
                    continue;
                if (attributeNamed(cell, "hMerge") == "1")
                    continue; // covered by the cell before, whose span counts it
                m_writer.beginCell(static_cast<int>(number(attributeNamed(cell, "gridSpan"), 1)));
                text(childNamed(cell, "txBody"), false, false);
            }
        }
        m_writer.endTable();
    }

    void picture(const pugi::xml_node& shape)
    {
        const pugi::xml_node blip = childNamed(childNamed(shape, "blipFill"), "blip");
        if (const auto found = m_relations.find(std::string(attributeNamed(blip, "embed")));
            found != m_relations.end() && !found->second.external)
            m_pending.push_back(found->second.target);
    }

    static bool isHiddenRun(const pugi::xml_node& properties)
    {
        if (number(attributeNamed(properties, "sz"), 1800) <= 150) // hundredths of a point
            return true;
        for (const pugi::xml_node colour : childNamed(properties, "solidFill").children()) {
            const pugi::xml_node alpha = childNamed(colour, "alpha");
            if (alpha && number(attributeNamed(alpha, "val"), 100'000) < 5'000)
                return true;
        }
        return false;
    }

    void text(const pugi::xml_node& body, bool title, bool list)
    {
        for (const pugi::xml_node paragraph : body.children()) {
            if (localName(paragraph) != "p")
                continue;
            const pugi::xml_node properties = childNamed(paragraph, "pPr");
            const int level = static_cast<int>(number(attributeNamed(properties, "lvl"), 0));
            // Text of the slide's own body has bullets unless it says otherwise.
            const bool bullet =
                list || childNamed(properties, "buChar") || childNamed(properties, "buAutoNum");
            if (title)
                m_writer.heading(1);
            else if (bullet && !childNamed(properties, "buNone") && !m_writer.inTable())
                m_writer.item(level, "-");
            else
                m_writer.paragraph();
            for (const pugi::xml_node run : paragraph.children()) {
                const std::string_view name = localName(run);
                const std::string shown = childNamed(run, "t").text().get();
                if (name == "br")
                    m_writer.lineBreak();
                else if (name == "r" || name == "fld") {
                    if (isHiddenRun(childNamed(run, "rPr")))
                        m_out.hide(shown);
                    else
                        m_writer.verbatim(shown);
                    link(childNamed(childNamed(run, "rPr"), "hlinkClick"), shown);
                } else if (name == "m" || name == "AlternateContent") {
                    m_writer.verbatim(allTextOf(run));
                }
            }
        }
        if (title)
            m_writer.endBlock();
    }

    void link(const pugi::xml_node& click, const std::string& shown)
    {
        const auto found = m_relations.find(relationId(click));
        if (click && found != m_relations.end() && found->second.external
            && found->second.target != shown)
            m_writer.verbatim(" (" + found->second.target + ")");
    }

    void notes(const std::string& name)
    {
        const auto xml = m_package.xml(name);
        if (!xml)
            return;
        const pugi::xml_node tree =
            childNamed(childNamed((*xml)->document_element(), "cSld"), "spTree");
        for (const pugi::xml_node shape : tree.children()) {
            if (localName(shape) != "sp" || attributeNamed(placeholder(shape), "type") != "body")
                continue;
            if (trimmedLine(allTextOf(childNamed(shape, "txBody"))).empty())
                continue;
            m_writer.paragraph();
            m_writer.verbatim("Notes:");
            text(childNamed(shape, "txBody"), false, false);
        }
        m_writer.endBlock();
    }

    void comments(const std::string& name)
    {
        const auto xml = m_package.xml(name);
        if (!xml)
            return;
        for (const pugi::xml_node comment : (*xml)->document_element().children()) {
            const auto author = m_authors.find(std::string(attributeNamed(comment, "authorId")));
            pugi::xml_node content = childNamed(comment, "text");
            if (!content)
                content = childNamed(comment, "txBody");
            m_writer.paragraph();
            m_writer.verbatim(fmt::format("[comment{}: {}]",
                author == m_authors.end() ? "" : " by " + author->second,
                trimmedLine(allTextOf(content))));
        }
        m_writer.endBlock();
    }

    Package& m_package;
    TextWriter& m_writer;
    DocumentBuilder& m_out;
    EmbeddedPictures m_pictures;
    Relations m_relations; // of the current slide
    std::map<std::string, std::string> m_authors;
    std::vector<std::string> m_pending;
    long long m_width = 0, m_height = 0;
    std::string m_hiddenSlides;
    int m_hiddenCount = 0;
    int m_charts = 0;
};

} // namespace

Result<Reading> readPptx(Package package, const ReadOptions& options, const std::stop_token& stop)
{
    DocumentBuilder builder(options, stop);
    addProperties(package, builder);
    TextWriter writer(builder);
    std::string main = mainPart(package);
    if (main.empty())
        main = "ppt/presentation.xml";
    if (const auto written = SlideWriter(package, writer).write(main); !written)
        return tl::unexpected(written.error());
    return builder.finish("PowerPoint presentation");
}

} // namespace lectern::media
