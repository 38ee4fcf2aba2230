// SPDX-License-Identifier: Apache-2.0
// Ties the assistant to the window: what it tells becomes what the window shows, and what a person
// does in the window becomes calls.
#pragma once

#include "app/assistant.h"
#include "ui/window_state.h"

#include <optional>
#include <QObject>
#include <QString>

namespace lectern::app {

// Thread: the GUI thread. Both must outlive it.
class WindowBinding : public QObject {
    Q_OBJECT

public:
    WindowBinding(Assistant& assistant, ui::WindowState& window, QObject* parent = nullptr);

    // Takes up what was chosen the last time; before a model is chosen, so that it loads once.
    void loadSettings();

private:
    void bindConversations();
    void bindSearch();
    void bindMessages();
    void bindDraft();
    void bindModel();
    void bindSettings();
    void settingChosen(const QString& name, const QVariant& value);
    void showSettings();
    void showAbout();

    [[nodiscard]] ui::AttachmentData shown(const DraftAttachment& draft) const;

    Assistant& m_assistant;
    ui::WindowState& m_window;
    std::optional<ModelChoice> m_chosen; // in the window, and not loaded yet
    std::string m_running;               // the setting kRunningSetting, as stored
    QString m_sought;                    // in all conversations; empty: nothing
};

// How things are said in the window. Pure.
[[nodiscard]] QString attachmentDetail(
    const Attachment& attachment);                            // "Markdown, 3 KB, 812 tokens"
[[nodiscard]] QString answerNote(const ChatMessage& message); // "nano, 23 tok/s", or why it failed
[[nodiscard]] ui::AttachmentData shownAttachment(const Attachment& attachment);
[[nodiscard]] ui::MessageData shownMessage(const ChatMessage& message);

} // namespace lectern::app
