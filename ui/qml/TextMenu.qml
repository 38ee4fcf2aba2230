// SPDX-License-Identifier: Apache-2.0
// The context menu of text that can be selected.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

Item {
    id: root

    required property TextEdit edit

    anchors.fill: parent

    TapHandler {
        acceptedButtons: Qt.RightButton
        onTapped: {
            root.edit.persistentSelection = true;
            loader.active = true;
            (loader.item as Menu).popup();
        }
    }
    Loader {
        id: loader

        active: false
        sourceComponent: MenuPanel {
            onClosed: {
                root.edit.forceActiveFocus();
                root.edit.persistentSelection = false;
            }

            MenuEntry {
                text: qsTr("Copy")
                iconName: "copy"
                shortcutText: "Ctrl+C"
                enabled: root.edit.selectedText !== ""
                onTriggered: root.edit.copy()
            }
            MenuEntry {
                text: qsTr("Select all")
                shortcutText: "Ctrl+A"
                onTriggered: root.edit.selectAll()
            }
        }
    }
}
