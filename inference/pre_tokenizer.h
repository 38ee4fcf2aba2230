// SPDX-License-Identifier: Apache-2.0
// Cuts text into the pieces that byte-pair merging works on, by Llama 4's expression.
#pragma once

#include "inference/error.h"

#include <functional>
#include <memory>
#include <string_view>

namespace lectern::inference {

// Whether the expression is translated to machine code; slower without, same pieces.
enum class Jit { whereAvailable, off };

// Thread safety: immutable after llama4(); split() may run on any number of threads at once.
class PreTokenizer {
public:
    // Errors: unavailable, when the expression library refuses.
    [[nodiscard]] static Result<std::unique_ptr<PreTokenizer>> llama4(
        Jit jit = Jit::whereAvailable);
    ~PreTokenizer();
    PreTokenizer(const PreTokenizer&) = delete;
    PreTokenizer& operator=(const PreTokenizer&) = delete;

    // Calls `piece` for one piece after the other; joined they are `text`, none is empty.
    // Requires: `text` is valid UTF-8. Pieces may be as long as the text.
    void split(std::string_view text, const std::function<void(std::string_view)>& piece) const;

private:
    PreTokenizer();
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace lectern::inference
