// SPDX-License-Identifier: Apache-2.0
// What every block of an answer shares: its place in the column, list indent and marker, quote bars.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

Item {
    id: frame

    required property int index
    required property double messageId
    required property bool firstRow
    required property int indent
    required property string marker
    required property int quoteDepth
    required property bool quoteStart
    required property bool rightToLeft
    property TextSelection selection: null
    property TextEdit selectable: null // where a selection of several rows can begin and end
    property TextFind find: null
    property FoundMarks found: null // of the selectable text
    property double markedMessage: 0
    property int gap: 12 // above, unless it is the first of its message
    property real contentHeight: 0
    property real markerOffset: 0 // of the marker from the top of the content
    readonly property real columnWidth: Math.min(width - 48, Theme.columnWidth)
    readonly property real columnX: Math.round((width - columnWidth) / 2)
    readonly property int inset: indent * 26 + quoteDepth * 18
    readonly property real contentWidth: columnWidth - inset
    readonly property bool task: marker === "☑" || marker === "☐"
    readonly property int topGap: firstRow ? 0 : gap
    default property alias content: slot.data

    width: ListView.view?.width ?? 0
    height: topGap + contentHeight

    Rectangle {
        x: frame.columnX - 18
        width: 3
        height: frame.height
        visible: frame.markedMessage === frame.messageId
        color: Theme.accent
    }
    Repeater {
        model: frame.quoteDepth

        Rectangle {
            required property int index

            x: frame.rightToLeft ? frame.columnX + frame.columnWidth - 3 - index * 18 : frame.columnX + index * 18
            y: frame.quoteStart ? frame.topGap : 0
            width: 3
            height: frame.height - y
            color: Theme.strongBorder
        }
    }
    Rectangle {
        visible: frame.task
        x: frame.rightToLeft ? slot.x + slot.width + 8 : slot.x - 8 - width
        y: slot.y + frame.markerOffset + 1
        width: 16
        height: 16
        radius: 4
        color: frame.marker === "☑" ? Theme.accent : "transparent"
        border.color: frame.marker === "☑" ? Theme.accent : Theme.strongBorder

        Icon {
            visible: frame.marker === "☑"
            anchors.centerIn: parent
            name: "check"
            width: 14
            height: 14
            color: Theme.accentInk
        }
    }
    Text {
        visible: frame.marker !== "" && !frame.task
        text: frame.marker
        x: frame.rightToLeft ? slot.x + slot.width + 8 : slot.x - 8 - width
        y: slot.y + frame.markerOffset
        font.family: Theme.family
        font.pixelSize: Theme.body
        color: Theme.secondaryText
    }
    Item {
        id: slot

        x: frame.rightToLeft ? frame.columnX : frame.columnX + frame.inset
        y: frame.topGap
        width: frame.contentWidth
        height: frame.contentHeight
    }
}
