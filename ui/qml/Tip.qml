// SPDX-License-Identifier: Apache-2.0
// The small explanation beside a control, loaded only while it is wanted.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

Loader {
    id: tip

    required property Item target
    property string text
    property bool wanted: false

    active: wanted && text !== ""
    sourceComponent: ToolTip {
        id: popup

        parent: tip.target
        visible: true
        delay: 500
        text: tip.text
        padding: 8
        leftPadding: 10
        rightPadding: 10
        font.pixelSize: Theme.small
        contentItem: Text {
            text: popup.text
            font: popup.font
            color: Theme.text
            textFormat: Text.PlainText
            wrapMode: Text.Wrap
            width: Math.min(implicitWidth, 320)
        }
        background: Rectangle {
            radius: 8
            color: Theme.raised
            border.color: Theme.strongBorder
        }
    }
}
