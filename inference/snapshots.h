// SPDX-License-Identifier: Apache-2.0
// Keeps on disk what a context has read, and puts it back instead of a prefill.
//
// A context is cut at multiples of the segment length (the attention chunk, where local layers are
// empty): the global layers' rows of each full chunk are one immutable segment. What is behind the
// last boundary is saved whenever an answer ends, all layers, as a tail that begins where the one
// before it ended, so that no row is written twice. Files are found by the chain over the items,
// so every conversation that begins the same way finds the same ones.
//
// Thread: the backend's, but for the writer, a thread of its own that reads rows of the cache
// while the backend appends others. Whoever is about to overwrite rows waits for it first.
#pragma once

#include "inference/kv_cache.h"
#include "inference/snapshot_folder.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace lectern::inference {

class Snapshots {
public:
    // Positions of a segment: a chunk, or kPlainSegment where no layer is local. 0: this cache
    // cannot be saved (not in host memory, or chunks longer than a file may stand for).
    [[nodiscard]] static std::int64_t segmentLength(const Backend& backend, const KvShape& shape);
    // `kv` must outlive it and is empty or was filled through it.
    Snapshots(SnapshotFolder folder, const SnapshotIdentity& identity, KvCache& kv);
    // Finishes what is being saved.
    ~Snapshots();
    Snapshots(const Snapshots&) = delete;
    Snapshots& operator=(const Snapshots&) = delete;

    // --- of one request, in this order ------------------------------------------------------
    // The cache is about to be rewound to `kept` positions, which agree with `items`, and then to
    // hold these: waits until nothing that is being saved needs what is to be dropped or
    // overwritten. False: `stop` came first, and the cache must stay as it is.
    [[nodiscard]] bool begin(
        std::vector<SnapshotItem> items, std::int64_t kept, const std::stop_token& stop);
    // Extends the cache, from its position on and to `most` at the furthest, by what is saved of
    // the items. Returns how many positions came from disk. A file that is not what it should be
    // is dropped before it is counted, and what it stood for is left to the prefill.
    std::int64_t restore(std::int64_t most, const std::stop_token& stop);
    // Before `count` positions more are written: waits as begin() does. False: stopped.
    [[nodiscard]] bool mayAppend(std::int64_t count, const std::stop_token& stop);
    // One more item behind the last: a token of the answer.
    void append(const SnapshotItem& item);
    // The cache has grown: queues what is full.
    void grown();
    // The prompt is read, and so many tokens may follow: should they lead beyond the boundary,
    // where the local layers start anew, queues what is behind the last one, for an answer that is
    // asked for again.
    void prefilled(std::int64_t answerTokens);
    // The request is over: queues the rest.
    void ended();

    // Sentences about what could not be saved since the last call, each told once.
    [[nodiscard]] std::vector<std::string> takeWarnings();
    // Waits until all that was queued is on disk, for tests.
    void flush();

private:
    struct Job {
        SnapshotHeader header;
        std::vector<const std::byte*> rows; // of each section
        std::string name;
        std::vector<std::string> chain; // the files before it, the first last
    };
    // Where a restore would read a file's rows to.
    struct Reach {
        std::string name;
        std::int64_t first = 0; // position the file begins at
        std::int64_t end = 0;   // position, of the part that can be used
    };

    [[nodiscard]] std::int64_t boundary(std::int64_t position) const
    {
        return position / m_length * m_length;
    }
    [[nodiscard]] bool mayWrite(std::int64_t first, std::int64_t end, const std::stop_token& stop);
    void save(SnapshotKind kind, std::int64_t first, std::int64_t end);
    [[nodiscard]] Reach nextFile(std::int64_t most);
    [[nodiscard]] Reach longestTail(std::int64_t most);
    void reject(const std::string& name);
    [[nodiscard]] Result<void> load(
        const std::string& name, std::int64_t end, const std::stop_token& stop);
    [[nodiscard]] Result<void> matches(const SnapshotHeader& header, std::int64_t end) const;
    [[nodiscard]] Result<void> readRows(const SnapshotFolder::Opened& opened,
        const SnapshotSection& section, std::int64_t end, const std::stop_token& stop);
    [[nodiscard]] std::byte* row(std::size_t layer, SnapshotPart part, std::int64_t position) const;
    void work(const std::stop_token& stop);
    [[nodiscard]] Result<void> keep(const Job& job);
    void warn(std::string sentence);

    SnapshotFolder m_folder;
    SnapshotIdentity m_identity;
    KvCache& m_kv;
    std::int64_t m_length;
    std::uint64_t m_rowBytes; // keys or values of one position in one layer
    bool m_usable = false;

    std::vector<SnapshotItem> m_items;
    std::vector<Hash128> m_chain;     // [items + 1]
    std::int64_t m_savedSegments = 0; // positions in segments that are saved or queued
    std::int64_t m_savedTail = 0;     // at least that; and behind it, in tails
    std::vector<std::string> m_tails; // of those
    std::set<std::string> m_rejected; // files that are not what their names say
    std::vector<std::byte> m_readBuffer;

    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::deque<Job> m_jobs;              // guarded by m_mutex; the first one is being written
    std::vector<std::string> m_warnings; // guarded by m_mutex: all so far
    std::size_t m_told = 0;              // guarded by m_mutex
    std::jthread m_writer;               // last: starts when the rest is there
};

} // namespace lectern::inference
