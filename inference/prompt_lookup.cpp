// SPDX-License-Identifier: Apache-2.0
// Finding a guess, and deciding how much of it to check.
#include "inference/prompt_lookup.h"

#include <algorithm>

namespace lectern::inference {

namespace {

// Earlier places looked at for the longest agreement: the latest ones.
constexpr int kMostPlaces = 16;
// Cost of one more row before any was measured, relative to a call of one.
constexpr double kRowCost = 0.3;
// A guess has to promise this much more than plain decoding: its estimates are rough.
constexpr double kLeastGain = 1.08;
// Guesses declined before one is checked although it does not promise to pay, two tokens of it;
// twice as many each time, until one does: should a row cost as much as a call, that is 3 % at
// first and soon nothing.
constexpr int kFirstPatience = 64;
constexpr int kMostPatience = 2048;
constexpr int kRetryLength = 2;
constexpr double kTimeWeight = 0.15;  // of the latest call in the running mean
constexpr double kFasterWeight = 0.3; // if it was faster: nothing makes a call faster by chance
constexpr double kRememberedTries = 24;

} // namespace

std::uint64_t PromptLookup::gramEndingAt(std::size_t end) const
{
    static_assert(kGram == 3, "21 bits a token: vocabularies are below 2 million");
    std::uint64_t key = 0;
    for (std::size_t i = end - kGram; i < end; ++i)
        key = key << 21U | static_cast<std::uint64_t>(m_tokens[i] & 0x1FFFFF);
    return key;
}

void PromptLookup::append(TokenId id)
{
    m_tokens.push_back(id);
    const std::size_t end = m_tokens.size();
    std::int32_t before = 0;
    const bool run = end >= kGram
        && std::find(m_tokens.end() - kGram, m_tokens.end(), kNotText) == m_tokens.end();
    if (run)
        before = std::exchange(m_last[gramEndingAt(end)], static_cast<std::int32_t>(end));
    if (m_previous.empty())
        m_previous.push_back(0);
    m_previous.push_back(before);
}

PromptLookup::Guess PromptLookup::guess() const
{
    Guess best;
    const auto end = static_cast<std::int32_t>(m_tokens.size());
    if (end == 0)
        return best;
    std::int32_t place = m_previous.back();
    std::int32_t chosen = 0;
    for (int looked = 0; place > 0 && looked < kMostPlaces; ++looked) {
        int match = 0;
        while (match < kLongestMatch && match < place && m_tokens[place - 1 - match] != kNotText
            && m_tokens[place - 1 - match] == m_tokens[end - 1 - match])
            ++match;
        if (match > best.match) {
            best.match = match;
            chosen = place;
        }
        place = m_previous[place];
    }
    if (chosen == 0)
        return best;
    // A text that repeats itself is followed beyond its end.
    while (best.count < kMostDraft) {
        const std::int32_t from = chosen + best.count;
        const TokenId id = from < end ? m_tokens[from] : best.tokens[from - end];
        if (id == kNotText)
            break;
        best.tokens[best.count++] = id;
    }
    return best;
}

std::size_t DraftPolicy::recordOf(int match)
{
    return match < 4 ? 0 : match < 6 ? 1 : match < PromptLookup::kLongestMatch ? 2 : 3;
}

double DraftPolicy::cost(int rows) const
{
    const double assumed = 1 + kRowCost * (rows - 1);
    if (m_seconds[1] <= 0)
        return assumed;
    if (m_seconds[rows] > 0)
        return m_seconds[rows] / m_seconds[1];
    // From the nearest count below that was measured.
    int known = rows;
    while (known > 1 && m_seconds[known] <= 0)
        --known;
    const double perRow =
        known > 1 ? (m_seconds[known] / m_seconds[1] - 1) / (known - 1) : kRowCost;
    return m_seconds[known] / m_seconds[1] + std::max(perRow, 0.0) * (rows - known);
}

DraftPolicy::DraftPolicy() : m_patience(kFirstPatience) { }

int DraftPolicy::length(int count, int match)
{
    const Record& record = m_records[recordOf(match)];
    const double right = record.right / record.tried; // chance of each further token
    int best = 0;
    double most = kLeastGain;
    double tokens = 1;
    double chance = 1;
    for (int length = 1; length <= count; ++length) {
        chance *= right;
        tokens += chance;
        if (const double gain = tokens / cost(length + 1); gain > most) {
            most = gain;
            best = length;
        }
    }
    if (best > 0) {
        m_declined = 0;
        m_patience = kFirstPatience;
    }
    if (best > 0 || count == 0 || ++m_declined < m_patience)
        return best;
    m_declined = 0;
    m_patience = std::min(2 * m_patience, kMostPatience);
    return std::min(count, kRetryLength);
}

void DraftPolicy::checked(int match, int checkedTokens, int accepted)
{
    Record& record = m_records[recordOf(match)];
    record.right += accepted;
    record.tried += std::min(accepted + 1, checkedTokens); // behind the first wrong one: unknown
    if (record.tried > kRememberedTries) {
        record.right *= kRememberedTries / record.tried;
        record.tried = kRememberedTries;
    }
}

void DraftPolicy::took(int rows, double seconds)
{
    double& mean = m_seconds[rows];
    // A call that was interrupted says nothing about its cost; the first of its kind counts as no
    // more than was assumed, or it would be the last.
    if (mean <= 0) {
        mean = m_seconds[1] > 0 ? std::min(seconds, m_seconds[1] * cost(rows)) : seconds;
        return;
    }
    const double taken = std::min(seconds, 3 * mean);
    mean += (taken < mean ? kFasterWeight : kTimeWeight) * (taken - mean);
}

void DraftPolicy::newAnswer()
{
    m_records = {};
    m_declined = 0;
}

} // namespace lectern::inference
