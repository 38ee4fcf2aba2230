// SPDX-License-Identifier: Apache-2.0
// Languages with // and /* */ comments and braces. They differ in their words and in a few ways of
// writing strings.
#include "ui/code/line_scanner.h"

#include <algorithm>

namespace lectern::ui {
namespace {

enum State { kNothing, kComment, kTemplate, kTripleQuoted };

struct Family {
    WordSet keywords;
    WordSet types; // in lower case; others are known by their capital
    bool preprocessor = false;
    bool templates = false;    // `...` over several lines
    bool tripleQuoted = false; // """...""" over several lines
    bool lifetimes = false;    // 'a is no character
    bool attributes = false;   // @Name
    bool hashComments = false; // # begins a comment; #[ does not
    bool dollarNames = false;  // $name
};

bool isTypeName(QStringView word)
{
    return word.size() > 1 && word[0].isUpper()
        && std::any_of(word.begin() + 1, word.end(), [](QChar c) { return c.isLower(); });
}

void lexWord(const Family& family, LineScanner& scan, QStringView word)
{
    if (family.keywords.contains(word))
        scan.take(word.size(), CodeToken::Keyword);
    else if (family.types.contains(word) || isTypeName(word))
        scan.take(word.size(), CodeToken::Type);
    else if (scan.nextVisible(word.size()) == u'(')
        scan.take(word.size(), CodeToken::Function);
    else
        scan.skip(word.size());
}

// 'a' is a character; 'a in a lifetime or a digit separator is not.
bool isCharacter(const Family& family, const LineScanner& scan)
{
    return !family.lifetimes || scan.peek(1) == u'\\' || scan.peek(2) == u'\'';
}

LexedLine lexFamily(const Family& family, QStringView line, int state)
{
    LineScanner scan(line);
    const auto goOn = [&](int open, QStringView close, qsizetype from, CodeToken token,
                          QChar escape) {
        state = scan.takeUntil(close, from, token, escape) ? kNothing : open;
    };
    if (state == kComment)
        goOn(kComment, u"*/", 0, CodeToken::Comment, {});
    else if (state == kTemplate)
        goOn(kTemplate, u"`", 0, CodeToken::String, u'\\');
    else if (state == kTripleQuoted)
        goOn(kTripleQuoted, u"\"\"\"", 0, CodeToken::String, u'\\');

    if (family.preprocessor && scan.position() == 0 && scan.nextVisible(0) == u'#') {
        scan.skip(line.indexOf(u'#'));
        qsizetype length = 1;
        while (scan.peek(length) == u' ')
            ++length;
        while (scan.peek(length).isLetter())
            ++length;
        scan.take(length, CodeToken::Keyword);
        if (scan.nextVisible(0) == u'<') { // #include <file>
            scan.skip(scan.rest().indexOf(u'<'));
            scan.takeUntil(u">", 1, CodeToken::String);
        }
    }
    while (!scan.atEnd()) {
        const QChar c = scan.peek();
        if (scan.startsWith(u"//") || (family.hashComments && c == u'#' && scan.peek(1) != u'[')) {
            scan.takeRest(CodeToken::Comment);
        } else if (scan.startsWith(u"/*")) {
            goOn(kComment, u"*/", 2, CodeToken::Comment, {});
        } else if (family.tripleQuoted && scan.startsWith(u"\"\"\"")) {
            goOn(kTripleQuoted, u"\"\"\"", 3, CodeToken::String, u'\\');
        } else if (c == u'`' && family.templates) {
            goOn(kTemplate, u"`", 1, CodeToken::String, u'\\');
        } else if (c == u'"' || (c == u'\'' && isCharacter(family, scan))) {
            scan.takeUntil(c == u'"' ? u"\"" : u"'", 1, CodeToken::String, u'\\');
        } else if (family.attributes && c == u'@' && scan.peek(1).isLetter()) {
            qsizetype length = 1;
            while (scan.peek(length).isLetterOrNumber())
                ++length;
            scan.take(length, CodeToken::Function);
        } else if (family.dollarNames && c == u'$') {
            scan.skip();
            scan.skip(scan.word().size());
        } else if (const QStringView word = scan.word(); !word.isEmpty()) {
            lexWord(family, scan, word);
        } else if (!scan.takeNumber()) {
            scan.skip();
        }
    }
    return scan.finish(state);
}

} // namespace

LexedLine lexC(QStringView line, int state)
{
    static const Family family{
        .keywords = WordSet(
            u"alignas alignof and asm auto break case catch class co_await co_return co_yield "
            u"concept "
            u"const const_cast consteval constexpr constinit continue decltype default delete do "
            u"dynamic_cast else enum explicit export extern false final for friend goto if inline "
            u"mutable namespace new noexcept not nullptr operator or override private protected "
            u"public "
            u"register reinterpret_cast requires restrict return sizeof static static_assert "
            u"static_cast struct switch template this thread_local throw true try typedef typeid "
            u"typename union using virtual volatile while NULL __global__ __device__ __host__ "
            u"__shared__"),
        .types = WordSet(u"bool char char8_t char16_t char32_t double float half int int8_t "
                         u"int16_t int32_t int64_t "
                         u"long ptrdiff_t short signed size_t ssize_t uint8_t uint16_t uint32_t "
                         u"uint64_t unsigned "
                         u"void wchar_t string string_view vector map span"),
        .preprocessor = true};
    return lexFamily(family, line, state);
}

LexedLine lexJava(QStringView line, int state)
{
    static const Family family{
        .keywords = WordSet(u"abstract as assert async await break case catch class const continue "
                            u"def default do else "
                            u"enum extends factory false final finally for get goto if implements "
                            u"import in instanceof "
                            u"interface late native new null package permits private protected "
                            u"public record required "
                            u"return sealed set static strictfp super switch synchronized this "
                            u"throw throws transient "
                            u"true try var volatile while with yield"),
        .types = WordSet(u"boolean byte char double dynamic float int long num short void bool"),
        .tripleQuoted = true,
        .attributes = true};
    return lexFamily(family, line, state);
}

LexedLine lexCSharp(QStringView line, int state)
{
    static const Family family{
        .keywords = WordSet(
            u"abstract as async await base break case catch checked class const continue default "
            u"delegate do else enum event explicit extern false finally fixed for foreach get goto "
            u"if "
            u"implicit in init interface internal is lock namespace new null operator out override "
            u"params partial private protected public readonly record ref required return sealed "
            u"set "
            u"sizeof stackalloc static struct switch this throw true try typeof unchecked unsafe "
            u"using "
            u"value var virtual volatile when where while with yield"),
        .types =
            WordSet(u"bool byte char decimal double dynamic float int long nint nuint object sbyte "
                    u"short string uint ulong ushort void"),
        .preprocessor = true,
        .tripleQuoted = true};
    return lexFamily(family, line, state);
}

LexedLine lexKotlin(QStringView line, int state)
{
    static const Family family{
        .keywords = WordSet(
            u"abstract actual annotation as break by case catch class companion const constructor "
            u"continue crossinline data def do else enum expect extends external false final "
            u"finally "
            u"for fun given if implicit import in infix init inline inner interface internal is "
            u"lateinit "
            u"lazy match new noinline null object open operator out override package private "
            u"protected "
            u"public reified return sealed super suspend tailrec then this throw trait true try "
            u"type "
            u"typealias using val var vararg when where while with yield"),
        .types = WordSet(u""),
        .tripleQuoted = true,
        .attributes = true};
    return lexFamily(family, line, state);
}

LexedLine lexSwift(QStringView line, int state)
{
    static const Family family{
        .keywords = WordSet(
            u"actor any as associatedtype async await break case catch class continue convenience "
            u"default defer deinit didSet do else enum extension fallthrough false fileprivate "
            u"final for "
            u"func get guard if import in indirect init inout internal is isolated lazy let "
            u"mutating nil "
            u"nonisolated open operator override private protocol public repeat required rethrows "
            u"return "
            u"self Self set some static struct subscript super switch throw throws true try "
            u"typealias "
            u"unowned var weak where while willSet"),
        .types = WordSet(u""),
        .tripleQuoted = true,
        .attributes = true};
    return lexFamily(family, line, state);
}

LexedLine lexScript(QStringView line, int state)
{
    static const Family family{
        .keywords = WordSet(
            u"abstract as asserts async await break case catch class const continue debugger "
            u"declare "
            u"default delete do else enum export extends false finally for from function get if "
            u"implements import in infer instanceof interface is keyof let namespace new null of "
            u"override package private protected public readonly required property return "
            u"satisfies set "
            u"signal static super switch this throw true try type typeof undefined var void while "
            u"with "
            u"yield"),
        .types = WordSet(u"any bigint boolean never number object string symbol unknown"),
        .templates = true,
        .attributes = true};
    return lexFamily(family, line, state);
}

LexedLine lexGo(QStringView line, int state)
{
    static const Family family{.keywords = WordSet(u"break case chan const continue default defer "
                                                   u"else fallthrough false for func go goto if "
                                                   u"import interface iota map nil package range "
                                                   u"return select struct switch true type var"),
        .types =
            WordSet(u"any bool byte comparable complex64 complex128 error float32 float64 int int8 "
                    u"int16 int32 int64 rune string uint uint8 uint16 uint32 uint64 uintptr"),
        .templates = true};
    return lexFamily(family, line, state);
}

LexedLine lexRust(QStringView line, int state)
{
    static const Family family{
        .keywords = WordSet(u"as async await box break const continue crate dyn else enum extern "
                            u"false fn for if impl in "
                            u"let loop macro_rules match mod move mut pub ref return self Self "
                            u"static struct super trait "
                            u"true type union unsafe use where while yield"),
        .types =
            WordSet(u"bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize"),
        .lifetimes = true};
    return lexFamily(family, line, state);
}

LexedLine lexPhp(QStringView line, int state)
{
    static const Family family{
        .keywords = WordSet(
            u"abstract and array as break callable case catch class clone const continue declare "
            u"default "
            u"do echo else elseif empty endfor endforeach endif endswitch endwhile enum extends "
            u"false "
            u"final finally fn for foreach function global goto if implements include include_once "
            u"instanceof insteadof interface isset list match namespace new null or print private "
            u"protected public readonly require require_once return static switch throw trait true "
            u"try "
            u"unset use var while xor yield"),
        .types = WordSet(u"bool float int iterable mixed never object self string void"),
        .hashComments = true,
        .dollarNames = true};
    return lexFamily(family, line, state);
}

} // namespace lectern::ui
