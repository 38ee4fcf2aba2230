// SPDX-License-Identifier: Apache-2.0
// The vocabulary of a model file and the way from text to ids: special names out, pieces, byte
// pairs.
#include "inference/tokenizer.h"

#include "inference/byte_pairs.h"
#include "inference/name_trie.h"
#include "inference/pre_tokenizer.h"
#include "inference/quoted.h"
#include "inference/unicode_compose.h"
#include "inference/utf8.h"

#include <array>
#include <fmt/format.h>
#include <unordered_map>
#include <variant>

namespace lectern::inference {
namespace {

// tokenizer.ggml.token_type
constexpr std::uint64_t kControlToken = 3;
constexpr std::uint64_t kUserDefinedToken = 4; // added to the vocabulary, but visible text

// Vocabulary strings write every byte as one printable character: printable Latin-1 as itself, the
// rest as U+0100 and following, in order. Gives the byte of each such character, or -1.
// Source: tests/golden/README.md, section 8.
constexpr int kAlphabetSize = 0x100 + 68;
constexpr std::array<int, kAlphabetSize> byteAlphabet()
{
    std::array<int, kAlphabetSize> bytes{};
    bytes.fill(-1);
    std::size_t other = 0x100;
    for (int byte = 0; byte < 256; ++byte) {
        const bool printable =
            (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
        bytes[printable ? static_cast<std::size_t>(byte) : other++] = byte;
    }
    return bytes;
}
constexpr auto kByteOf = byteAlphabet();

// Appends the bytes that a vocabulary string stands for; false when it has a foreign character.
bool appendBytes(std::string_view written, std::string& bytes)
{
    for (std::size_t i = 0; i < written.size(); ++i) {
        std::size_t character = static_cast<unsigned char>(written[i]);
        if (character >= 0x80) { // all characters of the alphabet are below U+0800: two bytes
            if (character < 0xC2 || character > 0xDF || i + 1 == written.size())
                return false;
            const auto second = static_cast<unsigned char>(written[++i]);
            if ((second & 0xC0U) != 0x80U)
                return false;
            character = (character & 0x1FU) << 6U | (second & 0x3FU);
        }
        if (character >= kByteOf.size() || kByteOf[character] < 0)
            return false;
        bytes += static_cast<char>(kByteOf[character]);
    }
    return true;
}

// Array of integers of either signedness; empty when absent or of another kind.
std::vector<std::uint64_t> integers(const Gguf& gguf, std::string_view key)
{
    const auto found = gguf.keys.find(key);
    if (found == gguf.keys.end())
        return {};
    if (const auto* values = std::get_if<std::vector<std::uint64_t>>(&found->second))
        return *values;
    if (const auto* values = std::get_if<std::vector<std::int64_t>>(&found->second))
        return {values->begin(), values->end()};
    return {};
}

tl::unexpected<Error> missing(std::string_view key)
{
    return fail(ErrorCode::missingKey,
        fmt::format("The model has no tokenizer that can be used: the key \"{}\" is missing or of "
                    "another kind.",
            key));
}

Result<const TextRules*> readRules(const Gguf& gguf)
{
    const std::string* model = gguf.string("tokenizer.ggml.model");
    if (model == nullptr)
        return missing("tokenizer.ggml.model");
    if (*model != "gpt2") {
        return fail(ErrorCode::unsupportedArchitecture,
            fmt::format("The model uses a tokenizer of the kind {}{}; this version knows \"gpt2\" "
                        "(byte pairs, as Llama 3, Llama 4 and Qwen use them).",
                inQuotes(*model), *model == "llama" ? " (SentencePiece, as Llama 2 does)" : ""));
    }
    const std::string* pre = gguf.string("tokenizer.ggml.pre");
    if (pre == nullptr)
        return missing("tokenizer.ggml.pre");
    return findTextRules(*pre);
}

// A token that the file names by a key, if it does.
Result<std::optional<TokenId>> namedToken(
    const Gguf& gguf, std::string_view key, std::string_view what, std::size_t vocabulary)
{
    const auto id = gguf.integer(key);
    if (!id)
        return std::nullopt;
    if (*id >= vocabulary) {
        return fail(ErrorCode::malformed,
            fmt::format("The tokenizer's {} token is number {}, but it has only {} tokens.", what,
                *id, vocabulary));
    }
    return static_cast<TokenId>(*id);
}

} // namespace

struct Tokenizer::Impl {
    std::string text;                  // the bytes of all tokens, one after the other
    std::vector<std::uint32_t> begins; // of each token in `text`; one more than tokens
    std::vector<bool> specials;
    std::unordered_map<std::string_view, TokenId> ordinary; // views into `text`
    std::unordered_map<std::string_view, TokenId> byName;   // special and user-defined, likewise
    std::array<TokenId, 256> byteIds{};
    NameTrie names; // special and user-defined tokens
    BytePairs pairs{0};
    const TextRules* rules = nullptr;
    std::unique_ptr<PreTokenizer> preTokenizer;
    std::optional<TokenId> bos;
    std::optional<TokenId> eos;
    bool beginsText = false;

    [[nodiscard]] std::string_view bytes(std::size_t id) const
    {
        return std::string_view(text).substr(begins[id], begins[id + 1] - begins[id]);
    }
    Result<void> loadTokens(const Gguf& gguf);
    Result<void> loadMerges(const Gguf& gguf);
    void encodeText(std::string_view valid, std::vector<TokenId>& ids) const;
};

Result<void> Tokenizer::Impl::loadTokens(const Gguf& gguf)
{
    const auto* tokens = gguf.strings("tokenizer.ggml.tokens");
    if (tokens == nullptr)
        return missing("tokenizer.ggml.tokens");
    const auto types = integers(gguf, "tokenizer.ggml.token_type");
    if (types.empty())
        return missing("tokenizer.ggml.token_type");
    if (types.size() != tokens->size()) {
        return fail(ErrorCode::malformed,
            fmt::format(
                "The tokenizer lists {} tokens but {} token types.", tokens->size(), types.size()));
    }
    std::size_t total = 0;
    for (const std::string& token : *tokens)
        total += token.size();
    if (total > UINT32_MAX)
        return fail(ErrorCode::malformed, "The tokens of the tokenizer take more than 4 GB.");

    text.reserve(total); // the views below must stay valid
    begins.reserve(tokens->size() + 1);
    specials.resize(tokens->size());
    ordinary.reserve(tokens->size());
    byteIds.fill(-1);
    for (std::size_t id = 0; id < tokens->size(); ++id) {
        const std::size_t begin = text.size();
        begins.push_back(static_cast<std::uint32_t>(begin));
        const std::string& written = (*tokens)[id];
        specials[id] = types[id] == kControlToken;
        const bool named = specials[id] || types[id] == kUserDefinedToken;
        const bool decoded = !named && appendBytes(written, text);
        if (!decoded) { // the name of a special token, or a token that text cannot produce
            text.resize(begin);
            text += written;
        }
        const auto view = std::string_view(text).substr(begin);
        if (named && !view.empty()) {
            if (byName.emplace(view, static_cast<TokenId>(id)).second)
                names.add(view, static_cast<TokenId>(id));
        } else if (decoded && !view.empty()) {
            ordinary.emplace(view, static_cast<TokenId>(id));
            auto& byteId = byteIds[static_cast<unsigned char>(view.front())];
            if (view.size() == 1 && byteId < 0)
                byteId = static_cast<TokenId>(id);
        }
    }
    begins.push_back(static_cast<std::uint32_t>(text.size()));
    for (std::size_t byte = 0; byte < byteIds.size(); ++byte) {
        if (byteIds[byte] < 0) {
            return fail(ErrorCode::malformed,
                fmt::format("The tokenizer has no token for the byte {}; it cannot write every "
                            "text.",
                    byte));
        }
    }
    return {};
}

Result<void> Tokenizer::Impl::loadMerges(const Gguf& gguf)
{
    const auto* merges = gguf.strings("tokenizer.ggml.merges");
    if (merges == nullptr)
        return missing("tokenizer.ggml.merges");
    pairs = BytePairs(merges->size());
    std::string joined;
    for (std::size_t rank = 0; rank < merges->size(); ++rank) {
        const std::string_view written = (*merges)[rank];
        const std::size_t space = written.find(' ', 1); // the alphabet itself has no space
        joined.clear();
        std::size_t leftSize = 0;
        bool good =
            space != std::string_view::npos && appendBytes(written.substr(0, space), joined);
        leftSize = joined.size();
        good = good && appendBytes(written.substr(space + 1), joined);
        const auto find = [&](std::string_view bytes) {
            const auto found = ordinary.find(bytes);
            return found == ordinary.end() ? TokenId{-1} : found->second;
        };
        const std::string_view whole = joined;
        const TokenId left = good ? find(whole.substr(0, leftSize)) : -1;
        const TokenId right = good ? find(whole.substr(leftSize)) : -1;
        const TokenId result = good ? find(whole) : -1;
        if (left < 0 || right < 0 || result < 0) {
            return fail(ErrorCode::malformed,
                fmt::format("Merge {} of the tokenizer, {}, does not join two tokens to a third.",
                    rank, inQuotes(written)));
        }
        pairs.add(left, right, result);
    }
    return {};
}

// Requires: valid UTF-8.
void Tokenizer::Impl::encodeText(std::string_view valid, std::vector<TokenId>& ids) const
{
    std::string composedText; // not before special names were cut out: they are no base for marks
    if (rules->composes && !isPlainlyComposed(valid)) {
        composedText = composed(valid);
        valid = composedText;
    }
    std::vector<TokenId> symbols;
    preTokenizer->split(valid, [&](std::string_view piece) {
        if (rules->takesWholePieces) {
            if (const auto whole = ordinary.find(piece); whole != ordinary.end()) {
                ids.push_back(whole->second);
                return;
            }
        }
        symbols.clear();
        symbols.reserve(piece.size());
        for (const char byte : piece)
            symbols.push_back(byteIds[static_cast<unsigned char>(byte)]);
        pairs.merge(symbols);
        ids.insert(ids.end(), symbols.begin(), symbols.end());
    });
}

Tokenizer::Tokenizer() = default;
Tokenizer::~Tokenizer() = default;

Result<std::unique_ptr<Tokenizer>> Tokenizer::fromGguf(const Gguf& gguf)
{
    const auto rules = readRules(gguf);
    if (!rules)
        return tl::unexpected(rules.error());
    auto impl = std::make_unique<Impl>();
    impl->rules = *rules;
    if (auto loaded = impl->loadTokens(gguf); !loaded)
        return tl::unexpected(loaded.error());
    if (auto loaded = impl->loadMerges(gguf); !loaded)
        return tl::unexpected(loaded.error());
    auto preTokenizer = PreTokenizer::create(**rules);
    if (!preTokenizer)
        return tl::unexpected(preTokenizer.error());
    impl->preTokenizer = std::move(*preTokenizer);
    const std::size_t count = impl->specials.size();
    const auto bos = namedToken(gguf, "tokenizer.ggml.bos_token_id", "first", count);
    if (!bos)
        return tl::unexpected(bos.error());
    const auto eos = namedToken(gguf, "tokenizer.ggml.eos_token_id", "last", count);
    if (!eos)
        return tl::unexpected(eos.error());
    impl->bos = *bos;
    impl->eos = *eos;
    impl->beginsText =
        gguf.boolean("tokenizer.ggml.add_bos_token").value_or((*rules)->beginsText) && impl->bos;
    std::unique_ptr<Tokenizer> tokenizer(new Tokenizer);
    tokenizer->m_impl = std::move(impl);
    return tokenizer;
}

std::vector<TokenId> Tokenizer::encode(std::string_view text, SpecialTokens special) const
{
    std::string repaired;
    if (!isValidUtf8(text)) {
        repaired = toValidUtf8(text);
        text = repaired;
    }
    std::vector<TokenId> ids;
    if (special == SpecialTokens::asText) {
        m_impl->encodeText(text, ids);
        return ids;
    }
    std::size_t begin = 0; // of the text since the last special token
    for (std::size_t at = 0; at < text.size();) {
        const auto name = m_impl->names.longestAt(text.substr(at));
        if (!name) {
            ++at;
            continue;
        }
        m_impl->encodeText(text.substr(begin, at - begin), ids);
        ids.push_back(name->value);
        at += name->size;
        begin = at;
    }
    m_impl->encodeText(text.substr(begin), ids);
    return ids;
}

std::string_view Tokenizer::bytes(TokenId id) const
{
    const auto index = static_cast<std::size_t>(id);
    return id >= 0 && index < vocabularySize() ? m_impl->bytes(index) : std::string_view();
}

std::string Tokenizer::decode(const std::vector<TokenId>& ids) const
{
    std::string text;
    for (const TokenId id : ids)
        text += bytes(id);
    return text;
}

std::optional<TokenId> Tokenizer::special(std::string_view name) const
{
    const auto found = m_impl->byName.find(name);
    return found == m_impl->byName.end() ? std::nullopt : std::optional(found->second);
}

bool Tokenizer::isSpecial(TokenId id) const
{
    const auto index = static_cast<std::size_t>(id);
    return id >= 0 && index < vocabularySize() && m_impl->specials[index];
}

std::size_t Tokenizer::vocabularySize() const
{
    return m_impl->specials.size();
}

std::optional<TokenId> Tokenizer::bos() const
{
    return m_impl->bos;
}

std::optional<TokenId> Tokenizer::eos() const
{
    return m_impl->eos;
}

bool Tokenizer::beginsText() const
{
    return m_impl->beginsText;
}

std::string Utf8Stream::push(std::string_view bytes)
{
    m_pending += bytes;
    std::string whole;
    std::string_view rest = m_pending;
    while (!rest.empty()) {
        const Utf8Unit unit = firstUtf8Unit(rest);
        if (unit.kind == Utf8Kind::incomplete)
            break;
        whole += unit.kind == Utf8Kind::valid ? rest.substr(0, unit.size) : kReplacementCharacter;
        rest.remove_prefix(unit.size);
    }
    m_pending.erase(0, m_pending.size() - rest.size());
    return whole;
}

std::string Utf8Stream::finish()
{
    std::string rest = toValidUtf8(m_pending);
    m_pending.clear();
    return rest;
}

} // namespace lectern::inference
