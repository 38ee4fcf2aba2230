// SPDX-License-Identifier: Apache-2.0
// A scroll bar that stays out of the way.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

ScrollBar {
    id: control

    padding: 3
    minimumSize: 0.06
    Accessible.name: qsTr("Scroll bar")

    contentItem: Rectangle {
        implicitWidth: 6
        implicitHeight: 6
        radius: 3
        color: control.pressed ? Theme.secondaryText : Theme.strongBorder
        opacity: control.size < 1 && (control.active || control.hovered || control.policy === ScrollBar.AlwaysOn) ? 1 : 0

        Behavior on opacity {
            NumberAnimation {
                duration: Theme.quick
            }
        }
    }
    background: null
}
