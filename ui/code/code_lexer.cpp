// SPDX-License-Identifier: Apache-2.0
// The names of languages and which lexer reads them.
#include "ui/code/code_lexer.h"

namespace lectern::ui {
namespace {

struct Row {
    QStringView name;
    CodeLexer lexer;
};

constexpr Row kLanguages[] = {
    {u"c", lexC},
    {u"h", lexC},
    {u"cc", lexC},
    {u"c++", lexC},
    {u"cpp", lexC},
    {u"cxx", lexC},
    {u"hpp", lexC},
    {u"cuda", lexC},
    {u"cu", lexC},
    {u"objc", lexC},
    {u"java", lexJava},
    {u"scala", lexKotlin},
    {u"groovy", lexJava},
    {u"dart", lexJava},
    {u"cs", lexCSharp},
    {u"c#", lexCSharp},
    {u"csharp", lexCSharp},
    {u"kotlin", lexKotlin},
    {u"kt", lexKotlin},
    {u"swift", lexSwift},
    {u"js", lexScript},
    {u"jsx", lexScript},
    {u"mjs", lexScript},
    {u"javascript", lexScript},
    {u"ts", lexScript},
    {u"tsx", lexScript},
    {u"typescript", lexScript},
    {u"qml", lexScript},
    {u"go", lexGo},
    {u"golang", lexGo},
    {u"rust", lexRust},
    {u"rs", lexRust},
    {u"php", lexPhp},
    {u"python", lexPython},
    {u"python3", lexPython},
    {u"py", lexPython},
    {u"ruby", lexRuby},
    {u"rb", lexRuby},
    {u"sh", lexShell},
    {u"bash", lexShell},
    {u"zsh", lexShell},
    {u"shell", lexShell},
    {u"console", lexShell},
    {u"dockerfile", lexShell},
    {u"makefile", lexShell},
    {u"cmake", lexShell},
    {u"sql", lexSql},
    {u"sqlite", lexSql},
    {u"postgresql", lexSql},
    {u"mysql", lexSql},
    {u"json", lexJson},
    {u"jsonc", lexJson},
    {u"json5", lexJson},
    {u"yaml", lexYaml},
    {u"yml", lexYaml},
    {u"ini", lexIni},
    {u"toml", lexIni},
    {u"conf", lexIni},
    {u"html", lexMarkup},
    {u"htm", lexMarkup},
    {u"xml", lexMarkup},
    {u"svg", lexMarkup},
    {u"css", lexCss},
    {u"scss", lexCss},
    {u"less", lexCss},
    {u"diff", lexDiff},
    {u"patch", lexDiff},
};

} // namespace

CodeLexer codeLexerFor(QStringView language)
{
    for (const Row& row : kLanguages)
        if (language.compare(row.name, Qt::CaseInsensitive) == 0)
            return row.lexer;
    return nullptr;
}

} // namespace lectern::ui
