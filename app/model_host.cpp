// SPDX-License-Identifier: Apache-2.0
// Loading and letting go of engines, both off the GUI thread.
#include "app/model_host.h"

#include "inference/cuda/load_backend.h"
#include "inference/device_choice.h"

#include <algorithm>
#include <chrono>

namespace lectern::app {
namespace {

constexpr auto kProgressEvery = std::chrono::milliseconds(100);

} // namespace

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
    m_earlier.reset();
    load(choice);
}

void ModelHost::setPreferences(const RunPreferences& preferences)
{
    if (preferences == m_preferences)
        return;
    const RunPreferences before = std::exchange(m_preferences, preferences);
    if (!m_chosen)
        return;
    m_state.error.clear();
    if (m_engine && m_choice == m_wanted) {
        m_earlier = before;
        letGo();
    }
    load(m_wanted);
}

// Letting go of a large model takes a while; an answer that runs keeps it until it is over.
void ModelHost::letGo()
{
    if (m_engine)
        m_background->run([old = std::move(m_engine)](const std::stop_token&) {});
    m_engine = nullptr;
    m_state.ready = false;
}

void ModelHost::load(const ModelChoice& choice)
{
    m_loading.request_stop();
    m_wanted = choice;
    m_chosen = true;
    m_state.loading = true;
    m_state.progress = -1;
    const std::uint64_t serial = ++m_serial;
    m_loading = m_background->run(
        [this, serial, open = m_open, request = OpenRequest{choice, m_preferences, {}}](
            std::stop_token stop) mutable {
            request.onProgress = [this, serial, told = std::chrono::steady_clock::time_point()](
                                     double fraction) mutable {
                const auto now = std::chrono::steady_clock::now();
                if (now - told < kProgressEvery)
                    return;
                told = now;
                m_mailbox.post([this, serial, fraction] {
                    if (serial != m_serial || !m_state.loading)
                        return;
                    m_state.progress = std::clamp(fraction, 0.0, 1.0);
                    emit progressed();
                });
            };
            m_mailbox.post([this, choice = request.choice, serial,
                               opened = open(request, std::move(stop))]() mutable {
                if (serial == m_serial)
                    finished(choice, std::move(opened));
            });
        });
    emit changed();
}

void ModelHost::finished(const ModelChoice& choice, Opened opened)
{
    m_state.loading = false;
    m_state.progress = -1;
    if (!opened) {
        if (m_state.error.empty())
            m_state.error = opened.error().message;
        if (m_earlier) {
            m_preferences = *std::exchange(m_earlier, std::nullopt);
            load(choice);
            return;
        }
        const bool builtIn = choice == ModelChoice{};
        if (!m_engine && m_fallBack && !builtIn)
            load({});
        else
            emit changed();
        return;
    }
    m_earlier.reset();
    letGo();
    m_engine = std::move(*opened);
    m_choice = choice;
    const inference::EngineInfo info = m_engine->info();
    m_state.name = info.modelName;
    m_state.description = info.description;
    m_state.device = info.device;
    m_state.whyNoGpu = info.whyNoGpu;
    m_state.demonstration = choice == ModelChoice{};
    m_state.ready = true;
    m_state.seesPictures = info.tiles.has_value();
    m_state.contextLength = info.contextLength;
    emit changed();
    if (!info.whyNoGpu.empty())
        emit remarked(QString::fromStdString(inference::remarkOnCpu(info.whyNoGpu)));
}

void ModelHost::askGpu()
{
    if (std::exchange(m_askedGpu, true))
        return;
    m_background->run([this](const std::stop_token&) {
        m_mailbox.post([this, gpu = inference::cudaDevice()] {
            m_gpu = gpu;
            emit gpuKnown();
        });
    });
}

} // namespace lectern::app
