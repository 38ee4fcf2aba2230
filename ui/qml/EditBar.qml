// SPDX-License-Identifier: Apache-2.0
// Stands over the text while the last question is being changed: what sending does, and the way out.
import QtQuick
import Lectern

Item {
    id: bar

    signal cancelled

    height: 34
    Accessible.role: Accessible.StaticText
    Accessible.name: words.text

    Icon {
        id: icon

        x: 6
        anchors.verticalCenter: parent.verticalCenter
        name: "pencil"
        width: 16
        height: 16
        color: Theme.accentText
    }
    Text {
        id: words

        anchors.left: icon.right
        anchors.leftMargin: 9
        anchors.right: cancelButton.left
        anchors.rightMargin: 8
        anchors.verticalCenter: parent.verticalCenter
        text: qsTr("Changing your last question. Sending replaces it and its answer.")
        elide: Text.ElideRight
        font.family: Theme.family
        font.pixelSize: Theme.ui
        color: Theme.secondaryText
    }
    IconButton {
        id: cancelButton

        objectName: "cancelEdit"
        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        implicitWidth: 30
        implicitHeight: 30
        iconSize: 16
        label: qsTr("Leave the question as it was")
        shortcutText: "Esc"
        iconName: "close"
        onClicked: bar.cancelled()
    }
}
