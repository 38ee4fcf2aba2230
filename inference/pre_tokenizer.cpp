// SPDX-License-Identifier: Apache-2.0
// The splitting expression on PCRE2; the only file that knows this library.
#include "inference/pre_tokenizer.h"

#include "inference/quoted.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <limits>
#include <new>
#include <pcre2.h>
#include <string>

namespace lectern::inference {
namespace {

// The White_Space property. PCRE2's own \s also counts U+180E, which lost the property in Unicode
// 6.3.
#define LECTERN_SPACES                                                                             \
    R"(\t-\r\x{20}\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000})"

// In all of these the first alternative that matches counts, left to right, and \s is written out.
// Source: tests/golden/README.md, section 8.
constexpr std::string_view kLlama4 =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|\p{N}{1,3})"
    R"(| ?[^)" LECTERN_SPACES R"(\p{L}\p{N}]+[\r\n/]*)"
    R"(|[)" LECTERN_SPACES R"(]*[\r\n]+)"
    R"(|[)" LECTERN_SPACES R"(]+(?![^)" LECTERN_SPACES R"(]))"
    R"(|[)" LECTERN_SPACES R"(]+)";

// Source of the next two: the families' published tokenizer.json;
// tests/golden/architectures/README.md.
#define LECTERN_WORDS_THEN(numbers)                                                                \
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d))"                                                              \
    R"(|[^\r\n\p{L}\p{N}]?\p{L}+|)" numbers R"(| ?[^)" LECTERN_SPACES R"(\p{L}\p{N}]+[\r\n]*)"     \
    R"(|[)" LECTERN_SPACES R"(]*[\r\n]+)"                                                          \
    R"(|[)" LECTERN_SPACES R"(]+(?![^)" LECTERN_SPACES R"(]))"                                     \
    R"(|[)" LECTERN_SPACES R"(]+)"
constexpr std::string_view kLlama3 = LECTERN_WORDS_THEN(R"(\p{N}{1,3})");
constexpr std::string_view kQwen2 = LECTERN_WORDS_THEN(R"(\p{N})");

#undef LECTERN_WORDS_THEN
#undef LECTERN_SPACES

constexpr TextRules kRules[] = {
    {"llama4", kLlama4, false, true, true},
    {"llama-bpe", kLlama3, false, true, true},
    {"llama3", kLlama3, false, true, true}, // as older files name it
    {"llama-v3", kLlama3, false, true, true},
    {"qwen2", kQwen2, true, false, false},
};

struct FreeCode {
    void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeMatchData {
    void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
struct FreeMatchContext {
    void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};

// Bytes of the character at the front of valid UTF-8.
std::size_t characterSize(std::string_view text)
{
    std::size_t size = 1;
    while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U)
        ++size;
    return size;
}

} // namespace

std::span<const TextRules> textRules()
{
    return kRules;
}

Result<const TextRules*> findTextRules(std::string_view name)
{
    std::string known;
    for (const TextRules& rules : kRules) {
        if (rules.name == name)
            return &rules;
        known += fmt::format("{}\"{}\"", known.empty() ? "" : ", ", rules.name);
    }
    return fail(ErrorCode::unsupportedArchitecture,
        fmt::format("The model splits text by the rules {}; this version knows {}.",
            inference::inQuotes(name), known));
}

struct PreTokenizer::Impl {
    std::unique_ptr<pcre2_code, FreeCode> code;
    std::unique_ptr<pcre2_match_context, FreeMatchContext> context; // only read while matching
};

PreTokenizer::PreTokenizer() = default;
PreTokenizer::~PreTokenizer() = default;

Result<std::unique_ptr<PreTokenizer>> PreTokenizer::create(const TextRules& rules, Jit jit)
{
    int error = 0;
    PCRE2_SIZE errorAt = 0;
    auto impl = std::make_unique<Impl>();
    // Anchored: a piece begins where the last one ended; the alternatives cover every character.
    const std::string_view expression = rules.expression;
    impl->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(expression.data()),
        expression.size(), PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED, &error, &errorAt, nullptr));
    impl->context.reset(pcre2_match_context_create(nullptr));
    if (!impl->code || !impl->context) {
        return fail(ErrorCode::unavailable,
            fmt::format(
                "The text splitter could not be prepared (PCRE2 error {} at {}).", error, errorAt));
    }
    // A failure only means that the processor or the system forbids generated code: slower.
    if (jit == Jit::whereAvailable)
        (void)pcre2_jit_compile(impl->code.get(), PCRE2_JIT_COMPLETE);
    // A run of capitals of a megabyte is tried a million times before it is taken: no limit is
    // right. The expression backtracks at most once over a piece, so time stays linear.
    constexpr auto kNoLimit = std::numeric_limits<std::uint32_t>::max();
    pcre2_set_match_limit(impl->context.get(), kNoLimit);
    pcre2_set_depth_limit(impl->context.get(), kNoLimit);

    std::unique_ptr<PreTokenizer> splitter(new PreTokenizer);
    splitter->m_impl = std::move(impl);
    return splitter;
}

void PreTokenizer::split(
    std::string_view text, const std::function<void(std::string_view)>& piece) const
{
    const std::unique_ptr<pcre2_match_data, FreeMatchData> match(
        pcre2_match_data_create_from_pattern(m_impl->code.get(), nullptr));
    if (match == nullptr)
        throw std::bad_alloc();
    const auto matchAt = [&](std::size_t start, std::uint32_t options) {
        return pcre2_match(m_impl->code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()),
            text.size(), start, PCRE2_NO_UTF_CHECK | options, match.get(), m_impl->context.get());
    };
    std::size_t start = 0;
    while (start < text.size()) {
        int result = matchAt(start, 0);
        if (result < 0 && result != PCRE2_ERROR_NOMATCH)
            result = matchAt(start, PCRE2_NO_JIT); // the generated code ran out of stack
        if (result == PCRE2_ERROR_NOMEMORY) // other pieces would be other tokens: a wrong answer
            throw std::bad_alloc();
        std::size_t end = result > 0 ? pcre2_get_ovector_pointer(match.get())[1] : start;
        if (end <= start) // no alternative took it: no loss of text all the same
            end = start + characterSize(text.substr(start));
        piece(text.substr(start, end - start));
        start = end;
    }
}

} // namespace lectern::inference
