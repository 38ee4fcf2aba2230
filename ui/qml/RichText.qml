// SPDX-License-Identifier: Apache-2.0
// Selectable text from the view-models' own small HTML. Links open only when clicked, and only in
// the browser; nothing is ever loaded.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

TextEdit {
    id: view

    property string html
    property bool rightToLeft: false
    property TextSelection selection: null
    property int rowIndex: -1 // in the conversation
    property bool wholeRow: false
    property TextFind find: null
    property int cell: 0 // of a table's row
    readonly property alias found: marks
    property int lineHeight: 23 // pixels: the same for every script

    text: "<p style=\"margin:0;line-height:" + lineHeight + "px\">" + Theme.paint(html) + "</p>"
    textFormat: TextEdit.RichText
    readOnly: true
    selectByMouse: !(selection?.spanning ?? false)
    selectByKeyboard: true
    activeFocusOnPress: true
    wrapMode: TextEdit.Wrap
    horizontalAlignment: rightToLeft ? TextEdit.AlignRight : TextEdit.AlignLeft
    color: Theme.text
    selectionColor: Theme.selection
    selectedTextColor: Theme.text
    font.family: Theme.family
    font.pixelSize: Theme.body
    Accessible.role: Accessible.StaticText

    onLinkActivated: link => {
        if (/^https?:\/\//i.test(link))
            Qt.openUrlExternally(link);
    }

    HoverHandler {
        cursorShape: view.hoveredLink !== "" ? Qt.PointingHandCursor : Qt.IBeamCursor
    }
    Tip {
        target: view
        wanted: view.hoveredLink !== ""
        text: view.hoveredLink
    }
    TextMenu {
        edit: view
        selection: view.selection
    }
    FoundMarks {
        id: marks

        // Asked for only now: making one for every text takes time.
        textDocument: (view.find?.text ?? "") !== "" ? view.textDocument : null
        find: view.find
        row: view.rowIndex
        cell: view.cell
    }
    SelectedPart {
        edit: view
        selection: view.selection
        rowIndex: view.rowIndex
        wholeRow: view.wholeRow
    }
}
