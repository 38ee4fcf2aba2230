// SPDX-License-Identifier: Apache-2.0
// A file or folder in the file picker.
import QtQuick
import Lectern

Item {
    id: row

    required property int index
    required property string fileName
    required property url fileUrl
    required property bool fileIsDir
    required property double fileSize
    required property bool chosen

    signal picked(bool toggle)
    signal activated

    objectName: "fileRow"
    height: 34
    Accessible.role: Accessible.ListItem
    Accessible.name: fileIsDir ? qsTr("Folder %1").arg(fileName) : fileName
    Accessible.selected: chosen

    HoverHandler {
        id: hover
    }
    TapHandler {
        id: tap

        onTapped: {
            const toggle = (tap.point.modifiers & Qt.ControlModifier) !== 0;
            if (tapCount > 1 && !toggle)
                row.activated();
            else
                row.picked(toggle);
        }
    }
    Rectangle {
        anchors.fill: parent
        anchors.leftMargin: 4
        anchors.rightMargin: 4
        radius: 7
        color: row.chosen ? Theme.accentSoft : hover.hovered ? Theme.hover : "transparent"
        border.width: row.ListView.isCurrentItem && row.ListView.view.activeFocus ? 1.5 : 0
        border.color: Theme.accent
    }
    Icon {
        id: icon

        x: 14
        anchors.verticalCenter: parent.verticalCenter
        width: 18
        height: 18
        name: row.chosen ? "check" : row.fileIsDir ? "folder" : "file"
        color: row.chosen || row.fileIsDir ? Theme.accentText : Theme.secondaryText
    }
    Text {
        anchors.left: icon.right
        anchors.leftMargin: 10
        anchors.right: size.left
        anchors.rightMargin: 10
        anchors.verticalCenter: parent.verticalCenter
        text: row.fileName
        textFormat: Text.PlainText
        elide: Text.ElideMiddle
        font.family: Theme.family
        font.pixelSize: Theme.ui
        color: Theme.text
    }
    Text {
        id: size

        anchors.right: parent.right
        anchors.rightMargin: 16
        anchors.verticalCenter: parent.verticalCenter
        text: row.fileIsDir ? "" : Qt.locale().formattedDataSize(row.fileSize, 1, Locale.DataSizeTraditionalFormat)
        font.family: Theme.family
        font.pixelSize: Theme.small
        color: Theme.faintText
    }
}
