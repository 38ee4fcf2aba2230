// SPDX-License-Identifier: Apache-2.0
// Where words are typed that are looked for. Esc clears it, then leaves.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

LineField {
    id: field

    property string shortcutText // shown while nobody writes here

    signal entered // the keyboard goes on to what was found
    signal leaveRequested

    implicitHeight: 36
    leftPadding: 34
    rightPadding: clearButton.visible ? 34 : 10
    maximumLength: 500
    placeholderText: qsTr("Search")
    Accessible.role: Accessible.EditableText
    // Before the window's shortcut, which stops an answer.
    Keys.onShortcutOverride: event => event.accepted = event.key === Qt.Key_Escape
    Keys.onEscapePressed: {
        if (text !== "")
            clear();
        else
            leaveRequested();
    }
    Keys.onDownPressed: entered()
    Keys.onReturnPressed: entered()
    Keys.onEnterPressed: entered()

    HoverHandler {
        id: hover

        cursorShape: Qt.IBeamCursor
    }
    Icon {
        x: 10
        anchors.verticalCenter: parent.verticalCenter
        width: 17
        height: 17
        name: "search"
        color: field.activeFocus ? Theme.secondaryText : Theme.faintText
    }
    Text {
        anchors.right: parent.right
        anchors.rightMargin: 10
        anchors.verticalCenter: parent.verticalCenter
        visible: hover.hovered && !field.activeFocus && field.text === ""
        text: field.shortcutText
        font.family: Theme.family
        font.pixelSize: Theme.small
        color: Theme.faintText
    }
    IconButton {
        id: clearButton

        objectName: "clearSearch"
        anchors.right: parent.right
        anchors.rightMargin: 4
        anchors.verticalCenter: parent.verticalCenter
        implicitWidth: 28
        implicitHeight: 28
        iconSize: 15
        visible: field.text !== ""
        focusPolicy: Qt.NoFocus
        label: qsTr("Clear the search")
        shortcutText: "Esc"
        iconName: "close"
        onClicked: {
            field.clear();
            field.forceActiveFocus();
        }
    }
}
