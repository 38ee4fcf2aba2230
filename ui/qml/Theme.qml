// SPDX-License-Identifier: Apache-2.0
// Colours, type sizes and measures of the window, for the light and the dark scheme.
pragma Singleton
import QtQuick

QtObject {
    id: theme

    // "light", "dark" or "system": the window sets it. Qt 6.4 does not tell the system's scheme, so
    // it is read off the lightness of its palette.
    property string scheme: "system"
    readonly property SystemPalette systemPalette: SystemPalette {}
    readonly property bool dark: scheme === "dark"
        || (scheme === "system" && systemPalette.window.hslLightness < 0.5)

    // Surfaces, from the back to the front.
    readonly property color sidebar: dark ? "#151517" : "#f6f6f4"
    readonly property color surface: dark ? "#1b1b1e" : "#ffffff"
    readonly property color raised: dark ? "#242428" : "#ffffff"
    readonly property color bubble: dark ? "#2a2a2f" : "#f2f1ee"
    readonly property color well: dark ? "#141416" : "#f7f7f5"
    readonly property color hover: dark ? "#2a2a2e" : "#ecebe8"
    readonly property color pressed: dark ? "#333338" : "#e2e1dd"
    readonly property color selected: dark ? "#2c2c31" : "#e8e7e3"
    readonly property color border: dark ? "#303035" : "#e5e4e0"
    readonly property color strongBorder: dark ? "#46464d" : "#cfcdc7"
    readonly property color scrim: dark ? "#99000000" : "#40000000"

    readonly property color text: dark ? "#ececef" : "#1c1c1f"
    readonly property color secondaryText: dark ? "#a6a6ae" : "#63636a"
    readonly property color faintText: dark ? "#85858d" : "#777780"

    readonly property color accent: dark ? "#5b7bf0" : "#3d5fd9"
    readonly property color accentHover: dark ? "#6d8af5" : "#3352c4"
    readonly property color accentInk: "#ffffff"
    readonly property color accentText: dark ? "#9bb0ff" : "#3352c4"
    readonly property color accentSoft: dark ? "#262c45" : "#edf0fc"
    readonly property color warning: dark ? "#e5b567" : "#8f5b00"
    readonly property color warningSoft: dark ? "#33291a" : "#fdf4e3"
    readonly property color danger: dark ? "#f28b7d" : "#b3321f"
    readonly property color dangerSoft: dark ? "#3a211e" : "#fcedea"
    // Of code, by the kinds of words in ui/code/code_lexer.h: keyword, type, function, string, number, comment.
    readonly property var codeColors: dark ? ["#c99cf0", "#7fcdd6", "#8fb0ff", "#9ccb8b", "#e6aa70", "#8b8b94"]
                                           : ["#8a2ba6", "#15697f", "#2b50c0", "#2a742e", "#a04a08", "#6c6c75"]
    // Of what is found in the conversation: behind a place, behind the current one, and that one's letters.
    readonly property var foundMarks: dark ? ["#5f4f12", "#e0a52e", "#1b1b1e"] : ["#ffe9a3", "#ffb52e", "#1c1c1f"]
    readonly property color selection: dark ? "#3c4f94" : "#c5d1fb"

    readonly property string family: "Inter"
    readonly property string monoFamily: "Noto Sans Mono"
    readonly property int small: 12
    readonly property int ui: 13
    readonly property int body: 15
    readonly property int columnWidth: 760 // of the conversation: about 85 characters
    readonly property int quick: 120 // milliseconds of the few animations

    // Puts the scheme's colours where answers' HTML has placeholders (ui/markdown_blocks.h).
    function paint(html) {
        if (html.indexOf("\u0001") < 0)
            return html;
        return html.replace(/\u0001L/g, String(accentText)).replace(/\u0001B/g, String(bubble)).replace(/\u0001C/g, String(text));
    }
}
