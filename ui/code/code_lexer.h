// SPDX-License-Identifier: Apache-2.0
// What the words of a line of code are, for colouring it. One file a family of languages; a lexer
// goes by looks, not by grammar, and is right about what a reader sees.
#pragma once

#include <QStringView>
#include <vector>

namespace lectern::ui {

enum class CodeToken { Keyword, Type, Function, String, Number, Comment };
inline constexpr int kCodeTokens = 6;

// Ascending, not overlapping, inside the line; what is in none is plain.
struct CodeSpan {
    qsizetype start = 0;
    qsizetype length = 0;
    CodeToken token = CodeToken::Keyword;

    bool operator==(const CodeSpan&) const = default;
};

struct LexedLine {
    std::vector<CodeSpan> spans;
    int state = 0; // how the line ends, for the next one: 0 is nothing open
};

// One line, without its end; `state` of the line before, 0 for the first.
// Thread: any; takes time linear in the line.
using CodeLexer = LexedLine (*)(QStringView line, int state);

// By the name that stands after ``` in Markdown, in any case. Null: no lexer knows it.
CodeLexer codeLexerFor(QStringView language);

// The families. A new language is a row in code_lexer.cpp.
LexedLine lexC(QStringView line, int state); // C, C++, CUDA
LexedLine lexJava(QStringView line, int state);
LexedLine lexCSharp(QStringView line, int state);
LexedLine lexKotlin(QStringView line, int state);
LexedLine lexSwift(QStringView line, int state);
LexedLine lexScript(QStringView line, int state); // JavaScript, TypeScript
LexedLine lexGo(QStringView line, int state);
LexedLine lexRust(QStringView line, int state);
LexedLine lexPhp(QStringView line, int state);
LexedLine lexPython(QStringView line, int state);
LexedLine lexRuby(QStringView line, int state);
LexedLine lexShell(QStringView line, int state);
LexedLine lexSql(QStringView line, int state);
LexedLine lexJson(QStringView line, int state);
LexedLine lexYaml(QStringView line, int state);
LexedLine lexIni(QStringView line, int state);    // INI, TOML
LexedLine lexMarkup(QStringView line, int state); // HTML, XML
LexedLine lexCss(QStringView line, int state);
LexedLine lexDiff(QStringView line, int state);

} // namespace lectern::ui
