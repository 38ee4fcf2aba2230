// SPDX-License-Identifier: Apache-2.0
// The menu of a conversation in the sidebar.
import QtQuick
import Lectern

MenuPanel {
    id: menu

    signal renameChosen
    signal deleteChosen

    MenuEntry {
        text: qsTr("Rename")
        iconName: "pencil"
        shortcutText: "F2"
        onTriggered: menu.renameChosen()
    }
    MenuEntry {
        objectName: "deleteEntry"
        text: qsTr("Delete")
        iconName: "trash"
        shortcutText: qsTr("Del")
        danger: true
        onTriggered: menu.deleteChosen()
    }
}
