// SPDX-License-Identifier: Apache-2.0
// Byte-level BPE tokenizer: text to token ids and back, by the rules of the model's family.
#pragma once

#include "inference/error.h"
#include "inference/gguf.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::inference {

using TokenId = std::int32_t;

// Whether text such as "<|eot|>" becomes the special token it names. Off for everything that comes
// from users, files, file names and OCR.
enum class SpecialTokens { asText, parsed };

// Thread safety: immutable after fromGguf(); every method may be called from any thread at once.
class Tokenizer {
public:
    // Errors: missingKey, malformed, unsupportedArchitecture (another tokenizer model or
    // pre-tokenizer).
    [[nodiscard]] static Result<std::unique_ptr<Tokenizer>> fromGguf(const Gguf& gguf);
    ~Tokenizer();

    // Ids of `text`, without BOS. Bytes that are not valid UTF-8 are encoded as U+FFFD, and
    // families that compose text (Qwen) do so first. Time is linear in the input for any input.
    [[nodiscard]] std::vector<TokenId> encode(std::string_view text, SpecialTokens special) const;
    // Raw bytes of one token (may be a part of a UTF-8 sequence); special tokens give their name.
    [[nodiscard]] std::string_view bytes(TokenId id) const;
    [[nodiscard]] std::string decode(const std::vector<TokenId>& ids) const;
    // The id of a special token by its name, e.g. "<|header_start|>"; those that a model writes
    // into its visible text (user-defined tokens, e.g. "<think>") too.
    [[nodiscard]] std::optional<TokenId> special(std::string_view name) const;
    // Whether the token never stands for visible text.
    [[nodiscard]] bool isSpecial(TokenId id) const;
    [[nodiscard]] std::size_t vocabularySize() const;
    [[nodiscard]] std::optional<TokenId> bos() const;
    [[nodiscard]] std::optional<TokenId> eos() const;
    // Whether a text begins with bos().
    [[nodiscard]] bool beginsText() const;

private:
    Tokenizer();
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

// Joins token bytes into text deltas that are always whole, valid UTF-8: holds back an unfinished
// sequence until it completes, and replaces what can never complete by U+FFFD.
class Utf8Stream {
public:
    [[nodiscard]] std::string push(std::string_view bytes);
    [[nodiscard]] std::string finish();

private:
    std::string m_pending;
};

} // namespace lectern::inference
