// SPDX-License-Identifier: Apache-2.0
// Writes conversations through to the store, in order and without waiting, and reads them back.
#pragma once

#include "app/chat.h"
#include "storage/store.h"

#include <atomic>
#include <functional>
#include <memory>
#include <QObject>
#include <QString>
#include <string>
#include <utility>
#include <vector>

namespace lectern::app {

class StorageThread;

struct StoredConversation {
    std::string title;
    std::int64_t updatedAtMs = 0;
    StoreKey key;
};

// Thread: the one it lives on (the GUI thread); replies come there. Without a storage thread every
// write does nothing and every read replies with nothing.
class Journal : public QObject {
    Q_OBJECT

public:
    explicit Journal(StorageThread* storage, QObject* parent = nullptr);

    [[nodiscard]] StoreKey createConversation(std::string title);
    void rename(const StoreKey& conversation, std::string title);
    void remove(const StoreKey& conversation);
    void restore(const StoreKey& conversation);

    // Of a message: role, state, text, attachments, model name.
    [[nodiscard]] StoreKey addMessage(const StoreKey& conversation, const ChatMessage& message);
    // Written at least twice a second, however often it is called.
    void appendText(const StoreKey& message, std::string delta);
    void finish(
        const StoreKey& message, MessageState state, std::string statsJson, std::string error);
    void truncateFrom(const StoreKey& message);
    void set(std::string key, std::string value);

    void loadConversations(std::function<void(std::vector<StoredConversation>)> reply);
    // Messages without ids of the application; attachments without content.
    void loadMessages(
        const StoreKey& conversation, std::function<void(std::vector<ChatMessage>)> reply);
    void loadSetting(std::string key, std::function<void(std::string)> reply); // "": never set

    // Rows by the application's own numbers.
    using Numbered = std::vector<std::pair<std::int64_t, StoreKey>>;
    // Where in these conversations all the words stand; see storage::Store::search. A newer search
    // takes the place of an older one: that one's reply does not come any more.
    void search(std::string words, Numbered conversations,
        std::function<void(std::vector<FoundPlace>)> reply);
    // The number of the message that a search found; 0: it is none of these.
    void locate(std::int64_t found, Numbered messages, std::function<void(std::int64_t)> reply);

signals:
    void failed(const QString& sentence); // something could not be saved or read

private:
    void tell(const char* what, const char* did, const storage::Error& error);
    void write(const char* what, std::function<storage::Result<void>(storage::Store&)> operation);
    template <class T>
    void read(const char* what, std::function<storage::Result<T>(storage::Store&)> operation,
        std::function<void(T)> reply);

    StorageThread* m_storage;
    QString m_lastFailure; // told once, not with every write
    // The number of the newest search; shared with the storage thread, which leaves out older ones.
    std::shared_ptr<std::atomic<std::uint64_t>> m_newestSearch =
        std::make_shared<std::atomic<std::uint64_t>>(0);
};

} // namespace lectern::app
