// SPDX-License-Identifier: Apache-2.0
// The one thread that touches the store, and the way to it: jobs go in, results come back as queued
// calls.
#pragma once

#include "app/mailbox.h"
#include "app/stream_writer.h"
#include "storage/store.h"

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <QObject>
#include <QPointer>
#include <QString>
#include <thread>

namespace lectern::app {

// Thread: lives on the thread that made it (the GUI thread); post(), append(), finish() may be
// called from any, ask() from the one it lives on. Jobs run one after another in the order of
// posting. Destruction does everything posted before it, then closes the store; results that were
// not delivered by then are not delivered any more. When the store cannot be opened, jobs are
// dropped and ask() answers with the reason.
class StorageThread : public QObject {
    Q_OBJECT

public:
    using Job = std::function<void(storage::Store&)>;

    explicit StorageThread(std::filesystem::path directory, QObject* parent = nullptr);
    ~StorageThread() override;

    // Runs `job` on the storage thread, after all streamed text appended before it is written.
    void post(Job job);

    // Runs `work` there and hands its result to `done` on this object's thread, unless `context`
    // is gone by then.
    template <class T>
    void ask(QObject* context, std::function<storage::Result<T>(storage::Store&)> work,
        std::function<void(storage::Result<T>)> done)
    {
        push([this, context = QPointer<QObject>(context), work = std::move(work),
                 done = std::move(done)](storage::Store* store) {
            if (store)
                flush(*store);
            m_mailbox.post(
                [context, done,
                    result = store ? work(*store)
                                   : storage::Result<T>(tl::unexpected(m_openingError))]() mutable {
                    if (context)
                        done(std::move(result));
                });
        });
    }

    // Streamed text: collected and written at least every StreamWriter::kFlushInterval, whether or
    // not the GUI thread is busy. finish() follows the text. Trouble is writeFailed(), and the text
    // is kept and tried again.
    void append(MessageKey message, std::string delta);
    void finish(MessageKey message, StreamWriter::Finish finish);

signals:
    void opened(const QString& notice); // empty, or what the user should know (a recovery)
    void openFailed(const QString& sentence);
    void writeFailed(const QString& sentence); // once until a write succeeds again

private:
    using Operation = std::function<void(storage::Store*)>; // null: it could not be opened

    void push(Operation operation);
    void work(const std::stop_token& stop);
    void flush(storage::Store& store);

    const std::filesystem::path m_directory;
    Mailbox m_mailbox; // from the storage thread to this object's

    // Shared by the threads.
    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::deque<Operation> m_operations; // guarded by m_mutex

    // The storage thread's own.
    StreamWriter m_stream;
    storage::Error m_openingError{};
    bool m_writeFailed = false;

    std::jthread m_thread; // last: it uses everything above
};

} // namespace lectern::app
