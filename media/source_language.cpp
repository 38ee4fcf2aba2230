// SPDX-License-Identifier: Apache-2.0
// The table of text formats by file name, and a few tell-tale beginnings.
#include "media/source_language.h"

#include <algorithm>
#include <array>
#include <string>

namespace lectern::media {

namespace {

using namespace std::string_view_literals;

struct Row {
    std::string_view name; // extension with its dot, or a whole file name; lower case
    TextFormat format;
};

constexpr TextFormat kPlain{"Plain text"sv, {}};
constexpr TextFormat kCpp{"C++ source"sv, "C++"sv};
constexpr TextFormat kCppHeader{"C++ header"sv, "C++"sv};
constexpr TextFormat kC{"C source"sv, "C"sv};
constexpr TextFormat kPython{"Python source"sv, "Python"sv};
constexpr TextFormat kJavaScript{"JavaScript source"sv, "JavaScript"sv};
constexpr TextFormat kTypeScript{"TypeScript source"sv, "TypeScript"sv};
constexpr TextFormat kShell{"Shell script"sv, "Shell"sv};
constexpr TextFormat kPerl{"Perl source"sv, "Perl"sv};
constexpr TextFormat kRuby{"Ruby source"sv, "Ruby"sv};
constexpr TextFormat kMarkdown{"Markdown"sv, {}};
constexpr TextFormat kHtml{"HTML source"sv, "HTML"sv};
constexpr TextFormat kXml{"XML data"sv, "XML"sv};
constexpr TextFormat kJson{"JSON data"sv, "JSON"sv};
constexpr TextFormat kYaml{"YAML data"sv, "YAML"sv};
constexpr TextFormat kCMake{"CMake script"sv, "CMake"sv};
constexpr TextFormat kMake{"Makefile"sv, "Make"sv};
constexpr TextFormat kFortran{"Fortran source"sv, "Fortran"sv};
constexpr TextFormat kLatex{"LaTeX source"sv, "LaTeX"sv};
constexpr TextFormat kIni{"Configuration file"sv, "INI"sv};

constexpr std::array kRows = std::to_array<Row>({
    {".txt"sv, kPlain},
    {".text"sv, kPlain},
    {".log"sv, {"Log file"sv, {}}},
    {".md"sv, kMarkdown},
    {".markdown"sv, kMarkdown},
    {".mkd"sv, kMarkdown},
    {".rst"sv, {"reStructuredText"sv, {}}},
    {".adoc"sv, {"AsciiDoc"sv, {}}},
    {".org"sv, {"Org document"sv, {}}},
    {".tex"sv, kLatex},
    {".sty"sv, kLatex},
    {".bib"sv, {"BibTeX data"sv, "BibTeX"sv}},
    {".srt"sv, {"Subtitles"sv, {}}},
    {".vtt"sv, {"Subtitles"sv, {}}},
    {".csv"sv, {"CSV table"sv, {}}},
    {".tsv"sv, {"Tab-separated table"sv, {}}},
    {".c"sv, kC},
    {".cc"sv, kCpp},
    {".cpp"sv, kCpp},
    {".cxx"sv, kCpp},
    {".c++"sv, kCpp},
    {".ipp"sv, kCpp},
    {".hh"sv, kCppHeader},
    {".hpp"sv, kCppHeader},
    {".hxx"sv, kCppHeader},
    {".cu"sv, {"CUDA source"sv, "CUDA"sv}},
    {".cuh"sv, {"CUDA header"sv, "CUDA"sv}},
    {".cs"sv, {"C# source"sv, "C#"sv}},
    {".java"sv, {"Java source"sv, "Java"sv}},
    {".kt"sv, {"Kotlin source"sv, "Kotlin"sv}},
    {".scala"sv, {"Scala source"sv, "Scala"sv}},
    {".swift"sv, {"Swift source"sv, "Swift"sv}},
    {".go"sv, {"Go source"sv, "Go"sv}},
    {".rs"sv, {"Rust source"sv, "Rust"sv}},
    {".py"sv, kPython},
    {".pyi"sv, kPython},
    {".pyw"sv, kPython},
    {".rb"sv, kRuby},
    {".pl"sv, kPerl},
    {".pm"sv, kPerl},
    {".php"sv, {"PHP source"sv, "PHP"sv}},
    {".lua"sv, {"Lua source"sv, "Lua"sv}},
    {".r"sv, {"R source"sv, "R"sv}},
    {".jl"sv, {"Julia source"sv, "Julia"sv}},
    {".hs"sv, {"Haskell source"sv, "Haskell"sv}},
    {".ml"sv, {"OCaml source"sv, "OCaml"sv}},
    {".ex"sv, {"Elixir source"sv, "Elixir"sv}},
    {".erl"sv, {"Erlang source"sv, "Erlang"sv}},
    {".clj"sv, {"Clojure source"sv, "Clojure"sv}},
    {".lisp"sv, {"Lisp source"sv, "Lisp"sv}},
    {".f"sv, kFortran},
    {".f90"sv, kFortran},
    {".f95"sv, kFortran},
    {".pas"sv, {"Pascal source"sv, "Pascal"sv}},
    {".asm"sv, {"Assembly source"sv, "Assembly"sv}},
    {".s"sv, {"Assembly source"sv, "Assembly"sv}},
    {".sql"sv, {"SQL script"sv, "SQL"sv}},
    {".js"sv, kJavaScript},
    {".mjs"sv, kJavaScript},
    {".cjs"sv, kJavaScript},
    {".jsx"sv, kJavaScript},
    {".tsx"sv, kTypeScript},
    {".qml"sv, {"QML source"sv, "QML"sv}},
    {".css"sv, {"CSS source"sv, "CSS"sv}},
    {".scss"sv, {"SCSS source"sv, "SCSS"sv}},
    {".html"sv, kHtml},
    {".htm"sv, kHtml},
    {".xhtml"sv, kHtml},
    {".xml"sv, kXml},
    {".svg"sv, {"SVG source"sv, "XML"sv}},
    {".json"sv, kJson},
    {".jsonl"sv, {"JSON lines"sv, "JSON"sv}},
    {".ipynb"sv, {"Jupyter notebook"sv, "JSON"sv}},
    {".yaml"sv, kYaml},
    {".yml"sv, kYaml},
    {".toml"sv, {"TOML data"sv, "TOML"sv}},
    {".ini"sv, kIni},
    {".cfg"sv, kIni},
    {".conf"sv, kIni},
    {".desktop"sv, kIni},
    {".sh"sv, kShell},
    {".bash"sv, kShell},
    {".zsh"sv, kShell},
    {".ps1"sv, {"PowerShell script"sv, "PowerShell"sv}},
    {".bat"sv, {"Batch script"sv, "Batch"sv}},
    {".cmake"sv, kCMake},
    {"cmakelists.txt"sv, kCMake},
    {"makefile"sv, kMake},
    {"gnumakefile"sv, kMake},
    {".mk"sv, kMake},
    {"dockerfile"sv, {"Dockerfile"sv, "Dockerfile"sv}},
    {".diff"sv, {"Patch"sv, "Diff"sv}},
    {".patch"sv, {"Patch"sv, "Diff"sv}},
    {".proto"sv, {"Protocol Buffers source"sv, "Protocol Buffers"sv}},
    {".eml"sv, {"Mail source"sv, {}}},
});

struct Interpreter {
    std::string_view name;
    TextFormat format;
};
constexpr std::array kInterpreters = std::to_array<Interpreter>({
    {"python"sv, kPython}, {"node"sv, kJavaScript}, {"perl"sv, kPerl}, {"ruby"sv, kRuby},
    {"sh"sv, kShell}, // bash, zsh, dash too
});

std::string lowerAscii(std::string_view text)
{
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

bool contains(std::string_view text, std::string_view needle)
{
    return text.find(needle) != std::string_view::npos;
}

TextFormat headerFormat(std::string_view text)
{
    const bool cpp = contains(text, "namespace "sv) || contains(text, "class "sv)
        || contains(text, "template"sv) || contains(text, "std::"sv);
    return cpp ? kCppHeader : TextFormat{"C header"sv, "C"sv};
}

// ".m" and ".ts" have two owners each; the latter's other one is video.
TextFormat objectiveCOrMatlab(std::string_view text)
{
    const bool objectiveC = contains(text, "@interface"sv) || contains(text, "@implementation"sv)
        || contains(text, "#import"sv);
    return objectiveC ? TextFormat{"Objective-C source"sv, "Objective-C"sv}
                      : TextFormat{"MATLAB source"sv, "MATLAB"sv};
}

TextFormat byContent(std::string_view text)
{
    const std::string_view firstLine = text.substr(0, std::min(text.find('\n'), text.size()));
    if (firstLine.starts_with("#!"sv)) {
        for (const Interpreter& interpreter : kInterpreters)
            if (contains(firstLine, interpreter.name))
                return interpreter.format;
    }
    const std::size_t begin = std::min(text.find_first_not_of(" \t\n"sv), text.size());
    const std::string start = lowerAscii(text.substr(begin, 64));
    if (start.starts_with("<?xml"sv))
        return kXml;
    if (start.starts_with("<!doctype html"sv) || start.starts_with("<html"sv))
        return kHtml;
    if (start.starts_with("\\documentclass"sv))
        return kLatex;
    if (start.starts_with("diff --git "sv))
        return {"Patch"sv, "Diff"sv};
    return kPlain;
}

} // namespace

TextFormat textFormat(std::string_view fileName, std::string_view text)
{
    const std::string name = lowerAscii(fileName.substr(fileName.find_last_of('/') + 1));
    const std::string_view whole = name;
    const std::size_t dot = whole.find_last_of('.');
    const std::string_view extension =
        dot == std::string_view::npos ? std::string_view() : whole.substr(dot);
    if (extension == ".h"sv)
        return headerFormat(text);
    if (extension == ".m"sv)
        return objectiveCOrMatlab(text);
    if (extension == ".ts"sv)
        return kTypeScript;
    const auto byName = std::ranges::find(kRows, whole, &Row::name);
    if (byName != kRows.end())
        return byName->format;
    const auto byExtension = std::ranges::find(kRows, extension, &Row::name);
    if (!extension.empty() && byExtension != kRows.end())
        return byExtension->format;
    return byContent(text);
}

} // namespace lectern::media
