// SPDX-License-Identifier: Apache-2.0
// The sampler's steps. Every sum runs over a defined order, so the answer depends on nothing but
// the logits, the parameters and the seed.
#include "inference/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lectern::inference {

namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

// exp(x) for x <= 0 from additions and multiplications alone: the C library's differs in the last
// bits from platform to platform, and a draw can hang on them.
double portableExp(double x)
{
    constexpr double kLog2e = 1.4426950408889634;
    constexpr double kLn2High = 0.693147180369123816490; // upper 33 bits of ln 2
    constexpr double kLn2Low = 1.90821492927058770002e-10;
    if (!(x > -700.0))
        return 0.0;
    const double k = std::floor(x * kLog2e + 0.5);
    const double r = (x - k * kLn2High) - k * kLn2Low; // |r| <= ln(2) / 2
    double sum = 1.0;
    for (int n = 13; n >= 1; --n) // Taylor by Horner; the 14th term is below 1e-17
        sum = 1.0 + sum * r / n;
    return std::ldexp(sum, static_cast<int>(k));
}

double weight(float logit, float best)
{
    return portableExp(static_cast<double>(logit) - static_cast<double>(best));
}

} // namespace

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

Sampler::Sampler(const SamplingParams& params) : m_params(params), m_prng(params.seed)
{
    if (!(m_params.repetitionPenalty > 0.0F))
        m_params.repetitionPenalty = 1.0F;
    if (std::isnan(m_params.presencePenalty))
        m_params.presencePenalty = 0.0F;
    if (std::isnan(m_params.frequencyPenalty))
        m_params.frequencyPenalty = 0.0F;
    if (std::isnan(m_params.topP))
        m_params.topP = 1.0F;
    m_params.penaltyLastN = std::max(m_params.penaltyLastN, 0);
}

void Sampler::accept(TokenId id)
{
    if (m_params.penaltyLastN == 0)
        return;
    m_history.push_back(id);
    ++m_counts[id];
    if (m_history.size() > static_cast<std::size_t>(m_params.penaltyLastN)) {
        const auto oldest = m_counts.find(m_history.front());
        if (--oldest->second == 0)
            m_counts.erase(oldest);
        m_history.pop_front();
    }
}

void Sampler::collect(std::span<const float> logits)
{
    m_candidates.resize(logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i) {
        const float logit = logits[i];
        m_candidates[i] = {static_cast<TokenId>(i),
            std::isnan(logit) ? kNever : std::min(logit, std::numeric_limits<float>::max())};
    }
}

void Sampler::penalize()
{
    const float repetition = m_params.repetitionPenalty;
    const float presence = m_params.presencePenalty;
    const float frequency = m_params.frequencyPenalty;
    if (repetition == 1.0F && presence == 0.0F && frequency == 0.0F)
        return;
    for (const auto& [id, count] : m_counts) {
        if (id < 0 || static_cast<std::size_t>(id) >= m_candidates.size())
            continue;
        float logit = m_candidates[static_cast<std::size_t>(id)].logit;
        logit = logit > 0.0F ? logit / repetition : logit * repetition;
        logit -= presence + frequency * static_cast<float>(count);
        m_candidates[static_cast<std::size_t>(id)].logit =
            std::isnan(logit) ? kNever : std::min(logit, std::numeric_limits<float>::max());
    }
}

void Sampler::keepTopK()
{
    const auto k = static_cast<std::size_t>(std::max(m_params.topK, 0));
    if (k == 0 || k >= m_candidates.size())
        return;
    std::partial_sort(m_candidates.begin(), m_candidates.begin() + static_cast<std::ptrdiff_t>(k),
        m_candidates.end(), before);
    m_candidates.resize(k);
}

// Keeps the fewest best candidates whose probabilities reach topP. Sorts no more than it needs:
// a vocabulary has 200,000 entries and the kept set rarely a hundred.
void Sampler::keepTopP(float best)
{
    if (m_params.topP >= 1.0F)
        return;
    double total = 0.0;
    for (const Candidate& candidate : m_candidates)
        total += weight(candidate.logit, best);
    const double goal = static_cast<double>(m_params.topP) * total;
    double sum = 0.0;
    std::size_t sorted = 0;
    for (std::size_t kept = 0; kept < m_candidates.size();) {
        if (kept == sorted) {
            const std::size_t end =
                std::min(m_candidates.size(), std::max<std::size_t>(64, sorted * 4));
            std::partial_sort(m_candidates.begin() + static_cast<std::ptrdiff_t>(sorted),
                m_candidates.begin() + static_cast<std::ptrdiff_t>(end), m_candidates.end(),
                before);
            sorted = end;
        }
        sum += weight(m_candidates[kept].logit, best);
        ++kept;
        if (sum >= goal || kept == m_candidates.size()) {
            m_candidates.resize(kept);
            return;
        }
    }
}

void Sampler::keepMinP(float best)
{
    if (!(m_params.minP > 0.0F))
        return;
    std::erase_if(m_candidates, [&](const Candidate& candidate) {
        return candidate.logit != best && weight(candidate.logit, best) < m_params.minP;
    });
}

TokenId Sampler::draw(float best)
{
    const double temperature = m_params.temperature;
    m_weights.resize(m_candidates.size());
    double total = 0.0;
    for (std::size_t i = 0; i < m_candidates.size(); ++i) {
        const double below = static_cast<double>(m_candidates[i].logit) - static_cast<double>(best);
        m_weights[i] = below == 0.0 ? 1.0 : portableExp(below / temperature);
        total += m_weights[i];
    }
    double left = m_prng.uniform() * total;
    std::size_t last = 0; // of those with any weight; rounding may leave a rest at the end
    for (std::size_t i = 0; i < m_candidates.size(); ++i) {
        if (m_weights[i] <= 0.0)
            continue;
        last = i;
        left -= m_weights[i];
        if (left < 0.0)
            break;
    }
    return m_candidates[last].id;
}

TokenId Sampler::sample(std::span<const float> logits)
{
    collect(logits);
    penalize();
    const Candidate best = *std::min_element(m_candidates.begin(), m_candidates.end(), before);
    if (!(m_params.temperature > 0.0F) || best.logit == kNever)
        return best.id;
    keepTopK();
    keepTopP(best.logit);
    keepMinP(best.logit);
    return draw(best.logit);
}

} // namespace lectern::inference
