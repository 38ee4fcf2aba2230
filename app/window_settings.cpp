// SPDX-License-Identifier: Apache-2.0
// The settings between window, assistant and store.
#include "app/window_binding.h"

#include <nlohmann/json.hpp>
#include <QMetaType>
#include <QVariantMap>

namespace lectern::app {
namespace {

using nlohmann::json;

constexpr auto kColorScheme = "colorScheme";

json jsonOf(const QVariant& value)
{
    if (value.typeId() == QMetaType::QString)
        return value.toString().toStdString();
    if (value.typeId() == QMetaType::Bool)
        return value.toBool();
    return value.toDouble();
}

// The setting with one value changed; unchanged when it has no such value.
std::string with(const std::string& setting, const std::string& name, const QVariant& value)
{
    json object = json::parse(setting);
    if (object.contains(name))
        object[name] = jsonOf(value);
    return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

void addAll(const std::string& setting, QVariantMap& map)
{
    const json object = json::parse(setting);
    for (const auto& [name, value] : object.items()) {
        QVariant& shown = map[QString::fromStdString(name)];
        if (value.is_string())
            shown = QString::fromStdString(value.get<std::string>());
        else if (value.is_boolean())
            shown = value.get<bool>();
        else
            shown = value.get<double>();
    }
}

} // namespace

void WindowBinding::bindSettings()
{
    using ui::WindowState;
    connect(&m_window, &WindowState::colorSchemeChosen, this, [this](const QString& scheme) {
        m_window.setColorScheme(scheme);
        m_assistant.setSetting(kColorScheme, scheme.toStdString());
    });
    connect(&m_window, &WindowState::settingChosen, this, &WindowBinding::settingChosen);
    connect(&m_window, &WindowState::answeringResetRequested, this, [this] {
        m_assistant.setAnswerPreferences({});
        m_assistant.setSetting(kAnsweringSetting, toSetting(AnswerPreferences()));
        showSettings();
    });
    // What did not load was taken back.
    connect(&m_assistant, &Assistant::modelChanged, this, [this](const ModelState& model) {
        if (model.loading)
            return;
        if (const std::string now = toSetting(m_assistant.runPreferences()); now != m_running) {
            m_running = now;
            m_assistant.setSetting(kRunningSetting, now);
            showSettings();
        }
    });
    m_running = toSetting(m_assistant.runPreferences());
    showSettings();
}

void WindowBinding::settingChosen(const QString& name, const QVariant& value)
{
    const std::string key = name.toStdString();
    const auto answering =
        answerPreferencesFrom(with(toSetting(m_assistant.answerPreferences()), key, value));
    if (answering != m_assistant.answerPreferences()) {
        m_assistant.setAnswerPreferences(answering);
        m_assistant.setSetting(kAnsweringSetting, toSetting(answering));
    }
    const auto running =
        runPreferencesFrom(with(toSetting(m_assistant.runPreferences()), key, value));
    if (running != m_assistant.runPreferences()) {
        m_running = toSetting(running);
        m_assistant.setSetting(kRunningSetting, m_running);
        m_assistant.setRunPreferences(running);
    }
    showSettings();
}

void WindowBinding::showSettings()
{
    QVariantMap map;
    addAll(toSetting(m_assistant.answerPreferences()), map);
    addAll(toSetting(m_assistant.runPreferences()), map);
    map[QStringLiteral("answeringIsDefault")] =
        m_assistant.answerPreferences() == AnswerPreferences{};
    m_window.setSettings(map);
}

void WindowBinding::loadSettings()
{
    m_assistant.loadSetting(kColorScheme, [this](const std::string& scheme) {
        if (scheme == "light" || scheme == "dark" || scheme == "system")
            m_window.setColorScheme(QString::fromStdString(scheme));
    });
    m_assistant.loadSetting(kAnsweringSetting, [this](const std::string& setting) {
        m_assistant.setAnswerPreferences(answerPreferencesFrom(setting));
        showSettings();
    });
    m_assistant.loadSetting(kRunningSetting, [this](const std::string& setting) {
        const RunPreferences running = runPreferencesFrom(setting);
        m_running = toSetting(running);
        m_assistant.setRunPreferences(running);
        showSettings();
    });
}

} // namespace lectern::app
