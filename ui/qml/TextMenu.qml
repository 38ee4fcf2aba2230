// SPDX-License-Identifier: Apache-2.0
// Opens the context menu of text that can be selected.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

Item {
    id: root

    required property TextEdit edit
    property WindowState windowState: null
    property TextSelection selection: null // of several rows

    anchors.fill: parent

    TapHandler {
        acceptedButtons: Qt.RightButton
        onTapped: {
            root.edit.persistentSelection = true; // the menu takes the focus
            if (loader.item === null)
                loader.setSource("EditMenu.qml", {
                    edit: root.edit,
                    selection: root.selection,
                    windowState: root.windowState
                });
            (loader.item as EditMenu).popup();
        }
    }
    Loader {
        id: loader
    }
}
