// SPDX-License-Identifier: Apache-2.0
// The one thread that touches the store.
#include "app/storage_thread.h"

namespace lectern::app {

StorageThread::StorageThread(std::filesystem::path directory, QObject* parent)
    : QObject(parent)
    , m_directory(std::move(directory))
    , m_thread([this](const std::stop_token& stop) { work(stop); })
{
}

StorageThread::~StorageThread()
{
    m_thread.request_stop();
    m_thread.join();
}

void StorageThread::push(Operation operation)
{
    {
        const std::lock_guard lock(m_mutex);
        m_operations.push_back(std::move(operation));
    }
    m_wake.notify_one();
}

void StorageThread::post(Job job)
{
    push([this, job = std::move(job)](storage::Store* store) {
        if (!store)
            return;
        flush(*store);
        job(*store);
    });
}

void StorageThread::append(MessageKey message, std::string delta)
{
    push([this, message = std::move(message), delta = std::move(delta)](storage::Store* store) {
        if (store)
            m_stream.append(message, delta, StreamWriter::Clock::now());
    });
}

void StorageThread::finish(MessageKey message, StreamWriter::Finish finish)
{
    push([this, message = std::move(message), finish = std::move(finish)](storage::Store* store) {
        if (!store)
            return;
        m_stream.finish(message, finish, StreamWriter::Clock::now());
        flush(*store);
    });
}

void StorageThread::flush(storage::Store& store)
{
    if (!m_stream.due())
        return;
    const auto written = m_stream.flush(store, StreamWriter::Clock::now());
    const bool before = std::exchange(m_writeFailed, !written);
    if (!written && !before)
        m_mailbox.post([this, sentence = written.error().message] {
            emit writeFailed(QString::fromStdString(sentence));
        });
}

void StorageThread::work(const std::stop_token& stop)
{
    std::unique_ptr<storage::Store> store;
    if (auto made = storage::Store::open(m_directory)) {
        store = std::move(*made);
        m_mailbox.post([this, notice = store->openingNotice()] {
            emit opened(QString::fromStdString(notice));
        });
    } else {
        m_openingError = made.error();
        m_mailbox.post([this, sentence = m_openingError.message] {
            emit openFailed(QString::fromStdString(sentence));
        });
    }

    for (;;) {
        std::deque<Operation> batch;
        {
            std::unique_lock lock(m_mutex);
            const auto ready = [this] { return !m_operations.empty(); };
            if (const auto due = m_stream.due())
                m_wake.wait_until(lock, stop, *due, ready);
            else
                m_wake.wait(lock, stop, ready);
            batch.swap(m_operations);
        }
        // Checked after the batch was taken, so that what was posted before the stop is in it.
        const bool last = batch.empty() && stop.stop_requested();
        for (const Operation& operation : batch) {
            operation(store.get());
            if (store && m_stream.due() && *m_stream.due() <= StreamWriter::Clock::now())
                flush(*store);
        }
        if (store && m_stream.due() && (last || *m_stream.due() <= StreamWriter::Clock::now()))
            flush(*store);
        if (last)
            return;
    }
}

} // namespace lectern::app
