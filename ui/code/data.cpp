// SPDX-License-Identifier: Apache-2.0
// Data: JSON, YAML, INI and TOML. What names a value is coloured as a type, the value by its kind.
#include "ui/code/line_scanner.h"

#include <QList>

namespace lectern::ui {
namespace {

enum State { kNothing, kComment, kSingleTriple, kDoubleTriple };

const WordSet& constants()
{
    static const WordSet words(u"true false null yes no on off nan inf");
    return words;
}

// The end of the string that begins here, in characters; the rest of the line when it has none.
qsizetype stringLength(const LineScanner& scan)
{
    const QChar quote = scan.peek();
    for (qsizetype at = 1; !scan.peek(at).isNull(); ++at) {
        if (scan.peek(at) == u'\\' && quote == u'"')
            ++at;
        else if (scan.peek(at) == quote)
            return at + 1;
    }
    return scan.rest().size();
}

// A string, a number, a constant, or one character of something else.
void takeValue(LineScanner& scan)
{
    const QChar c = scan.peek();
    if (c == u'"' || c == u'\'') {
        const qsizetype length = stringLength(scan);
        const bool key = scan.nextVisible(length) == u':' || scan.nextVisible(length) == u'=';
        scan.take(length, key ? CodeToken::Type : CodeToken::String);
    } else if (const QStringView word = scan.word(); !word.isEmpty()) {
        if (constants().containsAnyCase(word))
            scan.take(word.size(), CodeToken::Keyword);
        else
            scan.skip(word.size());
    } else if (!scan.takeNumber()) {
        scan.skip();
    }
}

// How many characters the key of "key: value" or "key = value" takes; 0: the line has none.
qsizetype keyLength(const LineScanner& scan, QChar separator)
{
    qsizetype length = 0;
    while (
        scan.peek(length).isLetterOrNumber() || QStringView(u"_-./ ").contains(scan.peek(length)))
        ++length;
    if (length == 0 || scan.peek(length) != separator)
        return 0;
    const QChar after = scan.peek(length + 1);
    return separator != u':' || after.isNull() || after.isSpace() ? length : 0;
}

} // namespace

LexedLine lexJson(QStringView line, int state)
{
    LineScanner scan(line);
    if (state == kComment)
        state = scan.takeUntil(u"*/", 0, CodeToken::Comment) ? kNothing : kComment;
    while (!scan.atEnd()) {
        if (scan.startsWith(u"//"))
            scan.takeRest(CodeToken::Comment);
        else if (scan.startsWith(u"/*"))
            state = scan.takeUntil(u"*/", 2, CodeToken::Comment) ? kNothing : kComment;
        else
            takeValue(scan);
    }
    return scan.finish(state);
}

LexedLine lexYaml(QStringView line, int)
{
    LineScanner scan(line);
    while (scan.peek().isSpace() || (scan.peek() == u'-' && scan.peek(1) == u' '))
        scan.skip();
    if (scan.startsWith(u"---"))
        scan.takeRest(CodeToken::Comment);
    scan.take(keyLength(scan, u':'), CodeToken::Type);
    QChar before = u' ';
    while (!scan.atEnd()) {
        const QChar c = scan.peek();
        if (c == u'#' && before.isSpace())
            scan.takeRest(CodeToken::Comment);
        else if ((c == u'&' || c == u'*' || c == u'!') && before.isSpace())
            scan.take(1 + scan.rest().mid(1).split(u' ').front().size(), CodeToken::Function);
        else
            takeValue(scan);
        before = c;
    }
    return scan.finish(kNothing);
}

LexedLine lexIni(QStringView line, int state)
{
    LineScanner scan(line);
    const auto triple = [](int which) { return which == kSingleTriple ? u"'''" : u"\"\"\""; };
    if (state == kSingleTriple || state == kDoubleTriple)
        state = scan.takeUntil(triple(state), 0, CodeToken::String) ? kNothing : state;
    else if (scan.nextVisible(0) == u'[' && !line.contains(u'='))
        scan.takeUntil(u"]", 0, CodeToken::Keyword);
    else if (scan.peek() == u';')
        scan.takeRest(CodeToken::Comment);
    else
        scan.take(keyLength(scan, u'='), CodeToken::Type);
    while (!scan.atEnd()) {
        if (scan.peek() == u'#') {
            scan.takeRest(CodeToken::Comment);
            break;
        }
        bool multiLine = false;
        for (const int which : {kSingleTriple, kDoubleTriple})
            if (scan.startsWith(triple(which))) {
                state = scan.takeUntil(triple(which), 3, CodeToken::String) ? kNothing : which;
                multiLine = true;
                break;
            }
        if (!multiLine)
            takeValue(scan);
    }
    return scan.finish(state);
}

LexedLine lexDiff(QStringView line, int)
{
    LineScanner scan(line);
    if (line.startsWith(u"@@"))
        scan.takeRest(CodeToken::Keyword);
    else if (line.startsWith(u"+++") || line.startsWith(u"---") || line.startsWith(u"diff ")
        || line.startsWith(u"index "))
        scan.takeRest(CodeToken::Comment);
    else if (line.startsWith(u'+'))
        scan.takeRest(CodeToken::String);
    else if (line.startsWith(u'-'))
        scan.takeRest(CodeToken::Number);
    return scan.finish(kNothing);
}

} // namespace lectern::ui
