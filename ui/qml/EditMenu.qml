// SPDX-License-Identifier: Apache-2.0
// The menu of text: copy, and in the composer also cut and paste.
import QtQuick
import Lectern

MenuPanel {
    id: menu

    property var edit
    property TextSelection selection: null
    readonly property bool spanning: selection?.spanning ?? false
    property WindowState windowState: null // of the composer; null: the text is only read

    onClosed: {
        if (spanning)
            return;
        edit.forceActiveFocus();
        edit.persistentSelection = false;
    }

    MenuEntry {
        text: qsTr("Cut")
        shortcutText: "Ctrl+X"
        visible: menu.windowState !== null
        height: visible ? implicitHeight : 0
        enabled: menu.edit?.selectedText !== ""
        onTriggered: menu.edit.cut()
    }
    MenuEntry {
        text: qsTr("Copy")
        shortcutText: "Ctrl+C"
        enabled: menu.spanning || menu.edit?.selectedText !== ""
        onTriggered: {
            if (menu.spanning)
                menu.selection.copy();
            else
                menu.edit.copy();
        }
    }
    MenuEntry {
        objectName: "pasteEntry"
        text: qsTr("Paste")
        shortcutText: "Ctrl+V"
        visible: menu.windowState !== null
        height: visible ? implicitHeight : 0
        onTriggered: {
            if (!menu.windowState.pasteIntoDraft())
                menu.edit.paste();
        }
    }
    MenuEntry {
        text: qsTr("Select all")
        shortcutText: "Ctrl+A"
        onTriggered: {
            menu.selection?.clear();
            menu.edit.selectAll();
        }
    }
}
