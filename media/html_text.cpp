// SPDX-License-Identifier: Apache-2.0
// The walk over the tree of a page: blocks, lists, tables, links; what is not seen is counted.
#include "media/html_text.h"

#include "media/html_arena.h"
#include "media/html_style.h"
#include "media/whole_number.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>

namespace lectern::media {

namespace {

using namespace std::string_view_literals;

// Gumbo looks through all open elements for nearly each tag: its time grows with their number.
constexpr int kMaxHtmlDepth = 1000;
constexpr std::size_t kDeclarationBytes = 2048; // where an encoding is looked for

std::string_view attribute(const GumboNode& node, const char* name)
{
    const GumboAttribute* found = gumbo_get_attribute(&node.v.element.attributes, name);
    return found ? std::string_view(found->value) : std::string_view();
}

bool hasAttribute(const GumboNode& node, const char* name)
{
    return gumbo_get_attribute(&node.v.element.attributes, name) != nullptr;
}

// Of elements that gumbo does not know, as they are written.
std::string_view tagName(const GumboElement& element)
{
    if (element.tag != GUMBO_TAG_UNKNOWN)
        return gumbo_normalized_tagname(element.tag);
    GumboStringPiece name = element.original_tag;
    gumbo_tag_from_original_text(&name);
    return {name.data ? name.data : "", name.length};
}

bool isElement(const GumboNode& node)
{
    return node.type == GUMBO_NODE_ELEMENT || node.type == GUMBO_NODE_TEMPLATE;
}

const GumboVector* childrenOf(const GumboNode& node)
{
    if (node.type == GUMBO_NODE_DOCUMENT)
        return &node.v.document.children;
    return isElement(node) ? &node.v.element.children : nullptr;
}

const GumboNode& child(const GumboVector& children, unsigned index)
{
    return *static_cast<const GumboNode*>(children.data[index]);
}

// Never shown as text, in any browser.
bool isMachinery(GumboTag tag)
{
    static constexpr std::array kTags{GUMBO_TAG_SCRIPT, GUMBO_TAG_STYLE, GUMBO_TAG_HEAD,
        GUMBO_TAG_TEMPLATE, GUMBO_TAG_IFRAME, GUMBO_TAG_OBJECT, GUMBO_TAG_EMBED, GUMBO_TAG_VIDEO,
        GUMBO_TAG_AUDIO, GUMBO_TAG_CANVAS, GUMBO_TAG_NOSCRIPT, GUMBO_TAG_NOFRAMES, GUMBO_TAG_RP,
        GUMBO_TAG_DATALIST, GUMBO_TAG_ANNOTATION_XML};
    return std::ranges::find(kTags, tag) != kTags.end();
}

bool isBlock(GumboTag tag)
{
    static constexpr std::array kTags{GUMBO_TAG_P, GUMBO_TAG_DIV, GUMBO_TAG_SECTION,
        GUMBO_TAG_ARTICLE, GUMBO_TAG_MAIN, GUMBO_TAG_ASIDE, GUMBO_TAG_NAV, GUMBO_TAG_HEADER,
        GUMBO_TAG_FOOTER, GUMBO_TAG_ADDRESS, GUMBO_TAG_BLOCKQUOTE, GUMBO_TAG_FIGURE,
        GUMBO_TAG_FIGCAPTION, GUMBO_TAG_DL, GUMBO_TAG_DT, GUMBO_TAG_FORM, GUMBO_TAG_FIELDSET,
        GUMBO_TAG_LEGEND, GUMBO_TAG_DETAILS, GUMBO_TAG_SUMMARY, GUMBO_TAG_CENTER, GUMBO_TAG_BODY,
        GUMBO_TAG_HTML, GUMBO_TAG_CAPTION, GUMBO_TAG_OPTION, GUMBO_TAG_TEXTAREA, GUMBO_TAG_HGROUP,
        GUMBO_TAG_MENU};
    return std::ranges::find(kTags, tag) != kTags.end();
}

int headingLevel(GumboTag tag)
{
    return tag >= GUMBO_TAG_H1 && tag <= GUMBO_TAG_H6 ? tag - GUMBO_TAG_H1 + 1 : 0;
}

// A table that only arranges blocks on the page is read block by block.
bool arrangesBlocks(const GumboNode& table)
{
    std::vector<const GumboNode*> open{&table};
    while (!open.empty()) {
        const GumboNode* node = open.back();
        open.pop_back();
        const GumboVector* children = childrenOf(*node);
        for (unsigned i = 0; children && i < children->length; ++i) {
            const GumboNode& inner = child(*children, i);
            if (!isElement(inner))
                continue;
            const GumboTag tag = inner.v.element.tag;
            if (tag == GUMBO_TAG_TABLE || tag == GUMBO_TAG_PRE || headingLevel(tag) > 0)
                return true;
            open.push_back(&inner);
        }
    }
    return false;
}

bool isOneOf(std::string_view name, std::initializer_list<std::string_view> names)
{
    return std::ranges::find(names, name) != names.end();
}

// How deep elements nest at most, by the tags alone. Those whose end may be left out don't count.
int deepest(std::string_view html)
{
    int depth = 0, most = 0;
    for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at)) {
        if (html.substr(at, 4) == "<!--") {
            const std::size_t end = html.find("-->", at + 4);
            at = end == std::string_view::npos ? html.size() : end;
            continue;
        }
        const bool end = html.substr(at + 1, 1) == "/";
        at += end ? 2 : 1;
        std::string name;
        while (at < html.size() && name.size() < 16
            && std::isalnum(static_cast<unsigned char>(html[at])) != 0)
            name.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(html[at++]))));
        if (name.empty()
            || isOneOf(name,
                {"p", "li", "dt", "dd", "tr", "td", "th", "option", "optgroup", "thead", "tbody",
                    "tfoot", "colgroup", "col", "br", "hr", "img", "input", "meta", "link", "area",
                    "base", "wbr", "source", "track", "param", "embed", "rt", "rp"}))
            continue;
        depth += end ? (depth > 0 ? -1 : 0) : 1;
        most = std::max(most, depth);
        if (!end && isOneOf(name, {"script", "style"})) {
            const std::size_t close = html.find("</", at);
            at = close == std::string_view::npos ? html.size() : close;
            while (at < html.size() && html.substr(at + 2, 1) != "s"
                && html.substr(at + 2, 1) != "S") {
                const std::size_t next = html.find("</", at + 2);
                at = next == std::string_view::npos ? html.size() : next;
            }
        }
    }
    return most;
}

class Walk {
public:
    Walk(TextWriter& writer, HtmlFindings& findings) : m_writer(writer), m_findings(findings) { }

    Result<void> run(const GumboNode& document)
    {
        collectHead(document);
        if (!m_externalStyles)
            m_look.background = Colour{255, 255, 255};
        m_open.push_back({&document, 0, m_look, false, false, {}});
        for (std::size_t steps = 0; !m_open.empty(); ++steps) {
            if (steps % 1024 == 0 && m_writer.out().done())
                break; // finish() says why
            Open& open = m_open.back();
            const GumboVector* children = childrenOf(*open.node);
            if (!children || open.next >= children->length) {
                leave(open);
                m_open.pop_back();
                continue;
            }
            visit(child(*children, open.next++), open.look);
        }
        m_writer.endBlock();
        return {};
    }

private:
    struct Open {
        const GumboNode* node;
        unsigned next;
        ElementLook look;
        bool named = false; // has its entry in m_path
        bool table = false; // opened a table of the writer
        std::string after;  // inline text behind the content: " (https://...)"
    };
    struct List {
        bool ordered;
        int next;
    };

    // Title, style sheets: they may stand anywhere, and styles count for all of the page.
    void collectHead(const GumboNode& document)
    {
        std::vector<const GumboNode*> open{&document};
        while (!open.empty()) {
            const GumboNode* node = open.back();
            open.pop_back();
            const GumboVector* children = childrenOf(*node);
            for (unsigned i = 0; children && i < children->length; ++i) {
                const GumboNode& inner = child(*children, i);
                if (!isElement(inner))
                    continue;
                const GumboTag tag = inner.v.element.tag;
                if (tag == GUMBO_TAG_STYLE)
                    m_styles.add(textOf(inner));
                else if (tag == GUMBO_TAG_TITLE && m_findings.title.empty()
                    && inner.v.element.tag_namespace == GUMBO_NAMESPACE_HTML)
                    m_findings.title = textOf(inner);
                else if (tag == GUMBO_TAG_LINK
                    && attribute(inner, "rel").find("stylesheet") != std::string_view::npos)
                    m_externalStyles = true;
                else
                    open.push_back(&inner);
            }
        }
    }

    static std::string textOf(const GumboNode& node)
    {
        std::string text;
        const GumboVector* children = childrenOf(node);
        for (unsigned i = 0; children && i < children->length; ++i) {
            const GumboNode& inner = child(*children, i);
            if (inner.type == GUMBO_NODE_TEXT || inner.type == GUMBO_NODE_CDATA
                || inner.type == GUMBO_NODE_WHITESPACE)
                text += inner.v.text.text;
        }
        return text;
    }

    void visit(const GumboNode& node, const ElementLook& inherited)
    {
        switch (node.type) {
        case GUMBO_NODE_WHITESPACE:
        case GUMBO_NODE_TEXT:
        case GUMBO_NODE_CDATA:
            content(node.v.text.text, inherited);
            break;
        case GUMBO_NODE_ELEMENT:
            element(node, inherited);
            break;
        default:
            break;
        }
    }

    void content(std::string_view text, const ElementLook& look)
    {
        if (look.hidden())
            m_writer.out().hide(text);
        else if (m_preformatted > 0)
            m_writer.verbatim(text);
        else
            m_writer.text(text);
    }

    void element(const GumboNode& node, const ElementLook& inherited)
    {
        const GumboElement& element = node.v.element;
        if (isMachinery(element.tag))
            return;
        if (element.tag_namespace == GUMBO_NAMESPACE_SVG
            && (element.tag == GUMBO_TAG_TITLE || element.tag == GUMBO_TAG_DESC))
            return;
        ElementNames own{tagName(element), attribute(node, "id"), {}};
        for (std::string_view rest = attribute(node, "class"); !rest.empty();) {
            const std::size_t end = std::min(rest.find_first_of(" \t\n\r"), rest.size());
            if (end > 0 && own.classes.size() < 64)
                own.classes.push_back(rest.substr(0, end));
            rest = rest.substr(std::min(end + 1, rest.size()));
        }
        m_path.push_back(std::move(own));
        Open open{&node, 0, inherited, true, false, {}};
        m_styles.apply(m_path, attribute(node, "style"), open.look);
        oldAttributes(node, open.look);
        if (hasAttribute(node, "hidden")
            || (tagName(element) == "dialog" && !hasAttribute(node, "open")))
            open.look.gone = true;
        if (!open.look.gone)
            enter(open);
        m_open.push_back(std::move(open));
    }

    // <font color>, <body text bgcolor>, <td bgcolor>
    static void oldAttributes(const GumboNode& node, ElementLook& look)
    {
        const GumboTag tag = node.v.element.tag;
        if (const auto background = attribute(node, "bgcolor"); !background.empty())
            look.background = parseColour(background);
        if (const auto colour = tag == GUMBO_TAG_FONT ? attribute(node, "color")
                : tag == GUMBO_TAG_BODY               ? attribute(node, "text")
                                                      : std::string_view();
            !colour.empty())
            look.colour = parseColour(colour);
        if (!attribute(node, "background").empty())
            look.background.reset();
    }

    void enter(Open& open)
    {
        const GumboNode& node = *open.node;
        const GumboTag tag = node.v.element.tag;
        if (const int level = headingLevel(tag); level > 0) {
            m_writer.heading(level);
        } else if (isBlock(tag)) {
            block(node, tag);
        } else {
            switch (tag) {
            case GUMBO_TAG_BR:
                m_writer.lineBreak();
                break;
            case GUMBO_TAG_HR:
                m_writer.rule();
                break;
            case GUMBO_TAG_PRE:
            case GUMBO_TAG_LISTING:
            case GUMBO_TAG_XMP:
                m_writer.code();
                ++m_preformatted;
                break;
            case GUMBO_TAG_UL:
            case GUMBO_TAG_OL:
                m_writer.paragraph();
                m_lists.push_back({tag == GUMBO_TAG_OL, wholeNumber(attribute(node, "start"), 1)});
                break;
            case GUMBO_TAG_LI:
                item(node);
                break;
            case GUMBO_TAG_DD:
                m_writer.indented(1);
                break;
            case GUMBO_TAG_TABLE:
                m_writer.paragraph();
                open.table = !arrangesBlocks(node);
                if (open.table)
                    m_writer.beginTable();
                break;
            case GUMBO_TAG_TR:
                if (m_writer.inTable())
                    m_writer.beginRow();
                else
                    m_writer.paragraph();
                break;
            case GUMBO_TAG_TD:
            case GUMBO_TAG_TH:
                if (m_writer.inTable())
                    m_writer.beginCell(wholeNumber(attribute(node, "colspan"), 1),
                        wholeNumber(attribute(node, "rowspan"), 1));
                else
                    m_writer.paragraph();
                break;
            case GUMBO_TAG_A:
                link(open, attribute(node, "href"));
                break;
            case GUMBO_TAG_DEL:
            case GUMBO_TAG_S:
            case GUMBO_TAG_STRIKE:
                m_writer.text("~~");
                open.after = "~~";
                break;
            case GUMBO_TAG_RT:
                m_writer.text("(");
                open.after = ")";
                break;
            case GUMBO_TAG_Q:
                m_writer.text("\"");
                open.after = "\"";
                break;
            case GUMBO_TAG_IMG:
                ++m_findings.pictures;
                break;
            case GUMBO_TAG_INPUT:
                input(node);
                break;
            default:
                break;
            }
        }
    }

    void block(const GumboNode& node, GumboTag tag)
    {
        // A paragraph that opens a list item goes on in its line.
        const GumboNode* parent = node.parent;
        const bool opensItem = parent && isElement(*parent)
            && (parent->v.element.tag == GUMBO_TAG_LI || parent->v.element.tag == GUMBO_TAG_DD)
            && isFirstShown(node, *parent);
        if (opensItem)
            return;
        if (tag == GUMBO_TAG_BLOCKQUOTE || !m_lists.empty())
            m_writer.indented(static_cast<int>(m_lists.size()) + (tag == GUMBO_TAG_BLOCKQUOTE));
        else
            m_writer.paragraph();
    }

    static bool isFirstShown(const GumboNode& node, const GumboNode& parent)
    {
        const GumboVector& siblings = parent.v.element.children;
        for (unsigned i = 0; i < siblings.length; ++i) {
            const GumboNode& sibling = child(siblings, i);
            if (&sibling == &node)
                return true;
            if (sibling.type != GUMBO_NODE_WHITESPACE && sibling.type != GUMBO_NODE_COMMENT)
                return false;
        }
        return false;
    }

    void item(const GumboNode& node)
    {
        if (m_lists.empty()) {
            m_writer.item(0, "-");
            return;
        }
        List& list = m_lists.back();
        const int depth = static_cast<int>(m_lists.size()) - 1;
        if (!list.ordered) {
            m_writer.item(depth, "-");
            return;
        }
        const int value = wholeNumber(attribute(node, "value"), list.next);
        list.next = value < 1'000'000'000 ? value + 1 : value;
        m_writer.item(depth, std::to_string(value) + ".");
    }

    void link(Open& open, std::string_view target)
    {
        static constexpr std::array kSchemes{"http://"sv, "https://"sv, "mailto:"sv, "ftp://"sv};
        if (std::ranges::none_of(
                kSchemes, [&](std::string_view scheme) { return target.starts_with(scheme); }))
            return;
        const std::string shown = textOf(*open.node);
        if (shown == target || "mailto:" + shown == target)
            return; // the address is the text
        open.after = " (" + std::string(target) + ")";
    }

    void input(const GumboNode& node)
    {
        const std::string_view type = attribute(node, "type");
        if (type == "hidden" || type == "password" || type == "file" || type == "image")
            return;
        if (type == "checkbox" || type == "radio")
            m_writer.text(hasAttribute(node, "checked") ? "[x] " : "[ ] ");
        else
            m_writer.text(attribute(node, "value"));
    }

    void leave(Open& open)
    {
        if (open.named)
            m_path.pop_back();
        if (!isElement(*open.node) || open.look.gone)
            return;
        const GumboTag tag = open.node->v.element.tag;
        if (!open.after.empty())
            m_writer.verbatim(open.after);
        if (open.table)
            m_writer.endTable();
        if (tag == GUMBO_TAG_PRE || tag == GUMBO_TAG_LISTING || tag == GUMBO_TAG_XMP)
            --m_preformatted;
        if ((tag == GUMBO_TAG_UL || tag == GUMBO_TAG_OL) && !m_lists.empty())
            m_lists.pop_back();
        const bool ends = isBlock(tag) || headingLevel(tag) > 0 || tag == GUMBO_TAG_LI
            || tag == GUMBO_TAG_UL || tag == GUMBO_TAG_OL || tag == GUMBO_TAG_DD
            || tag == GUMBO_TAG_PRE || tag == GUMBO_TAG_TABLE;
        if (ends && !m_lists.empty())
            m_writer.indented(static_cast<int>(m_lists.size()));
        else if (ends)
            m_writer.paragraph();
    }

    TextWriter& m_writer;
    HtmlFindings& m_findings;
    StyleSheet m_styles;
    bool m_externalStyles = false;
    ElementLook m_look;
    std::vector<Open> m_open;
    std::vector<ElementNames> m_path;
    std::vector<List> m_lists;
    int m_preformatted = 0;
};

} // namespace

std::string declaredHtmlEncoding(std::span<const std::byte> bytes)
{
    std::string head(
        reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kDeclarationBytes));
    std::ranges::transform(head, head.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    for (const std::string_view key : {"charset="sv, "encoding="sv}) {
        std::size_t at = head.find(key);
        if (at == std::string::npos)
            continue;
        at += key.size();
        while (at < head.size() && (head[at] == '"' || head[at] == '\'' || head[at] == ' '))
            ++at;
        const std::size_t end = std::min(head.find_first_of("\"' ;>/?", at), head.size());
        return head.substr(at, end - at);
    }
    return {};
}

Result<HtmlFindings> writeHtml(std::string_view html, TextWriter& writer)
{
    if (deepest(html) > kMaxHtmlDepth)
        return fail(ErrorCode::tooLarge,
            "The page is built so that reading it would take too long. Print it to a PDF and add "
            "that.");
    const auto tree = HtmlTree::parse(html, writer.out().stop());
    if (!tree)
        return tl::unexpected(tree.error());
    HtmlFindings findings;
    if (const auto walked = Walk(writer, findings).run(tree->document()); !walked)
        return tl::unexpected(walked.error());
    return findings;
}

} // namespace lectern::media
