// SPDX-License-Identifier: Apache-2.0
// Byte-pair merging against its definition, over random merge tables whose ranks follow no order.
#include "inference/byte_pairs.h"
#include "tests/inference/test.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <random>

using namespace lectern::inference;

namespace {

struct Merge {
    std::int32_t left;
    std::int32_t right;
    std::int32_t result;
};

struct Table {
    std::vector<Merge> merges; // by rank
    int letters;               // ids below are single symbols
};

// Tokens over a small alphabet; several pairs may give the same token, and a pair may rank before
// the pairs that make its halves, as in vocabularies that were converted from token ranks.
Table randomTable(std::mt19937& random, int letters, int count)
{
    std::vector<std::string> tokens;
    std::map<std::string, std::int32_t> ids;
    const auto idOf = [&](const std::string& token) {
        const auto [entry, isNew] =
            ids.try_emplace(token, static_cast<std::int32_t>(tokens.size()));
        if (isNew)
            tokens.push_back(token);
        return entry->second;
    };
    for (int i = 0; i < letters; ++i)
        idOf(std::string(1, static_cast<char>('a' + i)));
    Table table{{}, letters};
    std::map<std::pair<std::int32_t, std::int32_t>, bool> seen;
    while (static_cast<int>(table.merges.size()) < count) {
        const auto left = static_cast<std::int32_t>(random() % tokens.size());
        const auto right = static_cast<std::int32_t>(random() % tokens.size());
        const std::string joined =
            tokens[static_cast<std::size_t>(left)] + tokens[static_cast<std::size_t>(right)];
        if (joined.size() > 12 || !seen.try_emplace({left, right}, true).second)
            continue;
        table.merges.push_back({left, right, idOf(joined)});
    }
    std::ranges::shuffle(table.merges, random);
    return table;
}

// The definition: the adjacent pair of lowest rank, leftmost first, until there is none.
std::vector<std::int32_t> mergedByDefinition(const Table& table, std::vector<std::int32_t> ids)
{
    for (;;) {
        std::size_t best = table.merges.size();
        std::size_t at = 0;
        for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
            for (std::size_t rank = 0; rank < best; ++rank) {
                if (table.merges[rank].left == ids[i] && table.merges[rank].right == ids[i + 1]) {
                    best = rank;
                    at = i;
                }
            }
        }
        if (best == table.merges.size())
            return ids;
        ids[at] = table.merges[best].result;
        ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
}

} // namespace

TEST(BytePairsTest, mergesAsDefinedWhateverTheRanks)
{
    std::mt19937 random(7);
    for (int round = 0; round < 200; ++round) {
        const Table table = randomTable(random, 1 + round % 4, 2 + round % 40);
        BytePairs pairs(table.merges.size());
        for (const Merge& merge : table.merges)
            pairs.add(merge.left, merge.right, merge.result);
        for (const std::size_t length : {0U, 1U, 2U, 5U, 30U, 48U, 49U, 50U, 120U, 300U}) {
            std::vector<std::int32_t> ids(length);
            for (auto& id : ids)
                id = static_cast<std::int32_t>(random() % static_cast<unsigned>(table.letters));
            const auto expected = mergedByDefinition(table, ids);
            pairs.merge(ids);
            CHECK_ROW(ids == expected, fmt::format("round {}, length {}", round, length));
        }
    }
}

TEST(BytePairsTest, aRepeatedPairKeepsItsLowerRank)
{
    BytePairs pairs(3);
    pairs.add(0, 1, 2);
    pairs.add(1, 0, 3);
    pairs.add(0, 1, 4);
    std::vector<std::int32_t> ids{0, 1, 0};
    pairs.merge(ids);
    CHECK(ids == (std::vector<std::int32_t>{2, 0}));
}

TEST(BytePairsTest, withoutMergesNothingChanges)
{
    const BytePairs pairs(0);
    std::vector<std::int32_t> ids(1000, 5);
    pairs.merge(ids);
    CHECK(ids == std::vector<std::int32_t>(1000, 5));
}

TEST(BytePairsTest, longRunsThatAlternateBetweenRanksStayFast)
{
    // Each merge makes a pair that ranks before the one being worked on.
    BytePairs pairs(4);
    pairs.add(2, 2, 3); // rank 0: made by two of rank 1
    pairs.add(0, 1, 2); // rank 1
    std::vector<std::int32_t> ids;
    for (int i = 0; i < 500'000; ++i) {
        ids.push_back(0);
        ids.push_back(1);
    }
    pairs.merge(ids);
    CHECK(ids == std::vector<std::int32_t>(250'000, 3));
}

TEST(BytePairsTest, workGrowsWithTheTextAndNotItsSquare)
{
    std::mt19937 random(11);
    for (int round = 0; round < 40; ++round) {
        const Table table = randomTable(random, 1 + round % 4, 3 + round);
        BytePairs pairs(table.merges.size());
        for (const Merge& merge : table.merges)
            pairs.add(merge.left, merge.right, merge.result);
        // Runs, a pattern, and noise, each of 2,000 and of 64,000 symbols: 32 times the text may
        // take 40 times the work, not 1,000.
        for (int kind = 0; kind < 3; ++kind) {
            std::size_t work[2] = {};
            for (const std::size_t length : {2'000U, 64'000U}) {
                std::vector<std::int32_t> ids(length);
                for (std::size_t i = 0; i < length; ++i) {
                    const auto letters = static_cast<unsigned>(table.letters);
                    const auto choice = kind == 0 ? 0U : kind == 1 ? i * i % 7 : random();
                    ids[i] = static_cast<std::int32_t>(choice % letters);
                }
                work[length > 2'000] = pairs.merge(ids);
            }
            CHECK_ROW(work[0] >= 2'000 && work[1] <= 40 * work[0],
                fmt::format("round {}, kind {}: {} then {}", round, kind, work[0], work[1]));
        }
    }
}
