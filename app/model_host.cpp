// SPDX-License-Identifier: Apache-2.0
// Loading and letting go of engines, both off the GUI thread.
#include "app/model_host.h"

namespace lectern::app {

ModelHost::ModelHost(OpenEngine open, QObject* parent)
    : QObject(parent), m_open(std::move(open)), m_background(std::make_unique<Background>(1))
{
}

ModelHost::~ModelHost()
{
    m_background.reset();
}

void ModelHost::choose(const ModelChoice& choice)
{
    m_state.error.clear();
    load(choice);
}

void ModelHost::load(const ModelChoice& choice)
{
    m_loading.request_stop();
    m_state.loading = true;
    const std::uint64_t serial = ++m_serial;
    m_loading = m_background->run([this, choice, serial, open = m_open](std::stop_token stop) {
        m_mailbox.post([this, choice, serial, opened = open(choice, std::move(stop))]() mutable {
            if (serial == m_serial)
                finished(choice, std::move(opened));
        });
    });
    emit changed();
}

void ModelHost::finished(const ModelChoice& choice, Opened opened)
{
    m_state.loading = false;
    if (!opened) {
        if (m_state.error.empty())
            m_state.error = opened.error().message;
        const bool builtIn = choice == ModelChoice{};
        if (!m_engine && m_fallBack && !builtIn)
            load({});
        else
            emit changed();
        return;
    }
    // Letting go of a large model takes a while.
    if (m_engine)
        m_background->run([old = std::move(m_engine)](const std::stop_token&) {});
    m_engine = std::move(*opened);
    m_choice = choice;
    const inference::EngineInfo info = m_engine->info();
    m_state.name = info.modelName;
    m_state.description = info.description;
    m_state.demonstration = choice == ModelChoice{};
    m_state.ready = true;
    m_state.seesPictures = info.tiles.has_value();
    m_state.contextLength = info.contextLength;
    emit changed();
}

} // namespace lectern::app
