// SPDX-License-Identifier: Apache-2.0
// Holds the engine that answers, and changes it in the background: the old one stays until the new
// one is ready, and for good when the new one cannot be loaded.
#pragma once

#include "app/background.h"
#include "app/chat.h"
#include "app/ingest.h"
#include "app/mailbox.h"
#include "app/preferences.h"
#include "inference/device_facts.h"
#include "inference/engine.h"

#include <functional>
#include <memory>
#include <optional>
#include <QObject>

namespace lectern::app {

struct OpenRequest {
    ModelChoice choice;
    RunPreferences preferences;
    std::function<void(double)> onProgress; // 0 to 1; on the thread of the call, or never
};

// Turns a choice into an engine. Blocks; called on a background thread.
using OpenEngine = std::function<inference::Result<std::unique_ptr<inference::Engine>>(
    const OpenRequest& request, std::stop_token stop)>;

// Thread: the one it lives on (the GUI thread); the signals come there.
class ModelHost : public QObject {
    Q_OBJECT

public:
    explicit ModelHost(OpenEngine open, QObject* parent = nullptr);
    ~ModelHost() override;

    // A second choice replaces one that is still loading. When the first choice of all fails, the
    // built-in model takes its place if there is one.
    void choose(const ModelChoice& choice);
    // Loads the model of now again, if there is one and they are others. It is let go of first,
    // since two of it may not fit; when it does not load with them, it does with the earlier ones.
    void setPreferences(const RunPreferences& preferences);
    [[nodiscard]] const RunPreferences& preferences() const { return m_preferences; }
    [[nodiscard]] const ModelState& state() const { return m_state; }
    [[nodiscard]] const ModelChoice& choice() const { return m_choice; } // of the ready engine
    [[nodiscard]] SharedEngine engine() const { return m_engine; }       // null: none yet
    // Looks, once, at the GPU of this machine, whether it is used or not: gpuKnown().
    void askGpu();
    // nullopt: not known yet; else what it is, or a sentence why none can be used.
    [[nodiscard]] const std::optional<inference::Result<inference::DeviceFacts>>& gpu() const
    {
        return m_gpu;
    }
    // What loads next does not fall back to the built-in model (the command line says what it
    // wants).
    void setFallBack(bool fallBack) { m_fallBack = fallBack; }

signals:
    void changed();
    void progressed();                      // state().progress
    void remarked(const QString& sentence); // on what was loaded
    void gpuKnown();

private:
    using Opened = inference::Result<std::unique_ptr<inference::Engine>>;
    void load(const ModelChoice& choice);
    void finished(const ModelChoice& choice, Opened opened);
    void letGo();

    OpenEngine m_open;
    ModelState m_state;
    ModelChoice m_choice;  // of m_engine
    ModelChoice m_wanted;  // of what loads or loaded last
    bool m_chosen = false; // something was wanted at all
    RunPreferences m_preferences;
    std::optional<RunPreferences> m_earlier; // when the new ones are being tried
    SharedEngine m_engine;
    std::stop_source m_loading;
    std::uint64_t m_serial = 0; // of the newest choice
    bool m_fallBack = true;
    bool m_askedGpu = false;
    std::optional<inference::Result<inference::DeviceFacts>> m_gpu;
    Mailbox m_mailbox;
    std::unique_ptr<Background> m_background; // last: its jobs post to the mailbox
};

} // namespace lectern::app
