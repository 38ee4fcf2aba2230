// SPDX-License-Identifier: Apache-2.0
// Fonts, icon and import paths, and the engine that shows ui/qml/Main.qml.
#include "ui/window.h"

#include "ui/window_state.h"

#include <QClipboard>
#include <QFont>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QIcon>
#include <QQmlApplicationEngine>
#include <QQuickStyle>
#include <QStyleHints>
#include <QtQml/qqmlextensionplugin.h>

Q_IMPORT_QML_PLUGIN(LecternPlugin)

namespace lectern::ui {

void prepareApplication()
{
    // The emoji font is never primary: it has digits too. Order: Latin first, then what it lacks.
    const QStringList fallbacks{QStringLiteral("Noto Sans"), QStringLiteral("Noto Color Emoji"),
        QStringLiteral("Noto Sans CJK SC"), QStringLiteral("Noto Sans Arabic")};
    QFont::insertSubstitutions(QStringLiteral("Inter"), fallbacks);
    QFont::insertSubstitutions(QStringLiteral("Noto Sans Mono"),
        {QStringLiteral("DejaVu Sans Mono"), QStringLiteral("Noto Sans Mono CJK SC"),
            QStringLiteral("Noto Color Emoji")});
    QFont font(QStringLiteral("Inter"));
    font.setPixelSize(14);
    font.setHintingPreference(QFont::PreferNoHinting);
    QGuiApplication::setFont(font);
    QGuiApplication::styleHints()->setUseHoverEffects(true);
    QGuiApplication::setWindowIcon(QIcon(QStringLiteral(":/qt/qml/Lectern/icons/lectern.svg")));
    QGuiApplication::setDesktopFileName(QStringLiteral("lectern"));
    QQuickStyle::setStyle(QStringLiteral("Basic"));
}

std::unique_ptr<QQmlApplicationEngine> loadWindow(WindowState& state)
{
    // What the window copies needs nobody else.
    QObject::connect(&state, &WindowState::copyRequested, &state,
        [](const QString& text) { QGuiApplication::clipboard()->setText(text); });
    auto engine = std::make_unique<QQmlApplicationEngine>();
    engine->addImportPath(QStringLiteral("qrc:/qt/qml"));
    engine->setInitialProperties(
        {{QStringLiteral("windowState"), QVariant::fromValue<QObject*>(&state)}});
    engine->load(QUrl(QStringLiteral("qrc:/qt/qml/Lectern/Main.qml")));
    if (engine->rootObjects().isEmpty())
        return nullptr;
    return engine;
}

} // namespace lectern::ui
