// SPDX-License-Identifier: Apache-2.0
// The steps of taking in one file: copy, read, count; each can be stopped and tells its progress.
#include "app/ingest.h"

#include "app/attachment_reading.h"
#include "app/prompt_builder.h"
#include "media/reader.h"
#include "storage/store.h"

#include <algorithm>
#include <QElapsedTimer>
#include <QTemporaryFile>

namespace lectern::app {
namespace {

constexpr int kThreads = 2;
constexpr double kCopyShare = 0.3; // of the progress bar
constexpr qint64 kProgressEveryMs = 50;

using FractionFn = std::function<void(double)>;
using Outcome = tl::expected<Attachment, std::string>;

double fraction(std::uint64_t done, std::uint64_t total)
{
    return total == 0 ? 0.0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
}

struct Kept {
    std::filesystem::path path;
    std::string sha256;
};

// Copies `file` into the blob folder.
tl::expected<Kept, std::string> keep(const std::filesystem::path& dataDirectory,
    const std::filesystem::path& file, const std::stop_token& stop, const FractionFn& progress)
{
    // A connection of its own: a long copy must not hold up the thread that saves answers.
    auto store = storage::Store::open(dataDirectory);
    if (!store)
        return tl::unexpected(store.error().message);
    std::error_code ignored;
    const std::uint64_t size = std::filesystem::file_size(file, ignored);
    auto blob = (*store)->putFile(file, stop, [&](std::uint64_t copied) {
        progress(1.0 - kCopyShare + kCopyShare * fraction(copied, ignored ? 0 : size));
    });
    if (!blob)
        return tl::unexpected(blob.error().message);
    return Kept{(*store)->blobPath(blob->sha256), blob->sha256};
}

} // namespace

int countAttachment(const Attachment& attachment, const inference::Engine& engine)
{
    const inference::EngineInfo info = engine.info();
    return attachmentTokens(attachment.fileName, *attachment.content,
        {info.contextLength, 0, [&](std::string_view text) { return engine.countTokens(text); },
            info.tiles});
}

struct Ingest::Job {
    std::filesystem::path file;
    std::string fileName;
    BytesFn bytes; // when there is no file
    std::filesystem::path dataDirectory;
    SharedEngine engine;

    Outcome run(const std::stop_token& stop, const FractionFn& progress) const
    {
        QTemporaryFile temporary;
        std::filesystem::path path = file;
        if (path.empty()) {
            const std::string made = bytes();
            if (made.empty())
                return tl::unexpected(
                    std::string("The clipboard holds nothing that Lectern can read."));
            if (!temporary.open()
                || temporary.write(made.data(), static_cast<qint64>(made.size()))
                    != static_cast<qint64>(made.size())
                || !temporary.flush())
                return tl::unexpected(std::string("There is no room for what was pasted."));
            path = temporary.fileName().toStdString();
        }
        // Read first: what no reader takes is not copied, however large it is.
        const double readShare = dataDirectory.empty() ? 1.0 : 1.0 - kCopyShare;
        const auto reading = [&](std::uint64_t done, std::uint64_t total) {
            progress(readShare * fraction(done, total));
        };
        auto attachment = readAttachment(path, fileName, stop, reading);
        if (attachment && !dataDirectory.empty()) {
            auto kept = keep(dataDirectory, path, stop, progress);
            if (!kept)
                return tl::unexpected(kept.error());
            path = kept->path;
            if (kept->sha256 != attachment->sha256) // it changed between the two
                attachment = readAttachment(path, fileName, stop, {});
        }
        if (!attachment)
            return tl::unexpected(attachment.error().message);
        attachment->source = path;
        if (engine)
            attachment->tokens = countAttachment(*attachment, *engine);
        return std::move(*attachment);
    }
};

Ingest::Ingest(std::filesystem::path dataDirectory, QObject* parent)
    : QObject(parent)
    , m_dataDirectory(std::move(dataDirectory))
    , m_background(std::make_unique<Background>(kThreads))
{
    // Starts the process that reads files, so that the first file finds it waiting.
    m_background->run([this](std::stop_token stop) {
        const auto checked = media::refusedProtections(std::move(stop));
        if (!checked && checked.error().code == media::ErrorCode::cancelled)
            return;
        const std::vector<std::string> refused =
            checked ? *checked : std::vector<std::string>{checked.error().message};
        for (const std::string& sentence : refused)
            qWarning("%s", sentence.c_str());
        m_mailbox.post([this, refused] { emit protectionsChecked(refused); });
    });
}

Ingest::~Ingest()
{
    m_background.reset();
}

void Ingest::add(std::int64_t id, const std::filesystem::path& file, SharedEngine engine)
{
    begin(id, {file, file.filename().string(), {}, m_dataDirectory, std::move(engine)});
}

void Ingest::addBytes(
    std::int64_t id, const std::string& fileName, BytesFn bytes, SharedEngine engine)
{
    begin(id, {{}, fileName, std::move(bytes), m_dataDirectory, std::move(engine)});
}

void Ingest::begin(std::int64_t id, Job job)
{
    m_running[id] = m_background->run([this, id, job = std::move(job)](std::stop_token stop) {
        QElapsedTimer sinceProgress;
        const auto progress = [&](double value) {
            if (sinceProgress.isValid() && sinceProgress.elapsed() < kProgressEveryMs)
                return;
            sinceProgress.start();
            m_mailbox.post([this, id, value] {
                if (m_running.contains(id))
                    emit progressed(id, value);
            });
        };
        Outcome outcome = job.run(stop, progress);
        m_mailbox.post([this, id, outcome = std::move(outcome)] {
            if (m_running.erase(id) == 0)
                return; // cancelled meanwhile
            if (outcome)
                emit done(id, *outcome);
            else
                emit failed(id, QString::fromStdString(outcome.error()));
        });
    });
}

void Ingest::cancel(std::int64_t id)
{
    if (const auto found = m_running.find(id); found != m_running.end()) {
        found->second.request_stop();
        m_running.erase(found);
    }
}

} // namespace lectern::app
