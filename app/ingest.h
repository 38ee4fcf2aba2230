// SPDX-License-Identifier: Apache-2.0
// Takes in dropped files in the background: reads them, copies them into the blob folder, counts
// their tokens.
#pragma once

#include "app/attachment.h"
#include "app/background.h"
#include "app/mailbox.h"
#include "inference/engine.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <QObject>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace lectern::app {

// Used to count tokens on the reading thread while the window may switch models; an engine is
// thread-safe and immutable towards its counters.
using SharedEngine = std::shared_ptr<inference::Engine>;

using BytesFn = std::function<std::string()>;

// Tokens the whole attachment takes in a prompt of this engine. Thread: any; linear in the text.
[[nodiscard]] int countAttachment(const Attachment& attachment, const inference::Engine& engine);

// Thread: the one it lives on (the GUI thread); signals come there. The work runs in Background.
class Ingest : public QObject {
    Q_OBJECT

public:
    // `dataDirectory` empty: files are read where they lie and nothing is copied.
    explicit Ingest(std::filesystem::path dataDirectory, QObject* parent = nullptr);
    ~Ingest() override;

    // Begins; the outcome comes as done() or failed() with the same id, unless cancelled.
    void add(std::int64_t id, const std::filesystem::path& file, SharedEngine engine);
    // What has no file yet, as a picture from the clipboard. `bytes` are those of a file; they are
    // made in the background, too, and none mean that it cannot be read.
    void addBytes(std::int64_t id, const std::string& fileName, BytesFn bytes, SharedEngine engine);
    void cancel(std::int64_t id);

signals:
    // Once after the start: what of its protections the reading process was not granted, or why
    // there is none, each a sentence. The same stands in the log.
    void protectionsChecked(const std::vector<std::string>& refused);
    void progressed(qint64 id, double fraction); // negative: unknown
    void done(qint64 id, const lectern::app::Attachment& attachment);
    void failed(qint64 id, const QString& sentence);

private:
    struct Job;
    void begin(std::int64_t id, Job job);

    std::filesystem::path m_dataDirectory;
    std::map<std::int64_t, std::stop_source> m_running;
    Mailbox m_mailbox;
    std::unique_ptr<Background> m_background; // last: its threads use what is above
};

} // namespace lectern::app
