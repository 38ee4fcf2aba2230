// SPDX-License-Identifier: Apache-2.0
// HTML and XML, and the style sheets that go with them.
#include "ui/code/line_scanner.h"

namespace lectern::ui {
namespace {

enum State { kNothing, kComment, kTag, kInRule };

// From `from` on; `joint` is a further character that names contain.
qsizetype nameLength(const LineScanner& scan, qsizetype from, QChar joint)
{
    qsizetype length = from;
    while (scan.peek(length).isLetterOrNumber() || scan.peek(length) == u'_'
        || scan.peek(length) == joint || scan.peek(length) == u'-')
        ++length;
    return length;
}

// Inside <...>: attributes and their values. Returns the state at its end.
int lexTag(LineScanner& scan)
{
    while (!scan.atEnd()) {
        const QChar c = scan.peek();
        if (c == u'>') {
            scan.take(1, CodeToken::Keyword);
            return kNothing;
        }
        if (c == u'/' || c == u'?') {
            scan.take(1, CodeToken::Keyword);
        } else if (c == u'"' || c == u'\'') {
            scan.takeUntil(QStringView(&c, 1), 1, CodeToken::String);
        } else if (const qsizetype length = nameLength(scan, 0, u':'); length > 0) {
            scan.take(length, CodeToken::Type);
        } else {
            scan.skip();
        }
    }
    return kTag;
}

} // namespace

LexedLine lexMarkup(QStringView line, int state)
{
    LineScanner scan(line);
    if (state == kComment)
        state = scan.takeUntil(u"-->", 0, CodeToken::Comment) ? kNothing : kComment;
    else if (state == kTag)
        state = lexTag(scan);
    while (!scan.atEnd()) {
        if (scan.startsWith(u"<!--")) {
            state = scan.takeUntil(u"-->", 4, CodeToken::Comment) ? kNothing : kComment;
        } else if (scan.peek() == u'<'
            && (scan.peek(1).isLetter() || QStringView(u"/!?").contains(scan.peek(1)))) {
            scan.take(nameLength(scan, scan.peek(1).isLetter() ? 1 : 2, u':'), CodeToken::Keyword);
            state = lexTag(scan);
        } else if (scan.peek() == u'&' && scan.rest().left(12).contains(u';')) {
            scan.takeUntil(u";", 1, CodeToken::Number);
        } else {
            scan.skip();
        }
    }
    return scan.finish(state);
}

LexedLine lexCss(QStringView line, int state)
{
    LineScanner scan(line);
    // A comment inside a rule goes back into it.
    bool inRule = state == kInRule || state == kComment + kInRule;
    bool comment = state == kComment || state == kComment + kInRule;
    if (comment)
        comment = !scan.takeUntil(u"*/", 0, CodeToken::Comment);
    while (!scan.atEnd()) {
        const QChar c = scan.peek();
        if (scan.startsWith(u"/*")) {
            comment = !scan.takeUntil(u"*/", 2, CodeToken::Comment);
        } else if (scan.startsWith(u"//")) {
            scan.takeRest(CodeToken::Comment);
        } else if (c == u'"' || c == u'\'') {
            scan.takeUntil(QStringView(&c, 1), 1, CodeToken::String, u'\\');
        } else if (c == u'{' || c == u'}') {
            inRule = c == u'{';
            scan.skip();
        } else if (c == u'@') {
            scan.take(nameLength(scan, 1, u'_'), CodeToken::Keyword);
        } else if (c == u'#' && inRule) { // a colour
            scan.take(nameLength(scan, 1, u'_'), CodeToken::Number);
        } else if (c.isLetter() || c == u'-' || c == u'.' || c == u'#') {
            const qsizetype length = nameLength(scan, 1, u'_');
            if (!inRule)
                scan.take(length, CodeToken::Keyword);
            else if (scan.nextVisible(length) == u':')
                scan.take(length, CodeToken::Type);
            else if (scan.peek(length) == u'(')
                scan.take(length, CodeToken::Function);
            else if (!scan.takeNumber())
                scan.skip(length);
        } else if (!scan.takeNumber()) {
            scan.skip();
        }
    }
    return scan.finish((comment ? kComment : kNothing) + (inRule ? kInRule : kNothing));
}

} // namespace lectern::ui
