// SPDX-License-Identifier: Apache-2.0
// The sampler's steps. Every sum runs over a defined order, so the answer depends on nothing but
// the logits, the parameters and the seed.
#include "inference/sampler.h"

#include "inference/logit_scan.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lectern::inference {

Prng::Prng(std::uint64_t seed)
{
    for (std::uint64_t& word : m_state) {
        seed += 0x9E3779B97F4A7C15ULL;
        std::uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        word = z ^ (z >> 31);
    }
}

std::uint64_t Prng::next()
{
    const auto rotate = [](std::uint64_t x, int by) { return (x << by) | (x >> (64 - by)); };
    const std::uint64_t result = rotate(m_state[1] * 5, 7) * 9;
    const std::uint64_t t = m_state[1] << 17;
    m_state[2] ^= m_state[0];
    m_state[3] ^= m_state[1];
    m_state[1] ^= m_state[2];
    m_state[0] ^= m_state[3];
    m_state[2] ^= t;
    m_state[3] = rotate(m_state[3], 45);
    return result;
}

double Prng::uniform()
{
    return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

Sampler::Sampler(const SamplingParams& params, std::vector<TokenBias> bias)
    : m_params(params), m_bias(std::move(bias)), m_prng(params.seed)
{
    if (!(m_params.repetitionPenalty > 0.0F))
        m_params.repetitionPenalty = 1.0F;
    if (std::isnan(m_params.presencePenalty))
        m_params.presencePenalty = 0.0F;
    if (std::isnan(m_params.frequencyPenalty))
        m_params.frequencyPenalty = 0.0F;
    if (std::isnan(m_params.topP))
        m_params.topP = 1.0F;
    if (m_params.temperature > 0.0F)
        m_sharpness = 1.0F / m_params.temperature;
    std::erase_if(m_bias, [](const TokenBias& one) { return std::isnan(one.bias); });
}

bool Sampler::isGreedy() const
{
    return !(m_sharpness > 0.0F) || std::isinf(m_sharpness);
}

bool Sampler::penalizes() const
{
    return m_params.penaltyLastN != 0
        && (m_params.repetitionPenalty != 1.0F || m_params.presencePenalty != 0.0F
            || m_params.frequencyPenalty != 0.0F);
}

void Sampler::accept(TokenId id)
{
    if (id < 0 || !penalizes())
        return;
    if (const auto index = static_cast<std::size_t>(id); index >= m_counts.size())
        m_counts.resize(index + 1);
    ++m_counts[static_cast<std::size_t>(id)];
    const auto window = static_cast<std::size_t>(m_params.penaltyLastN);
    if (m_params.penaltyLastN < 0 || m_history.size() < window) {
        m_history.push_back(id);
        return;
    }
    --m_counts[static_cast<std::size_t>(m_history[m_oldest])];
    m_history[m_oldest] = id;
    m_oldest = (m_oldest + 1) % window;
}

// The row itself where nothing changes it, else a changed copy.
std::span<const float> Sampler::adjusted(std::span<const float> logits, const TokenMask* allowed)
{
    const bool penalties = penalizes() && !m_history.empty();
    if (m_bias.empty() && allowed == nullptr && !penalties)
        return logits;
    m_row.assign(logits.begin(), logits.end());
    for (const TokenBias& one : m_bias)
        if (one.token >= 0 && static_cast<std::size_t>(one.token) < m_row.size()) {
            float& logit = m_row[static_cast<std::size_t>(one.token)];
            logit = cleanLogit(cleanLogit(logit) + one.bias);
        }
    if (allowed != nullptr) {
        const auto words = allowed->words();
        for (std::size_t first = 0; first < m_row.size(); first += 64) {
            const std::uint64_t word = first / 64 < words.size() ? words[first / 64] : 0;
            if (word == ~std::uint64_t{0})
                continue;
            const std::size_t end = std::min(first + 64, m_row.size());
            for (std::size_t i = first; i < end; ++i)
                if ((word >> (i - first) & 1U) == 0)
                    m_row[i] = kImpossible;
        }
    }
    if (penalties)
        penalize();
    return m_row;
}

void Sampler::penalize()
{
    m_penalized.resize(m_counts.size());
    for (const TokenId id : m_history) {
        const auto index = static_cast<std::size_t>(id);
        if (index >= m_row.size() || m_penalized[index])
            continue;
        m_penalized[index] = true;
        float logit = cleanLogit(m_row[index]);
        logit =
            logit > 0.0F ? logit / m_params.repetitionPenalty : logit * m_params.repetitionPenalty;
        logit -= m_params.presencePenalty
            + m_params.frequencyPenalty * static_cast<float>(m_counts[index]);
        m_row[index] = cleanLogit(logit);
    }
    for (const TokenId id : m_history)
        m_penalized[static_cast<std::size_t>(id)] = false;
}

// The first token with this largest logit.
TokenId Sampler::best(std::span<const float> row, float logit) const
{
    const auto block = static_cast<std::size_t>(
        std::find(m_maxima.begin(), m_maxima.end(), logit) - m_maxima.begin());
    std::size_t i = block * kScanBlock;
    while (i + 1 < row.size() && cleanLogit(row[i]) != logit)
        ++i;
    return static_cast<TokenId>(i);
}

// Every possible candidate with at least this logit.
void Sampler::collect(std::span<const float> row, float atLeast)
{
    m_candidates.clear();
    for (std::size_t block = 0; block < m_maxima.size(); ++block) {
        if (!(m_maxima[block] >= atLeast))
            continue;
        const std::size_t end = std::min((block + 1) * kScanBlock, row.size());
        for (std::size_t i = block * kScanBlock; i < end; ++i)
            if (row[i] >= atLeast && row[i] > kImpossible)
                m_candidates.push_back({static_cast<TokenId>(i), cleanLogit(row[i])});
    }
}

void Sampler::keepTopK(std::span<const float> row, std::size_t k)
{
    // Each block's maximum is a logit of the row, so that at least k are not below the k-th of
    // them.
    float atLeast = kImpossible;
    if (k <= m_maxima.size()) {
        m_order = m_maxima;
        const auto kth = m_order.begin() + static_cast<std::ptrdiff_t>(k - 1);
        std::nth_element(m_order.begin(), kth, m_order.end(), std::greater<>());
        atLeast = *kth;
    }
    collect(row, atLeast);
    if (m_candidates.size() <= k)
        return;
    m_ranked = m_candidates;
    const auto last = m_ranked.begin() + static_cast<std::ptrdiff_t>(k - 1);
    std::nth_element(m_ranked.begin(), last, m_ranked.end(), before);
    std::erase_if(m_candidates, [&](const Candidate& one) { return before(*last, one); });
}

// Keeps the fewest best candidates whose weights reach topP of `total`. Halves the range in which
// the last of them must lie until it is found: a vocabulary has 200,000 entries and sorting it
// takes longer than all other steps together.
void Sampler::keepTopP(double total, float best)
{
    const auto weight = [&](const Candidate& one) {
        return static_cast<double>(expOf(one.logit - best));
    };
    double goal = static_cast<double>(m_params.topP) * total;
    m_ranked = m_candidates;
    const auto at = [&](std::size_t i) {
        return m_ranked.begin() + static_cast<std::ptrdiff_t>(i);
    };
    std::size_t first = 0; // the weights before it do not reach the goal
    std::size_t end = m_ranked.size();
    while (end - first > 1) {
        const std::size_t middle = first + (end - first) / 2;
        std::nth_element(at(first), at(middle), at(end), before);
        double sum = 0;
        for (std::size_t i = first; i < middle; ++i)
            sum += weight(m_ranked[i]);
        if (sum >= goal) {
            end = middle;
        } else {
            goal -= sum;
            first = middle;
        }
    }
    const Candidate last = m_ranked[first];
    std::erase_if(m_candidates, [&](const Candidate& one) { return before(last, one); });
}

TokenId Sampler::drawCandidate(float best)
{
    const auto weight = [&](const Candidate& one) {
        return static_cast<double>(expOf((one.logit - best) * m_sharpness));
    };
    double total = 0.0;
    for (const Candidate& one : m_candidates)
        total += weight(one);
    double left = m_prng.uniform() * total;
    TokenId drawn = m_candidates.front().id;
    for (const Candidate& one : m_candidates) {
        const double its = weight(one);
        if (its <= 0.0)
            continue;
        drawn = one.id; // rounding may leave a rest behind the last that counts
        left -= its;
        if (left < 0.0)
            break;
    }
    return drawn;
}

// A draw among all tokens: first its block, then inside it.
TokenId Sampler::drawFromRow(std::span<const float> row, float best)
{
    double left = m_prng.uniform() * scanWeights(row, best, m_sharpness, &m_sums);
    std::size_t block = 0;
    for (std::size_t i = 0; i < m_sums.size(); ++i) {
        if (m_sums[i] <= 0.0)
            continue;
        block = i;
        if (left < m_sums[i])
            break;
        left -= m_sums[i];
    }
    std::size_t drawn = block * kScanBlock;
    const std::size_t end = std::min(drawn + kScanBlock, row.size());
    for (std::size_t i = drawn; i < end; ++i) {
        const double its = expOf((row[i] - best) * m_sharpness);
        if (its <= 0.0)
            continue;
        drawn = i;
        left -= its;
        if (left < 0.0)
            break;
    }
    return static_cast<TokenId>(drawn);
}

TokenId Sampler::sample(std::span<const float> logits, const TokenMask* allowed)
{
    const auto row = adjusted(logits, allowed);
    const float top = scanMaxima(row, m_maxima);
    if (top == kImpossible) { // nothing to choose by: the first that may be
        std::size_t first = 0;
        while (allowed != nullptr && first + 1 < row.size() && !allowed->contains(first))
            ++first;
        return static_cast<TokenId>(first);
    }
    if (isGreedy())
        return best(row, top);

    const auto k = static_cast<std::size_t>(std::max(m_params.topK, 0));
    const bool topK = k > 0 && k < row.size();
    const bool topP = m_params.topP < 1.0F;
    const bool minP = m_params.minP > 0.0F;
    if (!topK && !topP && !minP)
        return drawFromRow(row, top);
    if (topK) {
        keepTopK(row, k);
        return drawKept(totalOfKept(top), top);
    }
    double total = 0;
    if (topP) {
        total = scanWeights(row, top, 1.0F, nullptr);
        // All tokens below this share of the whole together have less than 1 - topP of it, so
        // that none of them is needed; a hundredth less for the rounding.
        const double share = (1.0 - std::max(static_cast<double>(m_params.topP), 0.0)) * total
            / static_cast<double>(row.size());
        collect(row, top + static_cast<float>(std::log(share * 0.99)));
    } else {
        collect(row, top + std::log(m_params.minP) - 0.01F);
    }
    return drawKept(total, top);
}

double Sampler::totalOfKept(float best) const
{
    double total = 0;
    for (const Candidate& one : m_candidates)
        total += static_cast<double>(expOf(one.logit - best));
    return total;
}

TokenId Sampler::drawKept(double total, float best)
{
    if (m_params.topP < 1.0F)
        keepTopP(total, best);
    if (m_params.minP > 0.0F)
        std::erase_if(m_candidates, [&](const Candidate& one) {
            return one.logit != best && expOf(one.logit - best) < m_params.minP;
        });
    return drawCandidate(best);
}

std::int64_t Sampler::ranks(std::int64_t vocabulary) const
{
    if (!m_bias.empty() || penalizes())
        return 0;
    if (isGreedy())
        return 1;
    const bool few =
        m_params.topK > 0 && m_params.topK <= kMostLargest && m_params.topK < vocabulary;
    return few ? m_params.topK : 0;
}

TokenId Sampler::sample(std::span<const TokenLogit> largest)
{
    const float top = largest.front().logit;
    if (top == kImpossible)
        return 0;
    if (isGreedy())
        return largest.front().id;
    m_candidates.clear();
    for (const TokenLogit& one : largest)
        if (one.logit > kImpossible)
            m_candidates.push_back({one.id, one.logit});
    std::ranges::sort(m_candidates, {}, &Candidate::id);
    return drawKept(totalOfKept(top), top);
}

} // namespace lectern::inference
