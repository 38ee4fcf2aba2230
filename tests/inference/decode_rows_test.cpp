// SPDX-License-Identifier: Apache-2.0
// The promise that checking a guess rests on: a few tokens in one call give, bit for bit, the
// logits and the keys and values that one call a token gives (backend.h, kDecodeRows).
#include "inference/cpu/cpu_backend.h"
#include "inference/models/text_model.h"
#include "tests/inference/golden.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

using namespace lectern::inference;
using lectern::test::golden;

namespace {

// Prefills `prompt`, then feeds `tail` in calls of `step` tokens; all logits of the tail and those
// of the token behind it, which have seen the tail's keys and values.
std::vector<float> decode(TextModel& model, KvType type, std::span<const std::int32_t> prompt,
    std::span<const std::int32_t> tail, std::size_t step)
{
    std::vector<float> logits;
    auto kv = model.createKvCache(type, static_cast<std::int64_t>(prompt.size() + tail.size() + 1));
    if (!kv || !model.forward(*kv, {.tokens = prompt}))
        return logits;
    const auto append = [&](std::span<const std::int32_t> ids) {
        const auto rows = model.forward(*kv, {.tokens = ids, .logits = LogitsOf::all});
        if (rows)
            logits.insert(logits.end(), rows->begin(), rows->end());
    };
    for (std::size_t first = 0; first < tail.size(); first += step)
        append(tail.subspan(first, std::min(step, tail.size() - first)));
    append(prompt.first(1));
    return logits;
}

void checkModel(const std::filesystem::path& path, std::span<const std::int32_t> ids)
{
    for (const SimdLevel level :
        {SimdLevel::scalar, SimdLevel::avx2, SimdLevel::avx512, SimdLevel::amx}) {
        if (level > detectedSimdLevel())
            continue;
        if (lectern::test::kThreadSanitizer && level != detectedSimdLevel())
            continue;
        for (const bool packed : {false, true}) {
            if (packed && level == SimdLevel::scalar)
                continue;
            const auto backend =
                createCpuBackend({.threads = 2, .level = level, .packWeights = packed});
            const auto file = ModelFile::open(path);
            REQUIRE(file.has_value());
            const auto model = TextModel::load(**file, *backend);
            REQUIRE(model.has_value());
            const auto tail = ids.last(ids.size() / 2);
            const auto prompt = ids.first(ids.size() - tail.size());
            for (const KvType type : {KvType::f32, KvType::f16, KvType::q8_0, KvType::q4_0}) {
                if (lectern::test::kThreadSanitizer && type != KvType::f16)
                    continue;
                if (level == SimdLevel::scalar && type != KvType::f16)
                    continue; // slow, and row by row by construction
                const std::vector<float> one = decode(**model, type, prompt, tail, 1);
                CHECK(one.size()
                    == (tail.size() + 1) * static_cast<std::size_t>((*model)->graph().vocabulary));
                for (std::size_t step = 2; step <= static_cast<std::size_t>(kDecodeRows); ++step) {
                    if (lectern::test::kThreadSanitizer && step > 2)
                        break;
                    const std::vector<float> some = decode(**model, type, prompt, tail, step);
                    CHECK_ROW(some.size() == one.size()
                            && std::memcmp(some.data(), one.data(), one.size() * sizeof(float))
                                == 0,
                        fmt::format("{}, level {}, packed {}, cache {}, {} tokens a call",
                            path.parent_path().filename().string(), static_cast<int>(level), packed,
                            static_cast<int>(type), step));
                }
            }
        }
    }
}

std::vector<std::int32_t> someIds(std::size_t count, std::int32_t vocabulary)
{
    std::vector<std::int32_t> ids;
    std::uint32_t state = 7;
    for (std::size_t i = 0; i < count; ++i) {
        state = state * 1664525U + 1013904223U;
        ids.push_back(static_cast<std::int32_t>(state >> 8U) % vocabulary);
    }
    return ids;
}

} // namespace

TEST(DecodeRowsTest, tokensTogetherGiveWhatTheyGiveAlone)
{
    // Experts on every layer, on every second, two a token; chunks that end inside; wide heads.
    for (const std::string name : {"scout", "maverick", "chunk16", "temperature", "top2"})
        checkModel(golden("text/" + name + "/model.gguf"), someIds(50, 448));
}

TEST(DecodeRowsTest, alsoWithQuantisedWeights)
{
    checkModel(golden("quant-model/Q4_K_M.gguf"), someIds(30, 448));
}

TEST(DecodeRowsTest, alsoWithHalves)
{
    checkModel(
        lectern::test::root() / "../resources/models/nano/nano-text-f16.gguf", someIds(30, 448));
}
