// SPDX-License-Identifier: Apache-2.0
// Cuts Markdown at blank lines and code fences, line by line, without parsing it.
#include "ui/markdown_segments.h"

namespace lectern::ui {
namespace {

struct Line {
    QStringView text;      // without the line end
    int indent = 0;        // columns of leading white space, a tab to the next multiple of four
    QStringView content;   // without the indent
    bool complete = false; // a line end was seen
    qsizetype next = 0;    // where the next line begins
};

Line lineAt(const QString& text, qsizetype begin)
{
    Line line;
    const qsizetype end = text.indexOf(u'\n', begin);
    line.complete = end >= 0;
    line.next = line.complete ? end + 1 : text.size();
    line.text = QStringView(text).mid(begin, (line.complete ? end : text.size()) - begin);
    qsizetype at = 0;
    for (; at < line.text.size(); ++at) {
        if (line.text[at] == u' ')
            ++line.indent;
        else if (line.text[at] == u'\t')
            line.indent += 4 - line.indent % 4;
        else
            break;
    }
    line.content = line.text.mid(at);
    return line;
}

struct Fence {
    QChar mark;
    qsizetype length = 0;
};

Fence fenceOf(const Line& line)
{
    if (line.indent > 3 || line.content.isEmpty())
        return {};
    const QChar mark = line.content.front();
    if (mark != u'`' && mark != u'~')
        return {};
    qsizetype length = 0;
    while (length < line.content.size() && line.content[length] == mark)
        ++length;
    if (length < 3)
        return {};
    if (mark == u'`' && line.content.mid(length).contains(u'`'))
        return {};
    return {mark, length};
}

bool closes(const Line& line, const Fence& open)
{
    const Fence fence = fenceOf(line);
    return fence.length >= open.length && fence.mark == open.mark
        && line.content.mid(fence.length).trimmed().isEmpty();
}

bool isListMarker(const Line& line)
{
    const QStringView content = line.content;
    qsizetype at = 0;
    while (at < content.size() && at < 9 && content[at] >= u'0' && content[at] <= u'9')
        ++at;
    if (at >= content.size())
        return false;
    const QChar mark = content[at];
    const bool ordered = at > 0 && (mark == u'.' || mark == u')');
    const bool bullet = at == 0 && (mark == u'-' || mark == u'*' || mark == u'+');
    return (ordered || bullet)
        && (at + 1 == content.size() || content[at + 1] == u' ' || content[at + 1] == u'\t');
}

} // namespace

SegmentEnd findSegmentEnd(const QString& text, qsizetype begin)
{
    bool inList = false;
    bool afterBlank = false;
    bool hasContent = false;
    qsizetype at = begin;
    while (at < text.size()) {
        const Line line = lineAt(text, at);
        if (line.content.isEmpty()) {
            afterBlank = hasContent;
            at = line.next;
            continue;
        }
        const bool marker = isListMarker(line);
        if (afterBlank) {
            const bool continues =
                inList ? line.indent >= 2 || (marker && line.indent < 4) : line.indent >= 4;
            if (!continues)
                return {at, line.complete};
            afterBlank = false;
        }
        const Fence fence = fenceOf(line);
        if (fence.length > 0 && !(inList && line.indent >= 2)) {
            if (hasContent)
                return {at, line.complete};
            // A fenced block: up to its closing line, blank lines included.
            for (at = line.next; at < text.size();) {
                const Line inner = lineAt(text, at);
                at = inner.next;
                if (closes(inner, fence))
                    return {at, inner.complete};
            }
            return {text.size(), false};
        }
        inList = inList || marker;
        hasContent = true;
        at = line.next;
    }
    return {text.size(), false};
}

} // namespace lectern::ui
