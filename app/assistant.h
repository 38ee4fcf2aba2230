// SPDX-License-Identifier: Apache-2.0
// The one orchestrator: conversations, the draft and its files, answers, the model. It tells what
// happens in plain structs, knows no window, and works without a store (lectern-cli).
#pragma once

#include "app/background.h"
#include "app/chat.h"
#include "app/ingest.h"
#include "app/journal.h"
#include "app/mailbox.h"
#include "app/model_host.h"
#include "app/preparation.h"
#include "app/prompt_builder.h"
#include "inference/engine.h"

#include <memory>
#include <optional>
#include <QObject>
#include <QTimer>
#include <string>
#include <vector>

namespace lectern::app {

class StorageThread;
class EngineStream;

struct AssistantOptions {
    StorageThread* storage = nullptr;    // null: nothing is kept
    std::filesystem::path dataDirectory; // of the storage; empty without one
    std::string system;                  // system text of every conversation
    OpenEngine openEngine;               // how a model becomes an engine
    RunPreferences running;
    AnswerPreferences answering;
    // For scripts; inference/engine.h says what they mean.
    std::uint64_t seed = 0; // 0: another one for every answer
    std::vector<std::string> stops;
    std::optional<inference::JsonAnswer> json;
    std::optional<int> logProbs;
    bool fallBack = true;             // to the built-in model, when the first choice does not load
    bool greedyDemonstration = false; // first answers of the built-in model are reproducible,
                                      // as long as nobody chose how it answers
};

// Thread: the GUI thread, all of it. Nothing here blocks.
class Assistant : public QObject {
    Q_OBJECT

public:
    explicit Assistant(AssistantOptions options, QObject* parent = nullptr);
    ~Assistant() override; // ends a running answer as stopped and saves it

    enum class StartWith { newestConversation, newConversation };
    // Loads the list of conversations; conversationsReset() follows.
    void start(StartWith with = StartWith::newestConversation);

    // The model. Until one is ready, questions wait for it.
    void chooseModel(const ModelChoice& choice);
    void setRunPreferences(const RunPreferences& preferences);
    void setAnswerPreferences(const AnswerPreferences& preferences);
    [[nodiscard]] const RunPreferences& runPreferences() const { return m_host.preferences(); }
    [[nodiscard]] const AnswerPreferences& answerPreferences() const { return m_options.answering; }
    [[nodiscard]] const ModelState& model() const { return m_host.state(); }
    // The GPU of this machine, used or not: see ModelHost.
    void askGpu() { m_host.askGpu(); }
    [[nodiscard]] const auto& gpu() const { return m_host.gpu(); }
    [[nodiscard]] SharedEngine engine() const { return m_host.engine(); } // null: none yet

    // Conversations, by the application's own numbers; 0 is a new one that is not stored yet.
    void newConversation();
    void select(std::int64_t conversation);
    void rename(std::int64_t conversation, const std::string& title);
    void remove(std::int64_t conversation); // undo() brings the last one back
    void undo();
    // Looks for all the words in every conversation; found() follows, for the newest search only.
    void search(const std::string& words);
    // Goes to a place that was found: selects the conversation, and messageSought() follows.
    void openFound(std::int64_t conversation, std::int64_t message);
    [[nodiscard]] std::int64_t currentConversation() const { return m_current; }
    [[nodiscard]] const std::vector<ChatMessage>& messages() const;
    [[nodiscard]] const std::filesystem::path& dataDirectory() const
    {
        return m_options.dataDirectory;
    }
    // Protections of the process that reads files which this system did not grant, sentences;
    // nullopt until it is known.
    [[nodiscard]] const std::optional<std::vector<std::string>>& refusedProtections() const
    {
        return m_refused;
    }

    // The draft: files of the next question. Returns the number of the new attachment.
    std::int64_t attach(const std::filesystem::path& file);
    // The same a little later, in this order; a folder becomes the files in it, and a notice says
    // what of it was left out.
    void attachDropped(std::vector<std::filesystem::path> paths);
    std::int64_t attachBytes(const std::string& fileName, BytesFn bytes); // app/ingest.h
    void detach(std::int64_t attachment);
    void detachAll();
    [[nodiscard]] const std::vector<DraftAttachment>& draft() const { return m_draft; }

    // Asks, word for word, with the files of the draft. Waits for files that are still being read
    // and for a model that is still being loaded; if one of them is then rejected, nothing is sent
    // and the text comes back with draftRestored(). Ignored while an answer runs.
    void send(const std::string& text);
    void stop();
    void regenerate(std::int64_t message); // the last answer
    // Takes the last question back into the draft, text and files; the next send() replaces it and
    // its answer. Ignored while an answer runs. Looking elsewhere cancels.
    void edit(std::int64_t message);
    void cancelEdit();
    [[nodiscard]] bool answering() const { return m_answer || m_waiting || m_check; }
    [[nodiscard]] bool canSend() const;

    void setSetting(const std::string& key, const std::string& value) { m_journal.set(key, value); }
    void loadSetting(const std::string& key, std::function<void(std::string)> reply)
    {
        m_journal.loadSetting(key, std::move(reply));
    }
    void notify(const std::string& sentence) { emit notice(sentence); }

signals:
    void conversationsReset(const std::vector<lectern::app::ConversationEntry>& conversations);
    void conversationChanged(const lectern::app::ConversationEntry& conversation);
    void conversationRemoved(qint64 conversation);
    void undoChanged(const std::string& text); // what undo() would bring back; empty: nothing

    void found(const std::string& words, const std::vector<lectern::app::FoundPlace>& places);

    // Messages of the current conversation.
    void currentChanged(qint64 conversation);
    void messagesReset(const std::vector<lectern::app::ChatMessage>& messages);
    void messageAdded(const lectern::app::ChatMessage& message);
    void textAdded(qint64 message, const std::string& delta);      // about 30 times a second
    void messageChanged(const lectern::app::ChatMessage& message); // all but its text
    void messagesRemovedFrom(qint64 message);
    void messageSought(qint64 message); // it is to be shown

    void draftChanged(const lectern::app::DraftAttachment& attachment);
    void draftRemoved(qint64 attachment);
    void draftRestored(const std::string& text); // a question that was not sent, or is edited
    void editedChanged(qint64 message);          // the question being edited; 0: none
    void canSendChanged();
    void answeringChanged();
    void activityChanged(const lectern::app::Activity& activity);
    void usageChanged(const lectern::app::Usage& usage);
    void modelChanged(const lectern::app::ModelState& model);
    void notice(const std::string& sentence);
    void protectionsChecked(); // refusedProtections() is known
    void gpuKnown();           // gpu() is known

    // The answer is over, in whichever way; it stands in `message`.
    void answerFinished(const lectern::app::ChatMessage& message);

private:
    struct Conversation {
        ConversationEntry entry;
        StoreKey key;
        std::optional<std::vector<ChatMessage>> messages; // absent: not loaded
    };
    enum class Again { no, yes }; // yes: regenerated
    using CheckedFn = std::function<void(PreparationResult&)>;
    // The answer being made, from the question's sending to its end.
    struct Answer {
        std::int64_t conversation = 0;
        std::int64_t message = 0;
        Again again = Again::no;
        std::stop_source preparation;
        SharedEngine engine;                  // runs it; kept though the model may change
        std::shared_ptr<EngineStream> stream; // once the engine has it
        inference::RequestId request = 0;
        std::vector<std::vector<Inclusion>> inclusions;
    };
    struct Prepared;

    Conversation* find(std::int64_t conversation);
    ChatMessage* findMessage(std::int64_t conversation, std::int64_t message);
    ChatMessage& addMessage(Conversation& conversation, ChatMessage message);
    void touch(Conversation& conversation);
    void show(std::int64_t conversation);
    void locateSought();

    DraftAttachment* findDraft(std::int64_t id);
    std::int64_t addDraft(const std::string& fileName);
    void attachSome(std::vector<std::filesystem::path> files);
    void fileRead(std::int64_t id, const Attachment& attachment);
    void fileRejected(std::int64_t id, const std::string& reason);

    void recountDraft(); // by the model there is now

    void trySending();
    void ask(Conversation* conversation); // what waits, now; null: in a new conversation
    // What replaces an exchange is prepared before, so that nothing is lost when it does not fit.
    void check(std::vector<ChatMessage> messages, CheckedFn checked);
    void cancelCheck();
    void checkEdited(const Conversation& conversation);
    void editedChecked(const std::vector<std::int64_t>& files, PreparationResult& result);
    [[nodiscard]] std::vector<std::int64_t> draftIds() const;
    void removeEdited(Conversation& conversation);
    void giveBack(const std::string& why); // the waiting question
    void beginAnswer(Conversation& conversation, Again again);
    void prepared(Prepared& ready);
    void takeBack(const std::string& why); // a question that turned out not to fit
    void poll();
    void showProgress(const inference::Progress& progress);
    void finishAnswer(MessageState state, const std::string& error);
    void showUsage();
    void refresh(); // canSend, answering
    void setActivity(const std::string& text, double progress);

    AssistantOptions m_options;
    Journal m_journal;
    Ingest m_ingest;
    std::optional<std::vector<std::string>> m_refused;
    ModelHost m_host;
    std::weak_ptr<inference::Engine> m_counted; // whose token counts the draft shows

    std::int64_t m_nextId = 1;
    std::vector<Conversation> m_conversations; // newest first
    std::optional<Conversation> m_removed;     // what undo() brings back
    std::int64_t m_current = 0;
    std::int64_t m_sought = 0; // a message of it, by FoundPlace::message; 0: none

    std::vector<DraftAttachment> m_draft;
    int m_drops = 0;                         // drops whose files are not all in the draft yet
    std::int64_t m_edited = 0;               // the question that the draft is to replace
    std::vector<std::int64_t> m_editedFiles; // of the draft, from that question
    std::optional<std::string> m_waiting;    // a question that waits for files or the model
    std::optional<std::stop_source> m_check; // runs
    std::uint64_t m_checkSerial = 0;         // of the newest
    std::optional<Answer> m_answer;
    QTimer m_pollTimer;
    bool m_couldSend = false;
    bool m_wasAnswering = false;

    Mailbox m_mailbox;
    std::unique_ptr<Background> m_background; // last: its jobs post to the mailbox
};

} // namespace lectern::app
