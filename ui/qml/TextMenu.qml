// SPDX-License-Identifier: Apache-2.0
// Opens the context menu of text that can be selected.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

Item {
    id: root

    required property TextEdit edit
    property WindowState windowState: null

    anchors.fill: parent

    TapHandler {
        acceptedButtons: Qt.RightButton
        onTapped: {
            root.edit.persistentSelection = true;
            if (loader.item === null)
                loader.setSource("EditMenu.qml", {
                    edit: root.edit,
                    windowState: root.windowState
                });
            (loader.item as EditMenu).popup();
        }
    }
    Loader {
        id: loader
    }
}
