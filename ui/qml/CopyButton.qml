// SPDX-License-Identifier: Apache-2.0
// A copy button that confirms with a check mark for a moment.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

IconButton {
    id: button

    property bool done: false

    implicitWidth: 28
    implicitHeight: 28
    iconSize: 17
    iconName: done ? "check" : "copy"
    onClicked: {
        done = true;
        reset.restart();
    }

    Timer {
        id: reset

        interval: 1500
        onTriggered: button.done = false
    }
}
