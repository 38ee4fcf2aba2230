// SPDX-License-Identifier: Apache-2.0
// One place that a search found: the conversation, when, and the words with what is around them.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

AbstractButton {
    id: row

    required property int index
    required property double conversationId
    required property double foundMessage
    required property string title // HTML of ui/search_results_model.h
    required property string passage
    required property string spoken
    required property string when

    function emphasised(html) {
        return html.replace(/<b>/g, "<b><font color=\"" + Theme.text + "\">").replace(/<\/b>/g, "</font></b>");
    }

    objectName: "searchResult"
    implicitHeight: (passage === "" ? caption.y + caption.height : words.y + words.height) + 9
    focusPolicy: Qt.NoFocus
    Accessible.role: Accessible.ListItem
    Accessible.name: spoken
    Accessible.description: when

    Item {
        anchors.fill: parent

        Text {
            id: caption

            x: 10
            y: 8
            width: time.x - x - 8
            text: row.passage === "" ? row.emphasised(row.title) : row.title
            textFormat: Text.StyledText
            elide: Text.ElideRight
            maximumLineCount: 1
            font.family: Theme.family
            font.pixelSize: Theme.ui
            font.weight: row.passage === "" ? Font.Normal : Font.Medium
            color: row.passage === "" ? Theme.secondaryText : Theme.text
        }
        Text {
            id: time

            anchors.right: parent.right
            anchors.rightMargin: 10
            anchors.baseline: caption.baseline
            text: row.when
            textFormat: Text.PlainText
            font.family: Theme.family
            font.pixelSize: Theme.small
            color: Theme.faintText
        }
        Text {
            id: words

            x: 10
            y: caption.y + caption.height + 2
            width: parent.width - 20
            visible: row.passage !== ""
            text: row.emphasised(row.passage)
            textFormat: Text.StyledText
            wrapMode: Text.Wrap
            elide: Text.ElideRight
            maximumLineCount: 2
            lineHeight: 1.15
            font.family: Theme.family
            font.pixelSize: Theme.small
            color: Theme.secondaryText
        }
    }
    background: Rectangle {
        radius: 9
        color: row.down ? Theme.pressed : row.ListView.isCurrentItem ? Theme.selected : row.hovered ? Theme.hover : "transparent"

        FocusRing {
            anchors.margins: 0
            targetRadius: 6
            visible: row.ListView.isCurrentItem && row.ListView.view.activeFocus
        }
    }
}
