// SPDX-License-Identifier: Apache-2.0
// The reader for Excel workbooks (SpreadsheetML, ECMA-376 part 1, 18): sheets as tables of what the
// cells show, in parts of some rows, each with its range of cells.
#include "media/csv_table.h"
#include "media/file.h"
#include "media/file_bytes.h"
#include "media/number_format.h"
#include "media/office_package.h"
#include "media/package_readers.h"
#include "media/sheet_writer.h"
#include "media/text_writer.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <set>

namespace lectern::media {

namespace {

int number(std::string_view text, int fallback = 0)
{
    int value = 0;
    return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc()
        ? value
        : fallback;
}

bool isTrue(std::string_view text)
{
    return text == "1" || text == "true";
}

// The text of a shared string or an inline one, pronunciation left out.
std::string richText(const pugi::xml_node& node)
{
    std::string text;
    for (const pugi::xml_node child : node.children()) {
        if (localName(child) == "t")
            text += child.text().get();
        else if (localName(child) == "r")
            text += childNamed(child, "t").text().get();
    }
    return text;
}

class WorkbookWriter {
public:
    WorkbookWriter(Package& package, DocumentBuilder& out)
        : m_package(package), m_out(out), m_pictures(package, out)
    {
    }

    Result<void> write(const std::string& main)
    {
        const auto workbook = m_package.xml(main);
        auto relations = relationsOf(m_package, main);
        if (!workbook || !relations)
            return tl::unexpected(workbook ? relations.error() : workbook.error());
        const pugi::xml_node root = (*workbook)->document_element();
        m_from1904 = isTrue(attributeNamed(childNamed(root, "workbookPr"), "date1904"));
        for (const auto& [id, relation] : *relations) {
            if (relation.kind == "sharedStrings") {
                if (const auto read = readStrings(relation.target); !read)
                    return read;
            } else if (relation.kind == "styles") {
                readFormats(relation.target);
            }
        }
        int sheets = 0;
        std::string hidden;
        for (const pugi::xml_node sheet : childNamed(root, "sheets").children()) {
            if (m_out.done())
                return {};
            std::string id;
            for (const pugi::xml_attribute attribute : sheet.attributes())
                if (std::string_view(attribute.name()).ends_with(":id"))
                    id = attribute.value();
            const auto found = relations->find(id);
            if (localName(sheet) != "sheet" || found == relations->end())
                continue;
            ++sheets;
            const std::string name = trimmedLine(attributeNamed(sheet, "name"));
            const std::string_view state = attributeNamed(sheet, "state");
            if (state == "hidden" || state == "veryHidden") {
                hidden += fmt::format("{}\"{}\"", hidden.empty() ? "" : ", ", name);
                continue;
            }
            if (found->second.kind != "worksheet") {
                m_out.warn(fmt::format("The sheet \"{}\" is a chart and was not read.", name));
                continue;
            }
            if (const auto written = writeSheet(found->second.target, name); !written)
                return written;
        }
        m_out.fact("sheets", std::to_string(sheets));
        if (!hidden.empty())
            m_out.warn(fmt::format("Hidden sheets were left out: {}.", hidden));
        return {};
    }

private:
    Result<void> readStrings(const std::string& name)
    {
        const auto xml = m_package.xml(name);
        if (!xml)
            return tl::unexpected(xml.error());
        for (const pugi::xml_node item : (*xml)->document_element().children())
            m_strings.push_back(richText(item));
        return {};
    }

    void readFormats(const std::string& name)
    {
        const auto xml = m_package.xml(name);
        if (!xml)
            return;
        const pugi::xml_node root = (*xml)->document_element();
        std::map<int, std::string> codes;
        for (const pugi::xml_node format : childNamed(root, "numFmts").children())
            codes[number(attributeNamed(format, "numFmtId"))] =
                attributeNamed(format, "formatCode");
        for (const pugi::xml_node style : childNamed(root, "cellXfs").children()) {
            const int id = number(attributeNamed(style, "numFmtId"));
            const auto code = codes.find(id);
            m_formats.emplace_back(code == codes.end() ? builtInFormat(id) : code->second);
        }
    }

    Result<void> writeSheet(const std::string& part, const std::string& name)
    {
        const auto xml = m_package.xml(part);
        if (!xml)
            return tl::unexpected(xml.error());
        const pugi::xml_node root = (*xml)->document_element();
        std::set<int> hiddenColumns;
        for (const pugi::xml_node column : childNamed(root, "cols").children())
            if (isTrue(attributeNamed(column, "hidden")))
                for (int i = number(attributeNamed(column, "min"), 1);
                     i <= std::min(number(attributeNamed(column, "max"), 0), 16'384); ++i)
                    hiddenColumns.insert(i - 1);
        SheetWriter sheet(m_out, name);
        int row = 0;
        for (const pugi::xml_node line : childNamed(root, "sheetData").children()) {
            if (m_out.done())
                return {};
            row = number(attributeNamed(line, "r"), row + 1);
            const bool hiddenRow = isTrue(attributeNamed(line, "hidden"));
            int column = -1;
            for (const pugi::xml_node cell : line.children()) {
                const std::string_view reference = attributeNamed(cell, "r");
                column = reference.empty() ? column + 1 : columnOf(reference);
                const std::string text = cellText(cell);
                if (text.empty())
                    continue;
                if (hiddenRow || hiddenColumns.contains(column))
                    m_out.hide(text);
                else
                    sheet.cell(row, column, text);
            }
        }
        sheet.finish();
        return extras(part);
    }

    static int columnOf(std::string_view reference)
    {
        int column = 0;
        for (const char c : reference) {
            if (c < 'A' || c > 'Z' || column > 16'384)
                break;
            column = column * 26 + (c - 'A' + 1);
        }
        return std::clamp(column - 1, 0, 16'383);
    }

    std::string cellText(const pugi::xml_node& cell) const
    {
        const std::string_view type = attributeNamed(cell, "t");
        if (type == "inlineStr")
            return richText(childNamed(cell, "is"));
        const std::string value = childNamed(cell, "v").text().get();
        if (value.empty() || type == "str" || type == "e" || type == "d")
            return value;
        if (type == "s") {
            const int index = number(value, -1);
            return index >= 0 && static_cast<std::size_t>(index) < m_strings.size()
                ? m_strings[static_cast<std::size_t>(index)]
                : std::string();
        }
        if (type == "b")
            return value == "1" ? "TRUE" : "FALSE";
        double parsed = 0;
        if (std::from_chars(value.data(), value.data() + value.size(), parsed).ec != std::errc())
            return value;
        const int style = number(attributeNamed(cell, "s"));
        const bool known = style >= 0 && static_cast<std::size_t>(style) < m_formats.size();
        return displayNumber(parsed,
            known ? std::string_view(m_formats[static_cast<std::size_t>(style)]) : "General",
            m_from1904);
    }

    // Comments and pictures of a sheet.
    Result<void> extras(const std::string& part)
    {
        const auto relations = relationsOf(m_package, part);
        if (!relations)
            return tl::unexpected(relations.error());
        for (const auto& [id, relation] : *relations) {
            if (relation.kind == "comments") {
                comments(relation.target);
            } else if (relation.kind == "drawing") {
                const auto inner = relationsOf(m_package, relation.target);
                if (!inner)
                    continue;
                int charts = 0;
                for (const auto& [innerId, drawn] : *inner) {
                    if (drawn.kind == "image")
                        m_pictures.add(drawn.target);
                    charts += drawn.kind == "chart";
                }
                if (charts > 0)
                    m_out.warn(fmt::format("{} of the sheet \"{}\" {} not read; the numbers are in "
                                           "its cells.",
                        charts == 1 ? "A chart" : fmt::format("{} charts", charts),
                        m_out.place().sheet, charts == 1 ? "was" : "were"));
            }
        }
        return {};
    }

    void comments(const std::string& name)
    {
        const auto xml = m_package.xml(name);
        if (!xml)
            return;
        std::vector<std::string> authors;
        const pugi::xml_node root = (*xml)->document_element();
        for (const pugi::xml_node author : childNamed(root, "authors").children())
            authors.emplace_back(author.text().get());
        for (const pugi::xml_node comment : childNamed(root, "commentList").children()) {
            const std::string text = trimmedLine(richText(childNamed(comment, "text")));
            const auto author =
                static_cast<std::size_t>(number(attributeNamed(comment, "authorId"), -1));
            const std::string by =
                author < authors.size() && !authors[author].empty() ? " by " + authors[author] : "";
            m_out.append(
                fmt::format("[comment at {}{}: {}]\n", attributeNamed(comment, "ref"), by, text));
        }
        m_out.endParagraph();
    }

    Package& m_package;
    DocumentBuilder& m_out;
    EmbeddedPictures m_pictures;
    std::vector<std::string> m_strings;
    std::vector<std::string> m_formats;
    bool m_from1904 = false;
};

} // namespace

Result<Reading> readXlsx(Package package, const ReadOptions& options, const std::stop_token& stop)
{
    DocumentBuilder builder(options, stop);
    addProperties(package, builder);
    std::string main = mainPart(package);
    if (main.empty())
        main = "xl/workbook.xml";
    if (const auto written = WorkbookWriter(package, builder).write(main); !written)
        return tl::unexpected(written.error());
    return builder.finish("Excel workbook");
}

} // namespace lectern::media
