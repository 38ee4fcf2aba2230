// SPDX-License-Identifier: Apache-2.0
// Fuzz entry of the tokenizer: a vocabulary and a text, both from outside. Text must survive the
// way to ids and back, and never become a special token unless that was asked for.
//
// Input: sections separated by the byte 0xFF, which no valid text holds:
//   tokens, one a line; a digit for each token's type; merges, one a line; text
// Tokens for all 256 bytes come first of themselves, unless the first section begins with '!'.
#include "inference/tokenizer.h"

#include "inference/utf8.h"

#include <cstdint>
#include <cstdlib>

using namespace lectern::inference;

namespace {

void require(bool condition)
{
    if (!condition)
        std::abort();
}

std::string_view cut(std::string_view& rest, char separator)
{
    const std::size_t end = std::min(rest.find(separator), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

std::vector<std::string> lines(std::string_view text)
{
    std::vector<std::string> result;
    while (!text.empty())
        result.emplace_back(cut(text, '\n'));
    return result;
}

// How a vocabulary writes a byte: tests/golden/README.md, section 8.
std::string writtenByte(int byte)
{
    static int shifted[256];
    static const bool filled = [] {
        int next = 0x100;
        for (int i = 0; i < 256; ++i) {
            const bool itself = (i >= 0x21 && i <= 0x7E) || (i >= 0xA1 && i <= 0xAC) || i >= 0xAE;
            shifted[i] = itself ? i : next++;
        }
        return true;
    }();
    (void)filled;
    const int code = shifted[byte];
    if (code < 0x80)
        return {static_cast<char>(code)};
    return {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))};
}

Gguf vocabulary(std::string_view tokens, std::string_view types, std::string_view merges)
{
    Gguf gguf;
    gguf.keys["tokenizer.ggml.model"] = std::string("gpt2");
    gguf.keys["tokenizer.ggml.pre"] = std::string("llama4");
    const bool withBytes = !tokens.starts_with('!');
    std::vector<std::string> names;
    std::vector<std::int64_t> kinds;
    for (int byte = 0; withBytes && byte < 256; ++byte) {
        names.push_back(writtenByte(byte));
        kinds.push_back(1);
    }
    const std::size_t own = names.size();
    for (std::string& name : lines(tokens))
        names.push_back(std::move(name));
    for (std::size_t i = own; i < names.size(); ++i)
        kinds.push_back(i - own < types.size() ? types[i - own] - '0' : 3);
    gguf.keys["tokenizer.ggml.bos_token_id"] = static_cast<std::uint64_t>(types.size());
    gguf.keys["tokenizer.ggml.tokens"] = std::move(names);
    gguf.keys["tokenizer.ggml.token_type"] = std::move(kinds);
    gguf.keys["tokenizer.ggml.merges"] = lines(merges);
    return gguf;
}

void checkDeltas(std::string_view bytes)
{
    Utf8Stream stream;
    std::string joined;
    std::size_t step = 1;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        step = 1 + static_cast<unsigned char>(bytes[at]) % 7; // uneven cuts, repeatable
        const std::string delta = stream.push(bytes.substr(at, step));
        require(isValidUtf8(delta));
        joined += delta;
    }
    const std::string last = stream.finish();
    require(isValidUtf8(last));
    require(joined + last == toValidUtf8(bytes));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    checkDeltas(rest);
    const std::string_view tokens = cut(rest, '\xFF');
    const std::string_view types = cut(rest, '\xFF');
    const std::string_view merges = cut(rest, '\xFF');
    const auto tokenizer = Tokenizer::fromGguf(vocabulary(tokens, types, merges));
    if (!tokenizer) {
        require(!tokenizer.error().message.empty());
        return 0;
    }
    const Tokenizer& t = **tokenizer;
    const std::string valid = toValidUtf8(rest);
    for (const SpecialTokens special : {SpecialTokens::asText, SpecialTokens::parsed}) {
        const auto ids = t.encode(rest, special);
        require(ids.size() <= valid.size());
        for (const TokenId id : ids) {
            require(id >= 0 && static_cast<std::size_t>(id) < t.vocabularySize());
            require(special == SpecialTokens::parsed || !t.isSpecial(id));
        }
        require(t.decode(ids) == valid);
    }
    return 0;
}
