// SPDX-License-Identifier: Apache-2.0
// Loads the window for a WindowState: fonts, icon, QML.
#pragma once

#include <memory>

class QQmlApplicationEngine;

namespace lectern::ui {

class WindowState;

// What has to happen before the first window: font substitutions, application font and icon,
// the name under which settings are kept. Call once, right after QGuiApplication.
void prepareApplication();

// The window, shown. `state` must outlive the engine. Null when the QML could not be loaded, which
// only a broken installation (a missing QML package) causes; the reason is on stderr.
std::unique_ptr<QQmlApplicationEngine> loadWindow(WindowState& state);

} // namespace lectern::ui
