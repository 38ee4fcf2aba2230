// SPDX-License-Identifier: Apache-2.0
// Makes documents fit a number of tokens: shares the room between them and cuts at paragraph or
// line borders. Pure functions.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

namespace lectern::app {

using TokenCounter = std::function<int(std::string_view)>;

// Tokens each document may take, in the order of `needs`: small ones get all they need, the others
// an equal share of what is left. The sum never exceeds `available`.
[[nodiscard]] std::vector<int> shareTokens(const std::vector<int>& needs, int available);

// The longest prefix of `text` found that takes at most `tokens`, in bytes: ends behind a paragraph
// where one ends in its last quarter, else behind a line, else behind a word, else between two
// characters. Counts tokens a handful of times. `wholeTokens` is the count of the whole text.
[[nodiscard]] std::size_t fitPrefix(
    std::string_view text, int wholeTokens, int tokens, const TokenCounter& countTokens);

} // namespace lectern::app
