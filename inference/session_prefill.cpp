// SPDX-License-Identifier: Apache-2.0
// The first half of a request: keep what is held, look at the pictures, prefill the rest.
#include "inference/session_run.h"

#include <algorithm>

namespace lectern::inference {

// Keeps of the cache what the new prompt begins with, all but the last token, whose logits are
// needed, and adds what of it is on disk.
Result<void> Session::Run::reuse()
{
    KvCache& kv = *m_session.m_kv;
    Snapshots* const snapshots = m_session.m_snapshots.get();
    auto& held = m_session.m_held;
    const auto most = static_cast<std::int64_t>(m_plan.items.size()) - 1;
    // A request that ran out of memory may have left guesses behind what is known to be held.
    kv.rewindTo(static_cast<std::int64_t>(held.size()));
    held.resize(static_cast<std::size_t>(kv.position()));
    const auto differs =
        std::mismatch(held.begin(), held.end(), m_plan.items.begin(), m_plan.items.end() - 1);
    const std::int64_t same = differs.first - held.begin();
    if (snapshots && !snapshots->begin(m_plan.items, kv.kept(same), m_stop))
        return fail(ErrorCode::cancelled, "Stopped before reading.");
    m_kept = kv.rewindTo(same);
    held = m_plan.items;
    if (snapshots) {
        const std::int64_t restored = snapshots->restore(most, m_stop);
        m_timings.restoredTokens = static_cast<int>(restored);
        m_kept += restored;
    }
    m_timings.cachedTokens = static_cast<int>(m_kept);
    return {};
}

Result<void> Session::Run::lookAtPictures()
{
    const auto start = Clock::now();
    std::vector<std::size_t> needed;
    for (const Patches& patches : m_plan.patches)
        if (patches.first + m_session.m_eyes->tileSpec().tokensPerTile() > m_kept
            && (needed.empty() || needed.back() != patches.picture))
            needed.push_back(patches.picture);
    m_embeddings.resize(m_plan.pictures.size());
    for (std::size_t i = 0; i < needed.size(); ++i) {
        progress(Stage::vision, static_cast<std::int64_t>(i),
            static_cast<std::int64_t>(needed.size()), 0);
        auto seen = m_session.m_eyes->encode(*m_plan.pictures[needed[i]], m_stop);
        if (!seen)
            return tl::unexpected(seen.error());
        m_embeddings[needed[i]] = std::move(*seen);
    }
    if (!needed.empty())
        progress(Stage::vision, static_cast<std::int64_t>(needed.size()),
            static_cast<std::int64_t>(needed.size()), 0);
    m_timings.visionSeconds += secondsSince(start);
    return {};
}

Result<void> Session::Run::prefill()
{
    const auto start = Clock::now();
    const auto total = static_cast<std::int64_t>(m_plan.items.size());
    std::vector<std::int32_t> ids;
    for (std::int64_t i = m_kept; i < total; ++i)
        ids.push_back(m_plan.items[static_cast<std::size_t>(i)].id);
    std::vector<EmbeddingRun> pictures;
    for (const Patches& patches : m_plan.patches) {
        const std::int64_t count = m_session.m_eyes->tileSpec().tokensPerTile();
        const std::int64_t skipped = std::max<std::int64_t>(m_kept - patches.first, 0);
        if (skipped >= count)
            continue;
        pictures.push_back({patches.first + skipped - m_kept,
            m_embeddings[patches.picture]->rows.slice(patches.row + skipped, count - skipped)});
    }
    progress(Stage::prefill, m_kept, total, 0);
    auto logits = m_session.m_model->forward(*m_session.m_kv,
        {.tokens = ids,
            .pictures = pictures,
            .largest = m_ranks,
            .stop = m_stop,
            .onProgress = [&](std::int64_t done) {
                if (m_session.m_snapshots)
                    m_session.m_snapshots->grown();
                progress(Stage::prefill, m_kept + done, total, rate(done, secondsSince(start)));
            }});
    m_timings.prefillSeconds = secondsSince(start);
    if (!logits)
        return tl::unexpected(logits.error());
    m_logits = *logits;
    return {};
}

} // namespace lectern::inference
