// SPDX-License-Identifier: Apache-2.0
// The drop area over the whole window, and what it says while something is dragged over it.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

DropArea {
    id: area

    required property WindowState windowState

    objectName: "dropArea"
    onEntered: drag => {
        drag.accepted = drag.hasUrls;
        overlay.urls = drag.hasUrls ? drag.urls.length : 0;
    }
    onDropped: drop => {
        if (!drop.hasUrls)
            return;
        drop.accept(Qt.CopyAction);
        area.windowState.filesDropped(drop.urls);
    }

    Rectangle {
        id: overlay

        property int urls: 0

        objectName: "dropOverlay"
        anchors.fill: parent
        visible: area.containsDrag && urls > 0
        color: Theme.dark ? "#e61b1b1e" : "#ebffffff"
        Accessible.role: Accessible.AlertMessage
        Accessible.name: title.text

        Rectangle {
            anchors.fill: parent
            anchors.margins: 16
            radius: 20
            color: Theme.accentSoft
            opacity: 0.7
            border.width: 2
            border.color: Theme.accent
        }
        Column {
            anchors.centerIn: parent
            width: Math.min(parent.width - 96, 560)
            spacing: 10

            Icon {
                anchors.horizontalCenter: parent.horizontalCenter
                name: "drop"
                width: 44
                height: 44
                color: Theme.accentText
            }
            Text {
                id: title

                width: parent.width
                horizontalAlignment: Text.AlignHCenter
                text: overlay.urls === 1 ? qsTr("Drop to add it to your message") : qsTr("Drop to add all %1 to your message").arg(overlay.urls)
                wrapMode: Text.Wrap
                font.family: Theme.family
                font.pixelSize: 20
                font.weight: Font.DemiBold
                color: Theme.text
            }
            Text {
                width: parent.width
                horizontalAlignment: Text.AlignHCenter
                text: qsTr("Documents, mails and tables · text and source code · pictures · video clips · folders")
                wrapMode: Text.Wrap
                lineHeight: 1.3
                font.family: Theme.family
                font.pixelSize: 14
                color: Theme.secondaryText
            }
        }
    }
}
