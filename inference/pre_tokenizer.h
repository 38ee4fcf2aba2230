// SPDX-License-Identifier: Apache-2.0
// Cuts text into the pieces that byte-pair merging works on, by the expression of the model's
// family.
#pragma once

#include "inference/error.h"

#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace lectern::inference {

// How a family of models treats text before byte pairs are merged.
struct TextRules {
    std::string_view name;       // `tokenizer.ggml.pre`
    std::string_view expression; // what a piece is
    bool composes;               // text is brought into Unicode's form C first
    bool takesWholePieces;       // a piece that is a token is that token, whatever the merges say
    bool beginsText;             // BOS stands before text where the file does not say
};

// All that this version knows; several names may have the same rules.
[[nodiscard]] std::span<const TextRules> textRules();
// Errors: unsupportedArchitecture, naming those there are.
[[nodiscard]] Result<const TextRules*> findTextRules(std::string_view name);

// Whether the expression is translated to machine code; slower without, same pieces.
enum class Jit { whereAvailable, off };

// Thread safety: immutable after create(); split() may run on any number of threads at once.
class PreTokenizer {
public:
    // Errors: unavailable, when the expression library refuses.
    [[nodiscard]] static Result<std::unique_ptr<PreTokenizer>> create(
        const TextRules& rules, Jit jit = Jit::whereAvailable);
    ~PreTokenizer();
    PreTokenizer(const PreTokenizer&) = delete;
    PreTokenizer& operator=(const PreTokenizer&) = delete;

    // Calls `piece` for one piece after the other; joined they are `text`, none is empty.
    // Requires: `text` is valid UTF-8. Pieces may be as long as the text. Throws std::bad_alloc,
    // also when it is the expression library that has no memory.
    void split(std::string_view text, const std::function<void(std::string_view)>& piece) const;

private:
    PreTokenizer();
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace lectern::inference
