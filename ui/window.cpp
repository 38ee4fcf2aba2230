// SPDX-License-Identifier: Apache-2.0
// Fonts, icon and import paths, and the engine that shows ui/qml/Main.qml.
#include "ui/window.h"

#include "ui/window_state.h"

#include <QClipboard>
#include <QFont>
#include <QFontMetrics>
#include <QGuiApplication>
#include <QIcon>
#include <QLocale>
#include <QQmlApplicationEngine>
#include <QQuickStyle>
#include <QStyleHints>
#include <QtQml/qqmlextensionplugin.h>

Q_IMPORT_QML_PLUGIN(LecternPlugin)

namespace lectern::ui {

namespace {

// Finding a font's file among all that are installed takes Qt some 10 ms, at the first word in it.
// Done here, before there is a window, it holds nobody up; the sizes and weights are those of
// conversations (ui/qml/).
void findFonts()
{
    struct Use {
        const char* family;
        int pixelSize;
        QFont::Weight weight;
        bool italic;
    };
    constexpr auto kText = "Inter";
    constexpr auto kCode = "Noto Sans Mono";
    constexpr Use kUses[] = {{kText, 12, QFont::Normal, false}, {kText, 12, QFont::Medium, false},
        {kText, 13, QFont::Normal, false}, {kText, 13, QFont::Medium, false},
        {kText, 14, QFont::Normal, false}, {kText, 14, QFont::DemiBold, false},
        {kText, 15, QFont::Normal, false}, {kText, 15, QFont::Bold, false},
        {kText, 15, QFont::Normal, true}, {kText, 15, QFont::DemiBold, false},
        {kText, 17, QFont::DemiBold, false}, {kText, 19, QFont::DemiBold, false},
        {kText, 22, QFont::DemiBold, false}, {kCode, 13, QFont::Normal, false}};
    for (const Use& use : kUses) {
        QFont font = QGuiApplication::font();
        font.setFamily(QLatin1String(use.family));
        font.setPixelSize(use.pixelSize);
        font.setWeight(use.weight);
        font.setItalic(use.italic);
        (void)QFontMetrics(font).horizontalAdvance(QLatin1Char('a'));
    }
}

} // namespace

void prepareApplication()
{
    // The window speaks English, and so do its numbers, like those in the readers' sentences.
    QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates));
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
    findFonts();
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
