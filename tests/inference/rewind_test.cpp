// SPDX-License-Identifier: Apache-2.0
// Going back: logits after a rewind and a replay are, bit for bit, those of a context that never
// was any further, at every chunk boundary and around it.
#include "tests/inference/snapshot_fixture.h"

#include <fmt/format.h>

using namespace lectern::inference;
using namespace lectern::test;

namespace {

std::vector<float> append(
    TextModel& model, KvCache& kv, const std::vector<std::int32_t>& ids, std::int64_t end)
{
    const auto first = static_cast<std::size_t>(kv.position());
    const auto logits = model.forward(kv,
        {.tokens = std::span(ids).subspan(first, static_cast<std::size_t>(end) - first),
            .logits = LogitsOf::all});
    return logits ? std::vector<float>(logits->begin(), logits->end()) : std::vector<float>();
}

} // namespace

TEST(RewindTest, replayGivesTheBitsOfAStraightRun)
{
    std::vector<std::int32_t> ids;
    std::vector<std::int32_t> edited;
    for (const SnapshotItem& item : someItems(70))
        ids.push_back(item.id);
    for (const SnapshotItem& item : someItems(70, 2))
        edited.push_back(item.id);
    int compared = 0;
    for (const bool scalar : {true, false}) {
        LoadedModel loaded(golden("text/chunk16/model.gguf"),
            scalar ? std::optional(SimdLevel::scalar) : std::nullopt);
        for (const KvType type : kEveryKvType) {
            if (scalar && type != KvType::f32 && type != KvType::q8_0)
                continue; // slow
            for (const std::int64_t held : {48, 49, 63}) {
                for (std::int64_t back = 1; back < held; ++back) {
                    if (back % 16 > 1 && back % 16 < 15 && back % 5 != 0)
                        continue; // boundaries, one beside them, and some between
                    const auto row = fmt::format("{}: {} to {}", kvTypeName(type), held, back);
                    auto rewound = *loaded.model->createKvCache(type, 100);
                    append(*loaded.model, rewound, ids, held);
                    const std::int64_t kept = rewound.kept(back);
                    CHECK_ROW(rewound.rewindTo(back) == kept && rewound.position() == kept, row);
                    // Inside the chunk whose local keys are held, else the boundary before.
                    const std::int64_t chunk = (held - 1) / 16 * 16;
                    CHECK_ROW(kept == (back >= chunk ? back : back / 16 * 16), row);
                    // The fast kernels promise equal bits for calls of one size class only.
                    const bool small = held - chunk <= kDecodeRows;
                    if (!scalar && kept % 16 != 0 && small != (kept - chunk <= kDecodeRows))
                        continue;

                    std::vector<std::int32_t> text(ids.begin(), ids.begin() + kept);
                    text.insert(text.end(), edited.begin() + kept, edited.end());
                    auto straight = *loaded.model->createKvCache(type, 100);
                    append(*loaded.model, straight, text, kept);
                    CHECK_ROW(sameBits(append(*loaded.model, rewound, text, 70),
                                  append(*loaded.model, straight, text, 70)),
                        row);
                    ++compared;
                }
            }
        }
    }
    CHECK(compared > 150);
}
