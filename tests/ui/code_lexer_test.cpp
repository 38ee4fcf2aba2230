// SPDX-License-Identifier: Apache-2.0
// What of a piece of code is coloured, language by language.
#include "ui/code/code_lexer.h"

#include <QStringList>
#include <QtTest/QTest>

using namespace lectern::ui;

namespace {

// The code with every span in brackets: [k:return] [n:1].
QString marked(const QString& language, const QString& code)
{
    const CodeLexer lexer = codeLexerFor(language);
    if (lexer == nullptr)
        return QStringLiteral("no lexer");
    QStringList lines;
    int state = 0;
    for (const QString& line : code.split(u'\n')) {
        const LexedLine lexed = lexer(line, state);
        state = lexed.state;
        QString shown;
        qsizetype at = 0;
        for (const CodeSpan& span : lexed.spans) {
            static constexpr QStringView kLetters = u"ktfsnc";
            shown += line.mid(at, span.start - at) + u'[' + kLetters[static_cast<int>(span.token)]
                + u':' + line.mid(span.start, span.length) + u']';
            at = span.start + span.length;
        }
        lines << shown + line.mid(at);
    }
    return lines.join(u'\n');
}

} // namespace

class CodeLexerTest : public QObject {
    Q_OBJECT

private slots:
    void marksWhatAReaderSees_data()
    {
        QTest::addColumn<QString>("language");
        QTest::addColumn<QString>("code");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char* name, const char* language, const char* code,
                             const char* expected) {
            QTest::newRow(name) << QString::fromUtf8(language) << QString::fromUtf8(code)
                                << QString::fromUtf8(expected);
        };
        row("c-include", "cpp", "#include <vector> // all", "[k:#include] [s:<vector>] [c:// all]");
        row("c-comment", "C++", "int a; /* one\ntwo */ return f(0x1F);",
            "[t:int] a; [c:/* one]\n[c:two */] [k:return] [f:f]([n:0x1F]);");
        row("c-strings", "c", "char q = '\\''; s = \"a\\\"b\"; x",
            "[t:char] q = [s:'\\'']; s = [s:\"a\\\"b\"]; x");
        row("c-numbers", "cpp", "1'000'000 2.5e-3f .5 a1 v.size()",
            "[n:1'000'000] [n:2.5e-3f] [n:.5] a1 v.[f:size]()");
        row("c-open-string", "c", "s = \"never closed\nint b;",
            "s = [s:\"never closed]\n[t:int] b;");
        row("java", "java", "@Override public String name() { return \"x\"; }",
            "[f:@Override] [k:public] [t:String] [f:name]() { [k:return] [s:\"x\"]; }");
        row("csharp", "c#", "var list = new List<int>();",
            "[k:var] list = [k:new] [t:List]<[t:int]>();");
        row("kotlin", "kt", "fun main() = \"\"\"a\nb\"\"\"",
            "[k:fun] [f:main]() = [s:\"\"\"a]\n[s:b\"\"\"]");
        row("swift", "swift", "guard let x = y else { return }",
            "[k:guard] [k:let] x = y [k:else] { [k:return] }");
        row("script-template", "ts", "const a = `x\n${y}` as string;",
            "[k:const] a = [s:`x]\n[s:${y}`] [k:as] [t:string];");
        row("go", "go", "func f(s string) error { return nil }",
            "[k:func] [f:f](s [t:string]) [t:error] { [k:return] [k:nil] }");
        row("rust-lifetime", "rust", "fn f<'a>(c: &'a str) -> char { 'x' }",
            "[k:fn] f<'a>(c: &'a [t:str]) -> [t:char] { [s:'x'] }");
        row("php", "php", "$name = strlen($x); # end", "$name = [f:strlen]($x); [c:# end]");
        row("python", "py", "@cached\ndef f(x: int) -> str:\n    return f\"{x!r}\" # no",
            "[f:@cached]\n[k:def] [f:f](x: [t:int]) -> [t:str]:\n    [k:return] [s:f\"{x!r}\"] "
            "[c:# no]");
        row("python-docstring", "python", "\"\"\"One\ntwo\"\"\" + 'three'",
            "[s:\"\"\"One]\n[s:two\"\"\"] + [s:'three']");
        row("python-names", "python", "classes = bright - 0b101", "classes = bright - [n:0b101]");
        row("ruby", "rb", "def go(a) puts :sym end # x",
            "[k:def] [f:go](a) puts [s::sym] [k:end] [c:# x]");
        row("shell", "bash", "if grep -q \"$HOME\" a.txt; then rm -r x # gone",
            "[k:if] [f:grep] -q [s:\"$HOME\"] a.txt; [k:then] [f:rm] -r x [c:# gone]");
        row("shell-variable", "sh", "echo ${HOME}/a#b 'it\nis'",
            "[f:echo] [t:${HOME}]/a#b [s:'it]\n[s:is']");
        row("sql", "sql", "Select count(*) from t where name = 'a''b' -- all",
            "[k:Select] [f:count](*) [k:from] t [k:where] name = [s:'a''b'] [c:-- all]");
        row("json", "json", "{\"a\": [1.5e3, true, \"x\"]}",
            "{[t:\"a\"]: [[n:1.5e3], [k:true], [s:\"x\"]]}");
        row("yaml", "yaml", "- name: build # now\n  on: true\n  url: http://x/#a",
            "- [t:name]: build [c:# now]\n  [t:on]: [k:true]\n  [t:url]: http://x/#a");
        row("toml", "toml", "[tool.a]\nkey = \"v\" # c\nn = 3",
            "[k:[tool.a]]\n[t:key ]= [s:\"v\"] [c:# c]\n[t:n ]= [n:3]");
        row("html", "html", "<a href=\"x\">b &amp; c</a><!-- d\ne -->",
            "[k:<a] [t:href]=[s:\"x\"][k:>]b [n:&amp;] c[k:</a>][c:<!-- d]\n[c:e -->]");
        row("css", "css", "a:hover { color: #fff; width: calc(1px) } /* x",
            "[k:a]:[k:hover] { [t:color]: [n:#fff]; [t:width]: [f:calc]([n:1px]) } [c:/* x]");
        row("diff", "diff", "@@ -1 +1 @@\n-old\n+new\n same",
            "[k:@@ -1 +1 @@]\n[n:-old]\n[s:+new]\n same");
    }
    void marksWhatAReaderSees()
    {
        QFETCH(QString, language);
        QFETCH(QString, code);
        QFETCH(QString, expected);
        QCOMPARE(marked(language, code), expected);
    }

    void leavesUnknownLanguagesAlone()
    {
        QVERIFY(codeLexerFor(u"") == nullptr);
        QVERIFY(codeLexerFor(u"brainfuck") == nullptr);
        QVERIFY(codeLexerFor(u"PYTHON") == &lexPython);
    }
};

QTEST_GUILESS_MAIN(CodeLexerTest)
#include "code_lexer_test.moc"
