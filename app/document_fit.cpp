// SPDX-License-Identifier: Apache-2.0
// Sharing tokens between documents, and cutting one of them.
#include "app/document_fit.h"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace lectern::app {
namespace {

std::size_t characterBorder(std::string_view text, std::size_t end)
{
    while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
        --end;
    return end;
}

// The best place to cut at or before `end`.
std::size_t readableBorder(std::string_view text, std::size_t end)
{
    end = characterBorder(text, end);
    if (end >= text.size())
        return text.size();
    const std::size_t earliest = end - end / 4;
    const std::string_view prefix = text.substr(0, end);
    for (const std::string_view border : {"\n\n", "\n", " "}) {
        const std::size_t at = prefix.rfind(border);
        if (at != std::string_view::npos && at + border.size() >= earliest)
            return at + border.size();
    }
    return end;
}

} // namespace

std::vector<int> shareTokens(const std::vector<int>& needs, int available)
{
    std::vector<int> shares(needs.size(), 0);
    std::vector<std::size_t> order(needs.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(
        order.begin(), order.end(), [&](auto a, auto b) { return needs[a] < needs[b]; });
    int left = std::max(available, 0);
    for (std::size_t i = 0; i < order.size(); ++i) {
        const int equalShare = left / static_cast<int>(order.size() - i);
        shares[order[i]] = std::min(needs[order[i]], equalShare);
        left -= shares[order[i]];
    }
    return shares;
}

std::size_t fitPrefix(
    std::string_view text, int wholeTokens, int tokens, const TokenCounter& countTokens)
{
    if (wholeTokens <= tokens)
        return text.size();
    if (tokens <= 0)
        return 0;
    // Interpolates between a prefix known to fit and one known not to: text is even enough that
    // a few counts come within some percent; the loop is bounded, and `fits` always fits.
    std::size_t fits = 0;
    int fitsTokens = 0;
    std::size_t tooLong = text.size();
    int tooLongTokens = wholeTokens;
    for (int round = 0; round < 12 && tooLong - fits > 16; ++round) {
        const double slope = static_cast<double>(tooLong - fits)
            / static_cast<double>(std::max(tooLongTokens - fitsTokens, 1));
        auto guess = fits + static_cast<std::size_t>(slope * (tokens - fitsTokens) * 0.99);
        // Where interpolation stalls on uneven text, halve instead.
        if (round % 3 == 2 || guess <= fits || guess >= tooLong)
            guess = fits + (tooLong - fits) / 2;
        const std::size_t border = readableBorder(text, guess);
        const std::size_t end = border > fits ? border : characterBorder(text, guess);
        if (end <= fits || end >= tooLong)
            break;
        const int count = countTokens(text.substr(0, end));
        if (count <= tokens) {
            fits = end;
            fitsTokens = count;
            if (count >= tokens - std::max(tokens / 20, 8))
                break;
        } else {
            tooLong = end;
            tooLongTokens = count;
        }
    }
    return fits;
}

} // namespace lectern::app
