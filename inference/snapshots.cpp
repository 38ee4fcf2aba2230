// SPDX-License-Identifier: Apache-2.0
// What of a context is saved when, and how it comes back.
#include "inference/snapshots.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <new>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unordered_map>

namespace lectern::inference {

namespace {

// Segment of a model without chunks: small enough that little is lost behind the last one, large
// enough that a file is megabytes.
constexpr std::int64_t kPlainSegment = 2048;
// Read at a time: hashed while still in the cache, and a stop is seen within milliseconds.
constexpr std::uint64_t kReadPiece = 1U << 20U;
// A tail shorter than this is prefilled faster than a file is worth.
constexpr std::int64_t kLeastTail = 8;

tl::unexpected<Error> unusable(std::string_view what)
{
    return fail(ErrorCode::malformed, fmt::format("A saved context is not usable: {}.", what));
}

// This thread's work may wait for any other's.
void yieldToOthers()
{
    constexpr int kLowest = 19;
    constexpr int kThisThread = 1;     // IOPRIO_WHO_PROCESS, which takes thread ids
    constexpr int kIdleDisk = 3 << 13; // IOPRIO_CLASS_IDLE
    const auto thread = static_cast<id_t>(::syscall(SYS_gettid));
    ::setpriority(PRIO_PROCESS, thread, kLowest);
    ::syscall(SYS_ioprio_set, kThisThread, thread, kIdleDisk);
}

} // namespace

std::int64_t Snapshots::segmentLength(const Backend& backend, const KvShape& shape)
{
    const bool local =
        std::find(shape.layers.begin(), shape.layers.end(), KvScope::local) != shape.layers.end();
    const std::int64_t length = local ? shape.chunk : kPlainSegment;
    return backend.inHostMemory() && length <= static_cast<std::int64_t>(kMostSnapshotPositions)
        ? length
        : 0;
}

Snapshots::Snapshots(SnapshotFolder folder, const SnapshotIdentity& identity, KvCache& kv)
    : m_folder(std::move(folder))
    , m_identity(identity)
    , m_kv(kv)
    , m_length(static_cast<std::int64_t>(identity.segmentLength))
    , m_rowBytes(identity.kvHeads
          * kvHeadBytes(identity.kvType, static_cast<std::int64_t>(identity.headDim)))
    , m_chain{chainStart(identity)}
    , m_writer([this](const std::stop_token& stop) { work(stop); })
{
    if (auto ready = m_folder.prepare(); !ready)
        warn(ready.error().message);
    else
        m_usable = true;
}

Snapshots::~Snapshots()
{
    m_writer.request_stop();
    m_writer.join();
}

bool Snapshots::begin(
    std::vector<SnapshotItem> items, std::int64_t kept, const std::stop_token& stop)
{
    if (!mayWrite(kept, static_cast<std::int64_t>(items.size()), stop))
        return false;
    const auto same = std::mismatch(m_items.begin(), m_items.end(), items.begin(), items.end());
    const auto known =
        std::min(static_cast<std::size_t>(same.first - m_items.begin()) + 1, m_chain.size());
    std::vector<Hash128> chain(
        m_chain.begin(), m_chain.begin() + static_cast<std::ptrdiff_t>(known));
    chain.reserve(items.size() + 1);
    for (std::size_t i = known - 1; i < items.size(); ++i)
        chain.push_back(chainNext(chain.back(), items[i]));
    m_items = std::move(items);
    m_chain = std::move(chain);
    if (kept < m_savedTail) {
        // Inside a segment nothing is known to be saved: it has no local rows.
        m_savedTail = kept < m_savedSegments ? boundary(kept) : kept;
        m_savedSegments = std::min(m_savedSegments, boundary(kept));
        if (m_savedTail == m_savedSegments)
            m_tails.clear();
    }
    return true;
}

bool Snapshots::mayAppend(std::int64_t count, const std::stop_token& stop)
{
    return mayWrite(m_kv.position(), m_kv.position() + count, stop);
}

void Snapshots::append(const SnapshotItem& item)
{
    m_items.push_back(item);
    m_chain.push_back(chainNext(m_chain.back(), item));
}

bool Snapshots::mayWrite(std::int64_t first, std::int64_t end, const std::stop_token& stop)
{
    std::unique_lock lock(m_mutex);
    return m_changed.wait(lock, stop, [&] {
        return std::none_of(m_jobs.begin(), m_jobs.end(), [&](const Job& job) {
            const auto from = static_cast<std::int64_t>(job.header.first);
            const auto to = from + static_cast<std::int64_t>(job.header.count());
            // The local rows of a tail give way to those of the next chunk.
            return first < to
                || (job.header.kind == SnapshotKind::tail && boundary(end - 1) > boundary(from));
        });
    });
}

std::byte* Snapshots::row(std::size_t layer, SnapshotPart part, std::int64_t position) const
{
    const KvRows rows = part == SnapshotPart::keys ? m_kv.keys(layer) : m_kv.values(layer);
    const std::int64_t first = m_kv.scope(layer) == KvScope::local ? boundary(position) : 0;
    return rows.data + static_cast<std::uint64_t>(position - first) * m_rowBytes;
}

// --- saving -------------------------------------------------------------------------------------

void Snapshots::grown()
{
    const std::int64_t full = boundary(m_kv.position());
    for (; m_savedSegments < full; m_savedSegments += m_length)
        save(SnapshotKind::segment, m_savedSegments, m_savedSegments + m_length);
    if (m_savedTail < m_savedSegments) {
        m_savedTail = m_savedSegments;
        m_tails.clear();
    }
}

void Snapshots::ended()
{
    grown();
    if (m_kv.position() - m_savedTail < kLeastTail)
        return;
    save(SnapshotKind::tail, m_savedTail, m_kv.position());
    m_savedTail = m_kv.position();
}

void Snapshots::prefilled(std::int64_t answerTokens)
{
    if (boundary(m_kv.position()) != boundary(m_kv.position() + answerTokens))
        ended();
}

void Snapshots::save(SnapshotKind kind, std::int64_t first, std::int64_t end)
{
    if (!m_usable)
        return;
    Job job;
    job.header.identity = m_identity;
    job.header.kind = kind;
    job.header.first = static_cast<std::uint64_t>(first);
    job.header.parent = m_chain[static_cast<std::size_t>(first)];
    job.header.end = m_chain[static_cast<std::size_t>(end)];
    job.header.items.assign(m_items.begin() + first, m_items.begin() + end);
    for (std::size_t layer = 0; layer < m_kv.layers(); ++layer) {
        if (kind == SnapshotKind::segment && m_kv.scope(layer) == KvScope::local)
            continue;
        for (const SnapshotPart part : {SnapshotPart::keys, SnapshotPart::values}) {
            job.header.sections.push_back({static_cast<std::uint32_t>(layer), part,
                static_cast<std::uint64_t>(end - first) * m_rowBytes, 0});
            job.rows.push_back(row(layer, part, first));
        }
    }
    if (job.header.sections.empty())
        return;
    for (auto name = m_tails.rbegin(); name != m_tails.rend(); ++name)
        job.chain.push_back(*name);
    for (std::int64_t at = boundary(first); at > 0; at -= m_length)
        job.chain.push_back(SnapshotFolder::segmentName(m_chain[static_cast<std::size_t>(at)]));
    job.name = kind == SnapshotKind::segment
        ? SnapshotFolder::segmentName(job.header.end)
        : SnapshotFolder::tailName(job.header.parent, job.header.end);
    if (kind == SnapshotKind::tail)
        m_tails.push_back(job.name);
    const std::lock_guard lock(m_mutex);
    m_jobs.push_back(std::move(job));
    m_changed.notify_all();
}

void Snapshots::work(const std::stop_token& stop)
{
    yieldToOthers();
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_changed.wait(lock, stop, [&] { return !m_jobs.empty(); });
        if (m_jobs.empty())
            return;                      // all saved, and asked to end
        const Job& job = m_jobs.front(); // a deque: it stays where it is
        lock.unlock();
        try {
            if (auto saved = keep(job); !saved)
                warn(std::move(saved.error().message));
        } catch (const std::bad_alloc&) { // then this part is not kept; no answer depends on it
        }
        lock.lock();
        m_jobs.pop_front();
        m_changed.notify_all();
    }
}

Result<void> Snapshots::keep(const Job& job)
{
    Result<void> saved;
    if (job.header.fileSize() > m_folder.quota())
        saved = fail(ErrorCode::cannotRead,
            fmt::format("What was read cannot be kept for the next start: it takes {} MiB, "
                        "and the limit for saved contexts is {} MiB. Answers are not affected.",
                job.header.fileSize() >> 20U, m_folder.quota() >> 20U));
    else if (!m_folder.has(job.name))
        saved = m_folder.write(job.name, job.header, job.rows);
    // Used last is dropped last: the beginning of a context after what needs it.
    m_folder.touch(job.name);
    for (const std::string& name : job.chain)
        m_folder.touch(name);
    m_folder.keepQuota();
    return saved;
}

void Snapshots::warn(std::string sentence)
{
    const std::lock_guard lock(m_mutex);
    if (std::find(m_warnings.begin(), m_warnings.end(), sentence) == m_warnings.end())
        m_warnings.push_back(std::move(sentence));
}

std::vector<std::string> Snapshots::takeWarnings()
{
    const std::lock_guard lock(m_mutex);
    std::vector<std::string> untold(
        m_warnings.begin() + static_cast<std::ptrdiff_t>(m_told), m_warnings.end());
    m_told = m_warnings.size();
    return untold;
}

void Snapshots::flush()
{
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [&] { return m_jobs.empty(); });
}

// --- restoring ----------------------------------------------------------------------------------

std::int64_t Snapshots::restore(std::int64_t most, const std::stop_token& stop)
{
    const std::int64_t start = m_kv.position();
    most = std::min(most, m_kv.capacity());
    while (m_usable && !stop.stop_requested()) {
        const std::int64_t position = m_kv.position();
        const Reach next = nextFile(most);
        if (next.end <= position)
            break;
        const auto loaded = load(next.name, next.end, stop);
        if (!loaded) {
            if (loaded.error().code != ErrorCode::malformed)
                break;
            reject(next.name);
            continue;
        }
        m_folder.touch(next.name);
        if (m_kv.position() % m_length == 0) {
            m_savedSegments = m_savedTail = m_kv.position();
            m_tails.clear();
        } else if (next.first <= m_savedTail) {
            m_savedTail = m_kv.position();
            m_tails.push_back(next.name);
        }
    }
    return m_kv.position() - start;
}

Snapshots::Reach Snapshots::nextFile(std::int64_t most)
{
    const std::int64_t first = boundary(m_kv.position());
    const std::int64_t end = first + m_length;
    if (end <= most) {
        const auto name = SnapshotFolder::segmentName(m_chain[static_cast<std::size_t>(end)]);
        if (m_folder.has(name) && !m_rejected.contains(name))
            return {name, first, end};
    }
    return longestTail(most);
}

// Its name is ours and nobody can use it. Should it not go away, it is not tried again.
void Snapshots::reject(const std::string& name)
{
    m_rejected.insert(name);
    m_folder.remove(name);
}

// Of the tails that begin in this segment and not behind the cache's position, the one that agrees
// with the items for longest.
Snapshots::Reach Snapshots::longestTail(std::int64_t most)
{
    const std::int64_t position = m_kv.position();
    std::unordered_map<std::string, std::int64_t> firsts; // by chain
    for (std::int64_t at = boundary(position); at <= position; ++at)
        firsts.emplace(m_chain[static_cast<std::size_t>(at)].hex(), at);
    Reach best;
    for (const SnapshotFolder::Tail& tail : m_folder.tails()) {
        const auto found = firsts.find(tail.parent);
        if (found == firsts.end() || m_rejected.contains(tail.name))
            continue;
        const std::int64_t first = found->second;
        const auto opened = m_folder.open(tail.name);
        if (!opened) {
            if (opened.error().code == ErrorCode::malformed)
                reject(tail.name);
            continue;
        }
        const auto& items = opened->header.items;
        const auto same = std::mismatch(items.begin(), items.end(), m_items.begin() + first,
            m_items.begin() + std::max(first, most));
        const std::int64_t end = first + (same.first - items.begin());
        if (end > std::max(best.end, position))
            best = {tail.name, first, end};
    }
    return best;
}

// Whether a file is what its name promised and this cache can take, up to the position `end`.
Result<void> Snapshots::matches(const SnapshotHeader& header, std::int64_t end) const
{
    if (!(header.identity == m_identity))
        return unusable("it was made with another model, cache type or version");
    const auto first = static_cast<std::int64_t>(header.first);
    const auto last = first + static_cast<std::int64_t>(header.count());
    if (first > m_kv.position() || end > last || first < boundary(m_kv.position())
        || end > boundary(m_kv.position()) + m_length)
        return unusable("it stands for other positions");
    if (!(header.parent == m_chain[static_cast<std::size_t>(first)])
        || !std::equal(
            header.items.begin(), header.items.begin() + (end - first), m_items.begin() + first))
        return unusable("it belongs to another text");
    if (header.kind == SnapshotKind::segment && end != last)
        return unusable("it is longer than the text");
    std::size_t at = 0;
    for (std::size_t layer = 0; layer < m_kv.layers(); ++layer) {
        if (header.kind == SnapshotKind::segment && m_kv.scope(layer) == KvScope::local)
            continue;
        for (const SnapshotPart part : {SnapshotPart::keys, SnapshotPart::values}) {
            if (at >= header.sections.size() || header.sections[at].layer != layer
                || header.sections[at].part != part)
                return unusable("it has other layers");
            ++at;
        }
    }
    if (at != header.sections.size())
        return unusable("it has other layers");
    return {};
}

// Rows go straight into the cache, behind its position, where they do not count yet; they are
// counted once every checksum has been seen to be right.
Result<void> Snapshots::load(const std::string& name, std::int64_t end, const std::stop_token& stop)
{
    const auto opened = m_folder.open(name);
    if (!opened)
        return tl::unexpected(opened.error());
    if (auto fits = matches(opened->header, end); !fits)
        return fits;
    const std::int64_t growth = end - m_kv.position();
    if (auto room = m_kv.prepare(growth); !room)
        return room;
    for (const SnapshotSection& section : opened->header.sections) {
        if (auto done = readRows(*opened, section, end, stop); !done)
            return done;
    }
    if (opened->header.kind == SnapshotKind::segment)
        m_kv.advanceGlobals(growth);
    else
        m_kv.advance(growth);
    return {};
}

// Rows before the cache's position, which it holds already, and those behind `end` are read for
// the checksum alone.
Result<void> Snapshots::readRows(const SnapshotFolder::Opened& opened,
    const SnapshotSection& section, std::int64_t end, const std::stop_token& stop)
{
    const auto first = static_cast<std::int64_t>(opened.header.first);
    const std::uint64_t wantedFrom =
        static_cast<std::uint64_t>(m_kv.position() - first) * m_rowBytes;
    const std::uint64_t wantedTo = static_cast<std::uint64_t>(end - first) * m_rowBytes;
    std::byte* const wanted = row(section.layer, section.part, m_kv.position());
    m_readBuffer.resize(kReadPiece);
    RunningChecksum checksum;
    for (std::uint64_t at = 0; at < section.bytes;) {
        if (stop.stop_requested())
            return fail(ErrorCode::cancelled, "Stopped while reading a saved context.");
        const bool take = at >= wantedFrom && at < wantedTo;
        const std::uint64_t until = at < wantedFrom ? wantedFrom : take ? wantedTo : section.bytes;
        const std::size_t size = std::min(kReadPiece, until - at);
        std::byte* const target = take ? wanted + (at - wantedFrom) : m_readBuffer.data();
        const ssize_t got = ::read(opened.file.get(), target, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return unusable("the file is cut off");
        checksum.update(target, static_cast<std::size_t>(got));
        at += static_cast<std::uint64_t>(got);
    }
    if (checksum.digest() != section.checksum)
        return unusable("its rows are damaged");
    return {};
}

} // namespace lectern::inference
