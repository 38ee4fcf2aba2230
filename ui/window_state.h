// SPDX-License-Identifier: Apache-2.0
// Everything the window shows, and everything a person can ask for in it. QML reads the properties
// and models; its intents leave as signals. Only the application writes here (the C++ setters), and
// only on the GUI thread; QML never changes state directly.
#pragma once

#include <memory>
#include <QImage>
#include <QObject>
#include <QString>
#include <QStringList>
#include <QtQml/qqmlregistration.h>
#include <QUrl>
#include <QVariantMap>
#include <vector>

namespace lectern::ui {

class ConversationListModel;
class MessageListModel;
class AttachmentListModel;
class SearchResultsModel;

struct ConversationData {
    qint64 id = 0;
    QString title;
    qint64 updatedAtMs = 0;
};

struct AttachmentData {
    qint64 id = 0; // the application's own number for the chip
    QString fileName;
    QString kind;         // "text", "image", "video"; empty while unknown
    QString detail;       // "Markdown, 3 KB, 812 tokens", or the reason of a rejection
    QStringList warnings; // what was not read
    enum class State { Reading, Ready, Rejected } state = State::Reading;
    double progress = 0; // 0..1; negative: unknown
    QImage thumbnail;    // at most 256 x 256; null for text
    int tokens = 0;      // that it takes of the context; 0: not counted
};

struct MessageData {
    enum class Role { User, Assistant };
    enum class State { Waiting, Streaming, Complete, Stopped, Failed, Interrupted };
    qint64 id = 0;
    Role role = Role::User;
    State state = State::Complete;
    QString markdown; // user text is shown as plain text, answers as Markdown
    std::vector<AttachmentData> attachments;
    QString note; // small line under the message: "nano, 23 tok/s" or the error sentence
};

class WindowState : public QObject {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The application creates it.")
    Q_PROPERTY(QObject* conversations READ conversationsObject CONSTANT)
    Q_PROPERTY(QObject* messages READ messagesObject CONSTANT)
    Q_PROPERTY(QObject* draftAttachments READ draftAttachmentsObject CONSTANT)
    Q_PROPERTY(QObject* searchResults READ searchResultsObject CONSTANT)
    // A number QML knows; ids stay far below 2^53.
    Q_PROPERTY(
        double currentConversation READ currentConversation NOTIFY currentConversationChanged)
    Q_PROPERTY(QString currentTitle READ currentTitle NOTIFY currentTitleChanged)
    Q_PROPERTY(bool answering READ answering NOTIFY answeringChanged)
    Q_PROPERTY(bool canSend READ canSend NOTIFY canSendChanged)
    Q_PROPERTY(bool readingFiles READ readingFiles NOTIFY readingFilesChanged)
    Q_PROPERTY(QString activity READ activity NOTIFY activityChanged)
    Q_PROPERTY(double activityProgress READ activityProgress NOTIFY activityChanged)
    Q_PROPERTY(QString modelName READ modelName NOTIFY modelChanged)
    Q_PROPERTY(QString modelDetail READ modelDetail NOTIFY modelChanged)
    Q_PROPERTY(QString modelError READ modelError NOTIFY modelChanged)
    Q_PROPERTY(QString modelDevice READ modelDevice NOTIFY modelChanged)
    Q_PROPERTY(QString whyNoGpu READ whyNoGpu NOTIFY modelChanged)
    Q_PROPERTY(bool demonstrationModel READ demonstrationModel NOTIFY modelChanged)
    Q_PROPERTY(bool modelLoading READ modelLoading NOTIFY modelChanged)
    Q_PROPERTY(double modelProgress READ modelProgress NOTIFY modelChanged)
    Q_PROPERTY(bool modelSeesImages READ modelSeesImages NOTIFY modelChanged)
    Q_PROPERTY(double tokensPerSecond READ tokensPerSecond NOTIFY usageChanged)
    Q_PROPERTY(int contextUsed READ contextUsed NOTIFY usageChanged)
    Q_PROPERTY(int contextSize READ contextSize NOTIFY usageChanged)
    Q_PROPERTY(QString undoText READ undoText NOTIFY undoChanged)
    Q_PROPERTY(double editedMessage READ editedMessage NOTIFY editedMessageChanged)
    Q_PROPERTY(QString colorScheme READ colorScheme NOTIFY colorSchemeChanged)
    Q_PROPERTY(QVariantMap settings READ settings NOTIFY settingsChanged)
    Q_PROPERTY(QVariantMap about READ about NOTIFY aboutChanged)

public:
    struct ModelData {
        QString name, detail, error; // error: why the chosen model did not load; the old one stays
        QString device = {};         // what computes: "CPU, AVX-512, 2 threads"
        QString whyNoGpu = {};       // a sentence, when a GPU was to compute if there was one
        bool demonstration = false, loading = false, seesImages = false;
        double progress = -1; // of loading, 0 to 1; negative: unknown
    };

    explicit WindowState(QObject* parent = nullptr);
    ~WindowState() override;

    // For the application: the writers.
    ConversationListModel& conversations() { return *m_conversations; }
    MessageListModel& messages() { return *m_messages; }
    AttachmentListModel& draftAttachments() { return *m_draftAttachments; }
    SearchResultsModel& searchResults() { return *m_searchResults; }
    void setCurrentConversation(qint64 id); // 0: a new one, not stored yet
    void setAnswering(bool answering);
    void setCanSend(bool canSend); // model ready and no attachment still being read
    // What runs now ("Reading the picture", "Prefill 512 of 2048 tokens"); progress < 0: unknown.
    // Empty text: nothing.
    void setActivity(const QString& text, double progress);
    void setModel(const ModelData& model);
    void setUsage(double tokensPerSecond, int contextUsed, int contextSize);
    void setEditedMessage(qint64 id);           // the question in the draft; 0: a new one is
    void setUndo(const QString& text);          // empty: nothing to undo
    void setColorScheme(const QString& scheme); // "light", "dark" or "system"
    // What the settings dialog shows, by name: temperature, topK, topP, minP, repetitionPenalty,
    // maxTokens, answeringIsDefault; kv ("f16", "q8_0", "q4_0"), context (0: automatic), weights
    // ("automatic", "mapped", "packed").
    void setSettings(const QVariantMap& settings);
    // What the About dialog shows, by name: version, dataFolder; refused (a list: protections of
    // the reading process that the system did not grant, sentences; absent until it is known); gpu
    // (its name, or why there is none; absent until it is known) and gpuVersions (of a GPU only).
    void setAbout(const QVariantMap& about);
    void showNotice(const QString& sentence)
    {
        emit noticeRequested(sentence);
    }                                                       // a passing message
    void showMessage(qint64 id) { emit messageSought(id); } // of the current conversation
    // Puts text back into the composer: a message that could not be sent, or one to be changed.
    void restoreDraft(const QString& text) { emit draftRestored(text); }

    QObject* conversationsObject() const;
    QObject* messagesObject() const;
    QObject* draftAttachmentsObject() const;
    QObject* searchResultsObject() const;
    qint64 currentConversation() const { return m_currentConversation; }
    QString currentTitle() const; // of the current conversation; empty for a new one
    bool answering() const { return m_answering; }
    bool canSend() const { return m_canSend; }
    bool readingFiles() const { return m_readingFiles; } // a file of the draft, at this moment
    QString activity() const { return m_activity; }
    double activityProgress() const { return m_activityProgress; }
    QString modelName() const { return m_model.name; }
    QString modelDetail() const { return m_model.detail; }
    QString modelError() const { return m_model.error; }
    QString modelDevice() const { return m_model.device; }
    QString whyNoGpu() const { return m_model.whyNoGpu; }
    bool demonstrationModel() const { return m_model.demonstration; }
    bool modelLoading() const { return m_model.loading; }
    double modelProgress() const { return m_model.progress; }
    bool modelSeesImages() const { return m_model.seesImages; }
    double tokensPerSecond() const { return m_tokensPerSecond; }
    int contextUsed() const { return m_contextUsed; }
    int contextSize() const { return m_contextSize; }
    qint64 editedMessage() const { return m_editedMessage; }
    QString undoText() const { return m_undoText; }
    QString colorScheme() const { return m_colorScheme; }
    QVariantMap settings() const { return m_settings; }
    QVariantMap about() const { return m_about; }

    // For QML: questions it cannot answer from the properties.
    Q_INVOKABLE QString messageText(qint64 id) const; // the whole text of a message, as written
    Q_INVOKABLE qint64 lastAnswer() const;            // the last message if it is an answer, else 0
    Q_INVOKABLE qint64 lastQuestion() const;          // 0: none
    // Turns files, a picture or a long text in the clipboard into files of the draft (the signals
    // say so); false when it holds a text that the composer can paste itself.
    Q_INVOKABLE bool pasteIntoDraft();

signals:
    // Intents of the person at the window; the application connects to these.
    // QML emits them: `windowState.sendRequested(text)`.
    void sendRequested(const QString& text);
    void stopRequested();
    void newConversationRequested();
    void conversationSelected(qint64 id);
    void conversationRenamed(qint64 id, const QString& title);
    void conversationDeleted(qint64 id);
    void undoRequested();
    void searchRequested(const QString& words); // in all conversations; searchResults follow
    void foundChosen(qint64 conversation, qint64 message); // of a search result
    void filesDropped(const QList<QUrl>& urls);
    void imagePasteRequested();                   // the clipboard holds a picture
    void textPasteRequested(const QString& text); // too long to write in: it becomes a file
    void attachmentRemoved(qint64 id);
    void attachmentsCleared();
    void regenerateRequested(qint64 messageId);
    void editRequested(qint64 messageId); // the last question
    void editCancelled();
    void copyRequested(const QString& text);
    void modelChosen(const QUrl& model, const QUrl& mmproj); // both empty: the built-in model
    void colorSchemeChosen(const QString& scheme);
    void settingChosen(const QString& name, const QVariant& value); // names as in setSettings
    void answeringResetRequested();
    void aboutOpened(); // its facts are wanted now

    // To QML.
    void noticeRequested(const QString& sentence);
    void draftRestored(const QString& text);
    void messageSought(qint64 id); // scroll to it
    void raiseRequested();         // another instance was started

    void currentConversationChanged();
    void currentTitleChanged();
    void answeringChanged();
    void canSendChanged();
    void readingFilesChanged();
    void activityChanged();
    void modelChanged();
    void usageChanged();
    void editedMessageChanged();
    void undoChanged();
    void colorSchemeChanged();
    void settingsChanged();
    void aboutChanged();

private:
    void updateReadingFiles();

    std::unique_ptr<ConversationListModel> m_conversations;
    std::unique_ptr<MessageListModel> m_messages;
    std::unique_ptr<AttachmentListModel> m_draftAttachments;
    std::unique_ptr<SearchResultsModel> m_searchResults;
    qint64 m_currentConversation = 0;
    bool m_answering = false;
    bool m_canSend = false;
    bool m_readingFiles = false;
    QString m_activity;
    double m_activityProgress = -1;
    ModelData m_model;
    double m_tokensPerSecond = 0;
    int m_contextUsed = 0;
    int m_contextSize = 0;
    qint64 m_editedMessage = 0;
    QString m_undoText;
    QVariantMap m_settings;
    QVariantMap m_about;
    QString m_colorScheme = QStringLiteral("system");
};

} // namespace lectern::ui
