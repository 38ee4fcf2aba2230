// SPDX-License-Identifier: Apache-2.0
// One setting: its name and what it does on the left, its control on the right.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

Item {
    id: row

    required property string label
    property string hint
    default property alias control: holder.data

    width: parent?.width ?? 0
    implicitHeight: Math.max(36, words.height, holder.height)

    Column {
        id: words

        anchors.verticalCenter: parent.verticalCenter
        width: row.width - holder.width - 24
        spacing: 1

        Text {
            width: parent.width
            text: row.label
            wrapMode: Text.Wrap
            font.family: Theme.family
            font.pixelSize: Theme.ui
            color: Theme.text
        }
        Text {
            width: parent.width
            visible: text !== ""
            text: row.hint
            textFormat: Text.PlainText
            wrapMode: Text.Wrap
            lineHeight: 1.2
            font.family: Theme.family
            font.pixelSize: Theme.small
            color: Theme.secondaryText
        }
    }
    Item {
        id: holder

        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        width: childrenRect.width
        height: childrenRect.height
    }
}
