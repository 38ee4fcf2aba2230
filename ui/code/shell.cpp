// SPDX-License-Identifier: Apache-2.0
// Shells, and what is written like them: Dockerfiles, makefiles, CMake.
#include "ui/code/line_scanner.h"

namespace lectern::ui {
namespace {

enum State { kNothing, kSingleQuoted, kDoubleQuoted };

// $name, ${name}, $1
void takeVariable(LineScanner& scan)
{
    if (scan.peek(1) == u'{') {
        scan.takeUntil(u"}", 2, CodeToken::Type);
        return;
    }
    qsizetype length = 1;
    while (scan.peek(length).isLetterOrNumber() || scan.peek(length) == u'_')
        ++length;
    if (length == 1 && QStringView(u"?!#@*$-").contains(scan.peek(1)))
        ++length;
    if (length > 1)
        scan.take(length, CodeToken::Type);
    else
        scan.skip();
}

bool endsWord(QChar c)
{
    return c.isNull() || c.isSpace() || QStringView(u";|&()<>").contains(c);
}

} // namespace

LexedLine lexShell(QStringView line, int state)
{
    static const WordSet keywords(
        u"break case continue do done elif else esac exit export fi for function if in local "
        u"readonly "
        u"return select set shift source then trap unset until while FROM RUN CMD COPY ADD ENV ARG "
        u"WORKDIR EXPOSE ENTRYPOINT LABEL USER VOLUME foreach endforeach endif elseif endfunction "
        u"macro "
        u"endmacro include ifdef ifndef ifeq ifneq endef define");
    LineScanner scan(line);
    if (state != kNothing)
        state = scan.takeUntil(state == kSingleQuoted ? u"'" : u"\"", 0, CodeToken::String,
                    state == kSingleQuoted ? QChar() : QChar(u'\\'))
            ? kNothing
            : state;
    bool wordStart = true;
    bool command = true; // the next word is the name of a program
    if (scan.position() == 0 && (line.startsWith(u"$ ") || line.startsWith(u"# "))
        && line.size() > 2 && line[0] == u'$')
        scan.skip(2);
    while (!scan.atEnd()) {
        const QChar c = scan.peek();
        if (c == u'#' && wordStart) {
            scan.takeRest(CodeToken::Comment);
        } else if (c == u'\\') {
            scan.skip(2);
            wordStart = command = false;
        } else if (c == u'\'' || c == u'"') {
            const bool closed = scan.takeUntil(
                c == u'"' ? u"\"" : u"'", 1, CodeToken::String, c == u'"' ? QChar(u'\\') : QChar());
            state = closed ? kNothing : c == u'"' ? kDoubleQuoted : kSingleQuoted;
            wordStart = command = false;
        } else if (c == u'$') {
            takeVariable(scan);
            wordStart = command = false;
        } else if (c.isSpace()) {
            scan.skip();
            wordStart = true;
        } else if (QStringView(u";|&(").contains(c)) {
            scan.skip();
            wordStart = command = true;
        } else if (!wordStart || scan.word().isEmpty()) {
            if (!(wordStart && scan.takeNumber()))
                scan.skip();
            wordStart = command = false;
        } else {
            const QStringView word = scan.word();
            const QChar after = scan.peek(word.size());
            if (keywords.contains(word) && (endsWord(after))) {
                scan.take(word.size(), CodeToken::Keyword);
            } else if (command && (endsWord(after) || after == u'-')) {
                qsizetype length = word.size();
                while (!endsWord(scan.peek(length)))
                    ++length;
                scan.take(length, CodeToken::Function);
                command = false;
            } else {
                scan.skip(word.size());
                command = false;
            }
            wordStart = false;
        }
    }
    return scan.finish(state);
}

} // namespace lectern::ui
