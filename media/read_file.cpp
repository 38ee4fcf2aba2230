// SPDX-License-Identifier: Apache-2.0
// readFile(): open, have a worker read, hash beside it, check that nothing changed.
#include "media/file.h"
#include "media/reader.h"
#include "media/worker/process.h"

#include <algorithm>
#include <mutex>
#include <new>
#include <QCryptographicHash>

namespace lectern::media {

namespace {

using worker::Process;

constexpr std::size_t kMaxIdle = 2; // as many as the application reads files at a time

std::filesystem::path workerProgram()
{
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    return self.parent_path() / "lectern-media-worker";
}

// Workers that wait for their next file. Thread safety: any thread.
class Workers {
public:
    [[nodiscard]] Result<Process> take(const std::stop_token& stop)
    {
        {
            const std::scoped_lock lock(m_mutex);
            while (!m_idle.empty()) {
                Process worker = std::move(m_idle.back());
                m_idle.pop_back();
                if (worker.isWaiting())
                    return worker;
            }
        }
        return Process::start(workerProgram(), {}, stop);
    }
    void giveBack(Process worker)
    {
        const std::scoped_lock lock(m_mutex);
        if (worker.isReusable() && m_idle.size() < kMaxIdle)
            m_idle.push_back(std::move(worker));
    }

private:
    std::mutex m_mutex;
    std::vector<Process> m_idle; // guarded by m_mutex
};

Workers& workers()
{
    static Workers all;
    return all;
}

// SHA-256 of an open file, a block at a time.
class FileHash {
public:
    explicit FileHash(const RegularFile& file)
        : m_file(file), m_block(std::min<std::uint64_t>(kBlockBytes, file.bytes()))
    {
    }
    [[nodiscard]] std::uint64_t done() const { return m_done; }
    [[nodiscard]] std::string hex() const { return m_hash.result().toHex().toStdString(); }

    // False once the whole file is hashed. A file that became shorter ends there;
    // checkUnchanged() says so.
    [[nodiscard]] Result<bool> advance()
    {
        const auto count = m_file.readAt(m_done, m_block);
        if (!count)
            return tl::unexpected(count.error());
        m_hash.addData(QByteArrayView(
            reinterpret_cast<const char*>(m_block.data()), static_cast<qsizetype>(*count)));
        m_done += *count;
        return *count == m_block.size() && m_done < m_file.bytes();
    }

private:
    static constexpr std::size_t kBlockBytes = 1 << 20; // a few milliseconds

    const RegularFile& m_file;
    std::vector<std::byte> m_block;
    std::uint64_t m_done = 0;
    QCryptographicHash m_hash{QCryptographicHash::Sha256};
};

Result<Reading> readOpened(const RegularFile& file, const std::filesystem::path& path,
    const std::string& fileName, const ReadOptions& options, const std::stop_token& stop,
    const ProgressFn& progress)
{
    if (file.bytes() == 0)
        return fail(ErrorCode::empty, "The file is empty.");
    auto worker = workers().take(stop);
    if (!worker)
        return tl::unexpected(worker.error());
    FileHash hash(file);
    const auto hashOn = [&]() -> Result<bool> {
        const auto more = hash.advance();
        if (more && progress)
            progress(hash.done(), file.bytes());
        return more;
    };
    auto reading = worker->read(file, fileName, options, stop, progress, hashOn);
    workers().giveBack(std::move(*worker));
    if (stop.stop_requested())
        return cancelled();
    if (const auto unchanged = file.checkUnchanged(path); !unchanged)
        return tl::unexpected(unchanged.error());
    if (reading) {
        reading->sha256 = hash.hex();
        reading->fileBytes = file.bytes();
    }
    return reading;
}

} // namespace

Result<Reading> readFile(const std::filesystem::path& path, std::string fileName,
    const ReadOptions& options, std::stop_token stop, const ProgressFn& progress)
{
    try {
        if (stop.stop_requested())
            return cancelled();
        const auto file = RegularFile::open(path);
        if (!file)
            return tl::unexpected(file.error());
        if (fileName.empty())
            fileName = path.filename().string();
        return readOpened(*file, path, fileName, options, stop, progress);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::tooLarge, "There is not enough memory to read this file.");
    }
}

Result<std::vector<std::string>> refusedProtections(std::stop_token stop)
{
    auto worker = workers().take(stop);
    if (!worker)
        return tl::unexpected(worker.error());
    auto refused = worker->refusedProtections();
    workers().giveBack(std::move(*worker));
    return refused;
}

} // namespace lectern::media
