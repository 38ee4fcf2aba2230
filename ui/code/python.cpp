// SPDX-License-Identifier: Apache-2.0
// Python and Ruby: # comments, words that name what follows them, strings over several lines.
#include "ui/code/line_scanner.h"

#include <algorithm>

namespace lectern::ui {
namespace {

enum State { kNothing, kSingleTriple, kDoubleTriple, kBlockComment };

constexpr QStringView kTriples[] = {u"", u"'''", u"\"\"\""};

// The length of a string's prefix (r, b, f, u and pairs) when a quote follows it.
qsizetype stringPrefix(const LineScanner& scan, QStringView word)
{
    const bool letters = word.size() <= 2 && std::all_of(word.begin(), word.end(), [](QChar c) {
        return QStringView(u"rbfuRBFU").contains(c);
    });
    const QChar quote = scan.peek(word.size());
    return letters && (quote == u'\'' || quote == u'"') ? word.size() : -1;
}

// A string that begins here, after `prefix` characters. Returns the state it leaves.
int takeString(LineScanner& scan, qsizetype prefix)
{
    for (const int state : {kSingleTriple, kDoubleTriple})
        if (scan.rest().mid(prefix).startsWith(kTriples[state]))
            return scan.takeUntil(kTriples[state], prefix + 3, CodeToken::String, u'\\') ? kNothing
                                                                                         : state;
    const QChar quote = scan.peek(prefix);
    scan.takeUntil(QStringView(&quote, 1), prefix + 1, CodeToken::String, u'\\');
    return kNothing;
}

// The name after "def" and "class".
void takeName(LineScanner& scan, CodeToken token)
{
    while (scan.peek() == u' ')
        scan.skip();
    scan.take(scan.word().size(), token);
}

void lexWord(const WordSet& keywords, const WordSet& types, LineScanner& scan, QStringView word)
{
    if (keywords.contains(word)) {
        const bool defines = word == u"def" || word == u"class" || word == u"module";
        const CodeToken named = word == u"def" ? CodeToken::Function : CodeToken::Type;
        scan.take(word.size(), CodeToken::Keyword);
        if (defines)
            takeName(scan, named);
    } else if (types.contains(word)) {
        scan.take(word.size(), CodeToken::Type);
    } else if (scan.peek(word.size()) == u'(') {
        scan.take(word.size(), CodeToken::Function);
    } else {
        scan.skip(word.size());
    }
}

} // namespace

LexedLine lexPython(QStringView line, int state)
{
    static const WordSet keywords(u"False None True and as assert async await break case class "
                                  u"continue def del elif else except "
                                  u"finally for from global if import in is lambda match nonlocal "
                                  u"not or pass raise return self "
                                  u"try while with yield");
    static const WordSet types(
        u"bool bytes dict float frozenset int list object set str tuple type Exception ValueError "
        u"TypeError KeyError IndexError RuntimeError OSError Path Optional Any Callable Iterable");
    LineScanner scan(line);
    if (state == kSingleTriple || state == kDoubleTriple)
        state = scan.takeUntil(kTriples[state], 0, CodeToken::String, u'\\') ? kNothing : state;
    while (!scan.atEnd()) {
        const QChar c = scan.peek();
        if (c == u'#') {
            scan.takeRest(CodeToken::Comment);
        } else if (c == u'\'' || c == u'"') {
            state = takeString(scan, 0);
        } else if (c == u'@' && scan.peek(1).isLetter()) {
            qsizetype length = 1;
            while (scan.peek(length).isLetterOrNumber() || scan.peek(length) == u'.'
                || scan.peek(length) == u'_')
                ++length;
            scan.take(length, CodeToken::Function);
        } else if (const QStringView word = scan.word(); !word.isEmpty()) {
            if (const qsizetype prefix = stringPrefix(scan, word); prefix > 0)
                state = takeString(scan, prefix);
            else
                lexWord(keywords, types, scan, word);
        } else if (!scan.takeNumber()) {
            scan.skip();
        }
    }
    return scan.finish(state);
}

LexedLine lexRuby(QStringView line, int state)
{
    static const WordSet keywords(
        u"alias and attr_accessor attr_reader attr_writer begin break case class def defined do "
        u"else "
        u"elsif end ensure extend false for if in include loop module new next nil not or private "
        u"protected public raise redo require require_relative rescue retry return self super then "
        u"true "
        u"undef unless until when while yield");
    static const WordSet types(
        u"Array Float Hash Integer Object Proc Range Regexp String Struct Symbol");
    LineScanner scan(line);
    if (state == kBlockComment || line.startsWith(u"=begin")) {
        scan.takeRest(CodeToken::Comment);
        return scan.finish(line.startsWith(u"=end") ? kNothing : kBlockComment);
    }
    while (!scan.atEnd()) {
        const QChar c = scan.peek();
        if (c == u'#') {
            scan.takeRest(CodeToken::Comment);
        } else if (c == u'\'' || c == u'"' || c == u'`') {
            scan.takeUntil(QStringView(&c, 1), 1, CodeToken::String, u'\\');
        } else if (c == u':' && scan.peek(1).isLetter()) {
            qsizetype length = 1;
            while (scan.peek(length).isLetterOrNumber() || scan.peek(length) == u'_')
                ++length;
            scan.take(length, CodeToken::String);
        } else if (c == u':' && scan.peek(1) == u':') {
            scan.skip(2);
        } else if (const QStringView word = scan.word(); !word.isEmpty()) {
            lexWord(keywords, types, scan, word);
        } else if (!scan.takeNumber()) {
            scan.skip();
        }
    }
    return scan.finish(kNothing);
}

} // namespace lectern::ui
