// SPDX-License-Identifier: Apache-2.0
// One pass for the sum, one over the few blocks that can hold the best.
#include "inference/log_probs.h"

#include "inference/logit_scan.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace lectern::inference {

ChosenLogProb LogProbs::of(std::span<const float> logits, TokenId chosen)
{
    const float best = scanMaxima(logits, m_maxima);
    const double logSum = best == kImpossible
        ? 0.0
        : static_cast<double>(best) + std::log(scanWeights(logits, best, 1.0F, nullptr));
    const auto report = [&](TokenId id) {
        return TokenLogProb{std::string(m_tokenizer->bytes(id)),
            static_cast<double>(cleanLogit(logits[static_cast<std::size_t>(id)])) - logSum};
    };
    ChosenLogProb result{report(chosen), {}};

    const std::size_t count = std::min(m_alternatives, logits.size());
    if (count == 0 || best == kImpossible)
        return result;
    float atLeast = kImpossible; // at least `count` logits are not below it
    if (count <= m_maxima.size()) {
        std::vector<float> order = m_maxima;
        const auto nth = order.begin() + static_cast<std::ptrdiff_t>(count - 1);
        std::nth_element(order.begin(), nth, order.end(), std::greater<>());
        atLeast = *nth;
    }
    std::vector<TokenId> ids;
    for (std::size_t i = 0; i < logits.size(); ++i) {
        if (i % kScanBlock == 0 && m_maxima[i / kScanBlock] < atLeast) {
            i += kScanBlock - 1;
            continue;
        }
        if (logits[i] >= atLeast && logits[i] > kImpossible)
            ids.push_back(static_cast<TokenId>(i));
    }
    const auto end = ids.begin() + static_cast<std::ptrdiff_t>(std::min(count, ids.size()));
    std::partial_sort(ids.begin(), end, ids.end(), [&](TokenId a, TokenId b) {
        const float left = cleanLogit(logits[static_cast<std::size_t>(a)]);
        const float right = cleanLogit(logits[static_cast<std::size_t>(b)]);
        return left != right ? left > right : a < b;
    });
    for (auto id = ids.begin(); id != end; ++id)
        result.alternatives.push_back(report(*id));
    return result;
}

} // namespace lectern::inference
