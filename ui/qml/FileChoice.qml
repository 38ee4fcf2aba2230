// SPDX-License-Identifier: Apache-2.0
// A file to choose: what it is for, what was chosen, the button.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

Item {
    id: choice

    property string caption
    property string chosen
    property string buttonText
    property alias buttonName: button.objectName

    signal requested

    implicitHeight: Math.max(36, words.height)

    Column {
        id: words

        anchors.verticalCenter: parent.verticalCenter
        width: button.x - 12
        spacing: 2

        Text {
            width: parent.width
            text: choice.caption
            wrapMode: Text.Wrap
            font.family: Theme.family
            font.pixelSize: Theme.ui
            color: choice.chosen === "" ? Theme.text : Theme.secondaryText
        }
        Text {
            width: parent.width
            visible: choice.chosen !== ""
            text: choice.chosen
            textFormat: Text.PlainText
            elide: Text.ElideMiddle
            font.family: Theme.family
            font.pixelSize: Theme.ui
            font.weight: Font.Medium
            color: Theme.text
        }
    }
    TextButton {
        id: button

        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        text: choice.buttonText
        onClicked: choice.requested()
    }
}
