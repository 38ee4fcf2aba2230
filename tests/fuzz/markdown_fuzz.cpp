// SPDX-License-Identifier: Apache-2.0
// Fuzz entry of the Markdown of answers: any text parses, streams to the same blocks, and yields
// HTML of the small vocabulary only; and any text, taken for code of any language, is coloured in
// order and inside its lines.
#include "ui/code/code_lexer.h"
#include "ui/markdown_blocks.h"

#include <cstdint>
#include <cstdlib>

namespace {

void colour(const QString& code)
{
    using namespace lectern::ui;
    for (const CodeLexer lexer : {lexC, lexJava, lexCSharp, lexKotlin, lexSwift, lexScript, lexGo,
             lexRust, lexPhp, lexPython, lexRuby, lexShell, lexSql, lexJson, lexYaml, lexIni,
             lexMarkup, lexCss, lexDiff}) {
        int state = 0;
        for (const QString& line : code.split(u'\n')) {
            const LexedLine lexed = lexer(line, state);
            state = lexed.state;
            qsizetype at = 0;
            for (const CodeSpan& span : lexed.spans) {
                if (span.start < at || span.length <= 0 || span.start + span.length > line.size())
                    std::abort();
                at = span.start + span.length;
            }
            if (state < 0)
                std::abort();
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace lectern::ui;
    if (size == 0)
        return 0;
    const qsizetype step = 1 + data[0] % 31; // the size of the pieces it streams in
    const QString text = QString::fromUtf8(
        reinterpret_cast<const char*>(data + 1), static_cast<qsizetype>(size - 1));
    colour(text);
    const std::vector<Block> whole = parseMarkdown(text);
    MarkdownStream stream;
    for (qsizetype at = 0; at < text.size(); at += step)
        stream.append(text.mid(at, step));
    if (stream.blocks() != whole)
        std::abort();
    for (const Block& block : whole) {
        for (const QString& html : block.cells + QStringList{block.html}) {
            for (qsizetype at = html.indexOf(u'<'); at >= 0; at = html.indexOf(u'<', at + 1)) {
                const QStringView tag = QStringView(html).mid(at);
                bool known = false;
                for (const QStringView start :
                    {u"<b>", u"</b>", u"<i>", u"</i>", u"<s>", u"</s>", u"<br>", u"<span style=\"",
                        u"</span>", u"<a href=\"http", u"<a href=\"HTTP", u"</a>"})
                    known = known || tag.startsWith(start, Qt::CaseInsensitive);
                if (!known)
                    std::abort();
            }
        }
    }
    return 0;
}
