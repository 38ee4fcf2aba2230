// SPDX-License-Identifier: Apache-2.0
// The reader for EPUB books (EPUB 3.3): the chapters in the order of the spine, each a web page.
#include "media/file_bytes.h"
#include "media/html_text.h"
#include "media/office_package.h"
#include "media/package_readers.h"
#include "media/text_decoder.h"

#include <fmt/format.h>

namespace lectern::media {

namespace {

// "%20" and the like in the names of a manifest.
std::string unescaped(std::string_view name)
{
    std::string text;
    for (std::size_t at = 0; at < name.size(); ++at) {
        if (name[at] == '%' && at + 2 < name.size()) {
            const auto digit = [](char c) {
                return c >= '0' && c <= '9' ? c - '0'
                    : c >= 'a' && c <= 'f'  ? c - 'a' + 10
                    : c >= 'A' && c <= 'F'  ? c - 'A' + 10
                                            : -1;
            };
            const int high = digit(name[at + 1]), low = digit(name[at + 2]);
            if (high >= 0 && low >= 0) {
                text.push_back(static_cast<char>(high * 16 + low));
                at += 2;
                continue;
            }
        }
        text.push_back(name[at]);
    }
    return text;
}

// Titles by file, from the older table of contents (NCX) or the newer one (a web page).
void readContents(
    const pugi::xml_node& root, const std::string& base, std::map<std::string, std::string>& titles)
{
    const auto add = [&](std::string_view target, std::string title) {
        const std::string file = unescaped(target.substr(0, target.find('#')));
        if (!title.empty())
            titles.emplace(resolveName(base, file), std::move(title));
    };
    for (const auto& found : root.select_nodes("//*[local-name()='navPoint']"))
        add(attributeNamed(childNamed(found.node(), "content"), "src"),
            trimmedLine(allTextOf(childNamed(found.node(), "navLabel"))));
    for (const auto& found : root.select_nodes("//*[local-name()='nav']//*[local-name()='a']"))
        add(attributeNamed(found.node(), "href"), trimmedLine(allTextOf(found.node())));
}

} // namespace

Result<Reading> readEpub(Package package, const ReadOptions& options, const std::stop_token& stop)
{
    const auto container = package.xml("META-INF/container.xml");
    if (!container)
        return tl::unexpected(container.error());
    const std::string main(attributeNamed(
        childNamed(childNamed((*container)->document_element(), "rootfiles"), "rootfile"),
        "full-path"));
    if (package.has("META-INF/rights.xml"))
        return fail(ErrorCode::unsupported,
            "This book is protected against copying (DRM), and Lectern cannot open it.");
    const auto book = package.xml(main);
    if (!book)
        return tl::unexpected(book.error());
    const pugi::xml_node root = (*book)->document_element();

    struct Item {
        std::string name, type;
    };
    std::map<std::string, Item> items;
    std::map<std::string, std::string> titles;
    for (const pugi::xml_node node : childNamed(root, "manifest").children()) {
        Item item{resolveName(main, unescaped(attributeNamed(node, "href"))),
            std::string(attributeNamed(node, "media-type"))};
        const bool contents = item.type == "application/x-dtbncx+xml"
            || attributeNamed(node, "properties").find("nav") != std::string_view::npos;
        if (contents)
            if (const auto xml = package.xml(item.name))
                readContents((*xml)->document_element(), item.name, titles);
        items.emplace(attributeNamed(node, "id"), std::move(item));
    }
    DocumentBuilder builder(options, stop);
    const pugi::xml_node metadata = childNamed(root, "metadata");
    if (const std::string title = trimmedLine(allTextOf(childNamed(metadata, "title")));
        !title.empty())
        builder.fact("title", title);
    if (const std::string author = trimmedLine(allTextOf(childNamed(metadata, "creator")));
        !author.empty())
        builder.fact("author", author);

    TextWriter writer(builder);
    int chapters = 0, broken = 0;
    std::size_t pictures = 0;
    for (const pugi::xml_node node : childNamed(root, "spine").children()) {
        if (builder.done())
            break;
        const auto item = items.find(std::string(attributeNamed(node, "idref")));
        if (item == items.end() || item->second.type.find("html") == std::string::npos)
            continue;
        const auto bytes = package.read(item->second.name);
        if (!bytes && bytes.error().code == ErrorCode::cancelled)
            return tl::unexpected(bytes.error());
        const auto decoded = bytes ? decodeText(std::as_bytes(std::span(*bytes)), stop)
                                   : Result<DecodedText>(tl::unexpected(bytes.error()));
        if (!decoded) {
            ++broken;
            continue;
        }
        ++chapters;
        builder.addRemoved(decoded->removed);
        writer.endBlock();
        Provenance place;
        const auto title = titles.find(item->second.name);
        place.section = title == titles.end() ? fmt::format("part {}", chapters) : title->second;
        builder.moveTo(std::move(place));
        const auto findings = writeHtml(decoded->text, writer);
        if (!findings && findings.error().code == ErrorCode::cancelled)
            return tl::unexpected(findings.error());
        if (!findings)
            ++broken;
        else
            pictures += findings->pictures;
    }
    builder.fact("chapters", std::to_string(chapters));
    if (broken > 0)
        builder.warn(fmt::format("{} damaged and not read.",
            broken == 1 ? std::string("1 chapter is") : fmt::format("{} chapters are", broken)));
    builder.leaveOutPictures(pictures);
    return builder.finish("EPUB book");
}

} // namespace lectern::media
