// SPDX-License-Identifier: Apache-2.0
// The files of a person's message, and what was not read of them; of many, the first few until asked.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

Column {
    id: root

    required property AttachmentListModel files // null: none
    required property var remarks // sentences
    required property real most // width
    required property bool expanded

    signal toggled

    readonly property int count: files?.count ?? 0
    readonly property int fewFiles: count > 8 ? 6 : 8
    readonly property int fewRemarks: remarks.length > 5 ? 4 : 5
    readonly property bool folded: count > fewFiles || remarks.length > fewRemarks
    // Cards are made a few at a time, or a folder's worth of them would hold the window.
    property int more: 0
    readonly property int shown: fewFiles + more

    spacing: 8
    onExpandedChanged: more = 0

    Timer {
        interval: 16
        repeat: true
        running: root.expanded && root.shown < root.count
        onTriggered: root.more += 4
    }

    // One card is as wide as its words; several stand in two columns.
    Grid {
        anchors.right: parent.right
        columns: root.count > 1 ? 2 : 1 // an empty column would take its spacing
        spacing: 8

        Repeater {
            model: FirstRows {
                sourceModel: root.files
                limit: root.shown
            }

            AttachmentCard {
                required fileName
                required kind
                required detail
                required warnings
                required thumbnail

                width: (root?.count ?? 0) > 1 ? (root.most - 8) / 2 : Math.min(root?.most ?? 0, implicitWidth)
            }
        }
    }
    Column {
        anchors.right: parent.right
        spacing: 4

        Repeater {
            model: root.expanded ? root.remarks : root.remarks.slice(0, root.fewRemarks)

            Row {
                id: remark

                required property string modelData

                objectName: "attachmentRemark"
                spacing: 7
                Accessible.role: Accessible.StaticText
                Accessible.name: modelData

                Icon {
                    name: "warning"
                    width: 16
                    height: 16
                    y: 1
                    color: Theme.warning
                }
                Text {
                    width: Math.min(implicitWidth, root.most - 60)
                    text: remark.modelData
                    textFormat: Text.PlainText
                    wrapMode: Text.Wrap
                    font.family: Theme.family
                    font.pixelSize: Theme.small
                    color: Theme.secondaryText
                }
            }
        }
    }
    TextButton {
        objectName: "showAllFiles"
        anchors.right: parent.right
        visible: root.folded
        implicitHeight: 30
        flat: true
        text: root.expanded ? qsTr("Show less")
            : root.count > root.fewFiles ? qsTr("Show all %1 files").arg(root.count)
            : qsTr("Show all %1 remarks").arg(root.remarks.length)
        onClicked: root.toggled()
    }
}
