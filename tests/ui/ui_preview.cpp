// SPDX-License-Identifier: Apache-2.0
// Shows the window.
#include "ui/window.h"
#include "ui/window_state.h"

#include <QGuiApplication>
#include <QQmlApplicationEngine>

int main(int argc, char** argv)
{
    QGuiApplication application(argc, argv);
    lectern::ui::prepareApplication();
    lectern::ui::WindowState state;
    const auto engine = lectern::ui::loadWindow(state);
    return engine ? QGuiApplication::exec() : 1;
}
