// SPDX-License-Identifier: Apache-2.0
// The title of a group of settings, with room for one action.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

Item {
    id: heading

    required property string text
    default property alias action: holder.data

    width: parent?.width ?? 0
    implicitHeight: Math.max(20, holder.height)

    Text {
        anchors.verticalCenter: parent.verticalCenter
        text: heading.text
        font.family: Theme.family
        font.pixelSize: Theme.ui
        font.weight: Font.DemiBold
        color: Theme.text
        Accessible.role: Accessible.Heading
        Accessible.name: text
    }
    Item {
        id: holder

        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        width: childrenRect.width
        height: childrenRect.height
    }
}
