// SPDX-License-Identifier: Apache-2.0
// The context menu of the composer.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

Item {
    id: root

    required property TextArea edit
    required property WindowState windowState

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
                text: qsTr("Cut")
                shortcutText: "Ctrl+X"
                enabled: root.edit.selectedText !== ""
                onTriggered: root.edit.cut()
            }
            MenuEntry {
                text: qsTr("Copy")
                shortcutText: "Ctrl+C"
                enabled: root.edit.selectedText !== ""
                onTriggered: root.edit.copy()
            }
            MenuEntry {
                text: qsTr("Paste")
                shortcutText: "Ctrl+V"
                onTriggered: {
                    if (!root.windowState.pasteIntoDraft())
                        root.edit.paste();
                }
            }
        }
    }
}
