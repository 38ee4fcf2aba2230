// SPDX-License-Identifier: Apache-2.0
// SQL in its dialects; its words are known in any case.
#include "ui/code/line_scanner.h"

namespace lectern::ui {
namespace {

enum State { kNothing, kComment, kString };

} // namespace

LexedLine lexSql(QStringView line, int state)
{
    static const WordSet keywords(u"add all alter analyze and any as asc begin between by cascade "
                                  u"case check collate column commit "
                                  u"conflict constraint create cross current_date "
                                  u"current_timestamp database default delete desc "
                                  u"distinct do drop else end escape except exists explain false "
                                  u"fetch filter foreign from full "
                                  u"function grant group having if ignore in index inner insert "
                                  u"intersect into is join key lateral "
                                  u"left like limit natural not nothing null offset on or order "
                                  u"outer over partition pragma primary "
                                  u"recursive references replace restrict returning revoke right "
                                  u"rollback row rows schema select "
                                  u"set strict table temporary then to transaction trigger true "
                                  u"truncate union unique update using "
                                  u"values view virtual when where window with without");
    static const WordSet types(
        u"bigint blob boolean bytea char date datetime decimal double float int integer interval "
        u"json "
        u"jsonb numeric real serial smallint text time timestamp uuid varchar");
    LineScanner scan(line);
    if (state == kComment)
        state = scan.takeUntil(u"*/", 0, CodeToken::Comment) ? kNothing : kComment;
    else if (state == kString)
        state = scan.takeUntil(u"'", 0, CodeToken::String) ? kNothing : kString;
    while (!scan.atEnd()) {
        const QChar c = scan.peek();
        if (scan.startsWith(u"--")) {
            scan.takeRest(CodeToken::Comment);
        } else if (scan.startsWith(u"/*")) {
            state = scan.takeUntil(u"*/", 2, CodeToken::Comment) ? kNothing : kComment;
        } else if (c == u'\'') {
            state = scan.takeUntil(u"'", 1, CodeToken::String) ? kNothing : kString;
        } else if (c == u'"' || c == u'`') {
            scan.takeUntil(QStringView(&c, 1), 1, CodeToken::String);
        } else if (const QStringView word = scan.word(); !word.isEmpty()) {
            if (keywords.containsAnyCase(word))
                scan.take(word.size(), CodeToken::Keyword);
            else if (types.containsAnyCase(word))
                scan.take(word.size(), CodeToken::Type);
            else if (scan.peek(word.size()) == u'(')
                scan.take(word.size(), CodeToken::Function);
            else
                scan.skip(word.size());
        } else if (!scan.takeNumber()) {
            scan.skip();
        }
    }
    return scan.finish(state);
}

} // namespace lectern::ui
