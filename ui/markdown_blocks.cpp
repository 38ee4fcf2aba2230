// SPDX-License-Identifier: Apache-2.0
// The md4c adapter (Markdown to display blocks) and the incremental parser on top of it.
#include "ui/markdown_blocks.h"

#include "ui/markdown_segments.h"

#include <algorithm>
#include <iterator>
#include <md4c.h>
#include <utility>

namespace lectern::ui {
namespace {

constexpr int kMaxIndent = 8;
constexpr int kMaxQuoteDepth = 4;
// Raw HTML stays text. Soft breaks are line breaks: answers do not wrap lines by hand.
constexpr unsigned kFlags = MD_FLAG_NOHTML | MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH
    | MD_FLAG_TASKLISTS | MD_FLAG_PERMISSIVEURLAUTOLINKS;

QString escaped(const QString& text)
{
    return text.toHtmlEscaped();
}

bool isWebLink(const QString& url)
{
    return url.startsWith(u"http://", Qt::CaseInsensitive)
        || url.startsWith(u"https://", Qt::CaseInsensitive);
}

// About how many columns of a text font a string takes: East Asian and emoji count twice.
int displayWidth(const QString& text)
{
    int width = 0;
    for (const char32_t c : text.toUcs4())
        width +=
            c >= 0x1100 && (c <= 0x115f || (c >= 0x2e80 && c <= 0xffdc) || c >= 0x1f300) ? 2 : 1;
    return width;
}

struct ListLevel {
    bool ordered = false;
    bool tight = false;
    unsigned number = 0;
    int items = 0;
    QChar delimiter = u'.';
};

// Collects blocks from md4c's callbacks.
class Builder {
public:
    std::vector<Block> blocks;

    void enterBlock(MD_BLOCKTYPE type, void* detail);
    void leaveBlock(MD_BLOCKTYPE type);
    void enterSpan(MD_SPANTYPE type, void* detail);
    void leaveSpan(MD_SPANTYPE type, void* detail);
    void text(MD_TEXTTYPE type, const QString& text);

private:
    Block context();
    void openLeaf(Block::Kind kind);
    void closeLeaf();
    void closeTable();
    void write(const QString& html, const QString& plain);

    std::vector<ListLevel> m_lists;
    int m_quoteDepth = 0;
    bool m_quoteStart = false;
    QString m_pendingMarker;
    bool m_itemStart = false;
    bool m_tightItem = false;
    bool m_leafOpen = false;
    Block m_leaf;
    // The table being read: cells of the row, and where its rows begin in `blocks`.
    bool m_inCell = false;
    QString m_cellHtml, m_cellPlain;
    std::size_t m_tableStart = 0;
    QList<int> m_alignments, m_columnChars;
    int m_codeSpan = 0;
    int m_imageDepth = 0;
};

Block Builder::context()
{
    Block block;
    block.indent = std::min(static_cast<int>(m_lists.size()), kMaxIndent);
    block.quoteDepth = std::min(m_quoteDepth, kMaxQuoteDepth);
    block.quoteStart = std::exchange(m_quoteStart, false);
    if (m_itemStart) {
        block.marker = m_pendingMarker;
        block.tight = m_tightItem;
        m_itemStart = false;
    }
    return block;
}

void Builder::openLeaf(Block::Kind kind)
{
    closeLeaf();
    m_leaf = context();
    m_leaf.kind = kind;
    m_leafOpen = true;
}

void Builder::closeLeaf()
{
    if (!m_leafOpen)
        return;
    m_leafOpen = false;
    if (m_leaf.kind == Block::Kind::Code) {
        if (m_leaf.plain.endsWith(u'\n'))
            m_leaf.plain.chop(1);
    } else {
        m_leaf.rightToLeft = m_leaf.plain.isRightToLeft();
    }
    blocks.push_back(std::move(m_leaf));
    m_leaf = Block();
}

void Builder::write(const QString& html, const QString& plain)
{
    if (m_inCell) {
        m_cellHtml += html;
        m_cellPlain += plain;
        return;
    }
    if (!m_leafOpen) {
        if (html.isEmpty() && plain.isEmpty())
            return;
        openLeaf(Block::Kind::Paragraph); // the text of a tight list item has no block
    }
    if (m_leaf.kind != Block::Kind::Code)
        m_leaf.html += html;
    m_leaf.plain += plain;
}

void Builder::enterBlock(MD_BLOCKTYPE type, void* detail)
{
    switch (type) {
    case MD_BLOCK_QUOTE:
        closeLeaf();
        if (m_quoteDepth++ == 0)
            m_quoteStart = true;
        break;
    case MD_BLOCK_UL:
        closeLeaf();
        m_lists.push_back({.tight = static_cast<MD_BLOCK_UL_DETAIL*>(detail)->is_tight != 0});
        break;
    case MD_BLOCK_OL: {
        closeLeaf();
        const auto* list = static_cast<MD_BLOCK_OL_DETAIL*>(detail);
        m_lists.push_back({.ordered = true,
            .tight = list->is_tight != 0,
            .number = list->start,
            .delimiter = QLatin1Char(list->mark_delimiter)});
        break;
    }
    case MD_BLOCK_LI: {
        closeLeaf();
        const auto* item = static_cast<MD_BLOCK_LI_DETAIL*>(detail);
        ListLevel& list = m_lists.back();
        static constexpr QStringView kBullets = u"•◦▪";
        if (item->is_task)
            m_pendingMarker = item->task_mark == ' ' ? QStringLiteral("☐") : QStringLiteral("☑");
        else if (list.ordered)
            m_pendingMarker = QString::number(list.number) + list.delimiter;
        else
            m_pendingMarker = kBullets[std::min<qsizetype>(
                static_cast<qsizetype>(m_lists.size()) - 1, kBullets.size() - 1)];
        if (list.ordered)
            ++list.number;
        // The first item of an outer list keeps its distance; nested lists hug their parent.
        m_tightItem = list.tight && (list.items > 0 || m_lists.size() > 1);
        ++list.items;
        m_itemStart = true;
        break;
    }
    case MD_BLOCK_HR:
        openLeaf(Block::Kind::Rule);
        closeLeaf();
        break;
    case MD_BLOCK_H:
        openLeaf(Block::Kind::Heading);
        m_leaf.level = static_cast<int>(static_cast<MD_BLOCK_H_DETAIL*>(detail)->level);
        break;
    case MD_BLOCK_CODE: {
        openLeaf(Block::Kind::Code);
        const auto& lang = static_cast<MD_BLOCK_CODE_DETAIL*>(detail)->lang;
        if (lang.text != nullptr)
            m_leaf.language = QString::fromUtf8(lang.text, static_cast<qsizetype>(lang.size));
        break;
    }
    case MD_BLOCK_P:
        openLeaf(Block::Kind::Paragraph);
        break;
    case MD_BLOCK_TABLE:
        closeLeaf();
        m_tableStart = blocks.size();
        m_alignments.clear();
        m_columnChars.clear();
        break;
    case MD_BLOCK_TR:
        m_leaf = context();
        m_leaf.kind = Block::Kind::TableRow;
        break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD: {
        m_inCell = true;
        m_cellHtml.clear();
        m_cellPlain.clear();
        const auto align = static_cast<MD_BLOCK_TD_DETAIL*>(detail)->align;
        if (type == MD_BLOCK_TH) {
            m_leaf.tableHeader = true;
            m_alignments.append(align == MD_ALIGN_RIGHT ? Qt::AlignRight
                    : align == MD_ALIGN_CENTER          ? Qt::AlignHCenter
                                                        : Qt::AlignLeft);
            m_columnChars.append(0);
        }
        break;
    }
    default:
        break;
    }
}

void Builder::leaveBlock(MD_BLOCKTYPE type)
{
    switch (type) {
    case MD_BLOCK_QUOTE:
        closeLeaf();
        --m_quoteDepth;
        break;
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
        closeLeaf();
        m_lists.pop_back();
        break;
    case MD_BLOCK_LI:
        if (m_itemStart && !m_leafOpen)
            openLeaf(Block::Kind::Paragraph); // an empty item still shows its marker
        closeLeaf();
        break;
    case MD_BLOCK_H:
    case MD_BLOCK_CODE:
    case MD_BLOCK_P:
        closeLeaf();
        break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD: {
        m_inCell = false;
        const qsizetype column = m_leaf.cells.size();
        if (column < m_columnChars.size())
            m_columnChars[column] =
                std::max(m_columnChars[column], displayWidth(m_cellPlain.trimmed()));
        m_leaf.cells.append(m_cellHtml);
        m_leaf.plain += (column == 0 ? QString() : QStringLiteral("\t")) + m_cellPlain;
        break;
    }
    case MD_BLOCK_TR:
        m_leaf.rightToLeft = m_leaf.plain.isRightToLeft();
        blocks.push_back(std::move(m_leaf));
        m_leaf = Block();
        break;
    case MD_BLOCK_TABLE:
        closeTable();
        break;
    default:
        break;
    }
}

void Builder::closeTable()
{
    for (std::size_t i = m_tableStart; i < blocks.size(); ++i) {
        blocks[i].alignments = m_alignments;
        blocks[i].columnChars = m_columnChars;
    }
    if (blocks.size() > m_tableStart)
        blocks.back().lastTableRow = true;
}

QString attributeText(const MD_ATTRIBUTE& attribute)
{
    return attribute.text == nullptr
        ? QString()
        : QString::fromUtf8(attribute.text, static_cast<qsizetype>(attribute.size));
}

QString linkOpen(const QString& url)
{
    return QStringLiteral("<a href=\"%1\" style=\"color:%2\">")
        .arg(escaped(url), kLinkColor.toString());
}

void Builder::enterSpan(MD_SPANTYPE type, void* detail)
{
    switch (type) {
    case MD_SPAN_EM:
        write(QStringLiteral("<i>"), {});
        break;
    case MD_SPAN_STRONG:
        write(QStringLiteral("<b>"), {});
        break;
    case MD_SPAN_DEL:
        write(QStringLiteral("<s>"), {});
        break;
    case MD_SPAN_CODE:
        ++m_codeSpan;
        write(QStringLiteral("<span style=\"font-family:'Noto Sans Mono','DejaVu Sans Mono',"
                             "monospace;font-size:13px;background-color:%1;color:%2\">&nbsp;")
                  .arg(kCodeBackground.toString(), kCodeColor.toString()),
            {});
        break;
    case MD_SPAN_A: {
        const QString url = attributeText(static_cast<MD_SPAN_A_DETAIL*>(detail)->href);
        if (isWebLink(url))
            write(linkOpen(url), {});
        break;
    }
    case MD_SPAN_IMG: // never loaded: its description, in brackets
        ++m_imageDepth;
        write(QStringLiteral("<i>["), QStringLiteral("["));
        break;
    default:
        break;
    }
}

void Builder::leaveSpan(MD_SPANTYPE type, void* detail)
{
    switch (type) {
    case MD_SPAN_EM:
        write(QStringLiteral("</i>"), {});
        break;
    case MD_SPAN_STRONG:
        write(QStringLiteral("</b>"), {});
        break;
    case MD_SPAN_DEL:
        write(QStringLiteral("</s>"), {});
        break;
    case MD_SPAN_CODE:
        --m_codeSpan;
        write(QStringLiteral("&nbsp;</span>"), {});
        break;
    case MD_SPAN_A: {
        const QString url = attributeText(static_cast<MD_SPAN_A_DETAIL*>(detail)->href);
        if (isWebLink(url))
            write(QStringLiteral("</a>"), {});
        else if (!url.isEmpty()) // not clickable, but not hidden either
            write(escaped(QStringLiteral(" (%1)").arg(url)), QStringLiteral(" (%1)").arg(url));
        break;
    }
    case MD_SPAN_IMG: {
        --m_imageDepth;
        const QString source = attributeText(static_cast<MD_SPAN_IMG_DETAIL*>(detail)->src);
        write(QStringLiteral("]</i>"), QStringLiteral("]"));
        if (!source.isEmpty())
            write(
                escaped(QStringLiteral(" (%1)").arg(source)), QStringLiteral(" (%1)").arg(source));
        break;
    }
    default:
        break;
    }
}

void Builder::text(MD_TEXTTYPE type, const QString& text)
{
    switch (type) {
    case MD_TEXT_BR:
    case MD_TEXT_SOFTBR:
        write(QStringLiteral("<br>"), QStringLiteral("\n"));
        break;
    case MD_TEXT_ENTITY: // passed on: it names one character and can open no markup
        write(text, text);
        break;
    case MD_TEXT_NULLCHAR:
        write(QStringLiteral("\uFFFD"), QStringLiteral("\uFFFD"));
        break;
    case MD_TEXT_CODE:
        if (m_codeSpan > 0 && !(m_leafOpen && m_leaf.kind == Block::Kind::Code))
            write(escaped(text).replace(QStringLiteral("  "), QStringLiteral("&nbsp; ")), text);
        else
            write({}, text);
        break;
    default:
        write(escaped(text), text);
        break;
    }
}

std::vector<Block> parseSegment(QStringView segment)
{
    Builder builder;
    MD_PARSER parser{};
    parser.flags = kFlags;
    parser.enter_block = [](MD_BLOCKTYPE type, void* detail, void* self) {
        static_cast<Builder*>(self)->enterBlock(type, detail);
        return 0;
    };
    parser.leave_block = [](MD_BLOCKTYPE type, void*, void* self) {
        static_cast<Builder*>(self)->leaveBlock(type);
        return 0;
    };
    parser.enter_span = [](MD_SPANTYPE type, void* detail, void* self) {
        static_cast<Builder*>(self)->enterSpan(type, detail);
        return 0;
    };
    parser.leave_span = [](MD_SPANTYPE type, void* detail, void* self) {
        static_cast<Builder*>(self)->leaveSpan(type, detail);
        return 0;
    };
    parser.text = [](MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size, void* self) {
        static_cast<Builder*>(self)->text(
            type, QString::fromUtf8(text, static_cast<qsizetype>(size)));
        return 0;
    };
    const QByteArray utf8 = segment.toUtf8();
    md_parse(utf8.constData(), static_cast<MD_SIZE>(utf8.size()), &parser, &builder);
    return std::move(builder.blocks);
}

} // namespace

QString plainTextToHtml(const QString& text)
{
    QString html = text;
    html.remove(kPlaceholder);
    html = html.toHtmlEscaped();
    html.replace(u'\t', QStringLiteral("&nbsp;&nbsp;&nbsp; "));
    html.replace(QStringLiteral("  "), QStringLiteral("&nbsp; "));
    html.replace(QStringLiteral("\r\n"), QStringLiteral("\n"));
    html.replace(u'\r', u'\n');
    html.replace(QStringLiteral("\n"), QStringLiteral("<br>"));
    return html;
}

std::vector<Block> parseMarkdown(const QString& markdown)
{
    MarkdownStream stream;
    stream.append(markdown);
    return stream.blocks();
}

void MarkdownStream::append(const QString& delta)
{
    m_source.reserve(m_source.size() + delta.size());
    for (const QChar c : delta) {
        const bool afterReturn = std::exchange(m_lastWasReturn, c == u'\r');
        if (c == u'\r')
            m_source += u'\n';
        else if (!(c == u'\n' && afterReturn) && c != kPlaceholder)
            m_source += c;
    }
    m_blocks.resize(m_settledBlocks);
    qsizetype begin = m_tailStart;
    while (begin < m_source.size()) {
        const SegmentEnd end = findSegmentEnd(m_source, begin);
        auto blocks = parseSegment(QStringView(m_source).mid(begin, end.position - begin));
        std::move(blocks.begin(), blocks.end(), std::back_inserter(m_blocks));
        begin = end.position;
        if (end.settled) {
            m_tailStart = begin;
            m_settledBlocks = m_blocks.size();
        }
    }
}

} // namespace lectern::ui
