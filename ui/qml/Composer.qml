// SPDX-License-Identifier: Apache-2.0
// Where a message is written: the draft's files, its text, and the button that sends or stops.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

FocusScope {
    id: root

    required property WindowState windowState
    readonly property bool hasText: /\S/.test(input.text)
    readonly property string whyNot: windowState.canSend ? ""
                                   : windowState.modelLoading ? qsTr("The model is being loaded. You can write already.")
                                   : root.windowState.readingFiles ? qsTr("A file is still being read. You can write already.")
                                   : windowState.answering ? ""
                                   : windowState.modelError !== "" ? windowState.modelError
                                   : qsTr("No model is ready yet.")

    readonly property bool editing: windowState.editedMessage !== 0
    property string aside // what was written when an edit began

    signal attachRequested
    signal scrollRequested(real pages)

    function send() {
        if (!hasText || !windowState.canSend || windowState.answering)
            return;
        const text = input.text;
        input.clear();
        windowState.sendRequested(text);
    }

    // False: there is nothing to change now.
    function editLast() {
        const question = windowState.lastQuestion();
        if (question === 0 || editing || windowState.answering)
            return false;
        windowState.editRequested(question);
        return true;
    }

    function write() {
        input.forceActiveFocus();
    }

    onEditingChanged: {
        if (editing)
            aside = input.text;
        input.text = editing ? "" : aside;
        input.cursorPosition = input.length;
        write();
    }

    implicitHeight: frame.height + (hint.visible ? hint.height + 6 : 0)

    Connections {
        target: root.windowState

        function onDraftRestored(text) {
            input.text = input.text === "" ? text : text + "\n" + input.text;
            input.cursorPosition = input.length;
            input.forceActiveFocus();
        }
    }

    Rectangle {
        id: frame

        width: parent.width
        height: (editBar.visible ? editBar.height + 4 : 0) + (files.visible ? files.height + 2 : 0) + Math.max(56, scroller.height + 20)
        radius: 18
        color: Theme.raised
        border.width: 1
        border.color: input.activeFocus ? Theme.accent : Theme.strongBorder

        EditBar {
            id: editBar

            x: 9
            y: 6
            width: parent.width - 18
            visible: root.editing
            onCancelled: root.windowState.editCancelled()
        }
        DraftAttachments {
            id: files

            x: 12
            y: editBar.visible ? editBar.height + 10 : 12
            width: parent.width - 24
            windowState: root.windowState
            onLeaveRequested: input.forceActiveFocus()
        }

        IconButton {
            id: attach

            objectName: "attach"
            x: 9
            anchors.bottom: parent.bottom
            anchors.bottomMargin: 10
            implicitWidth: 36
            implicitHeight: 36
            label: qsTr("Add files")
            shortcutText: "Ctrl+O"
            iconName: "paperclip"
            onClicked: root.attachRequested()
        }

        Flickable {
            id: scroller

            anchors.left: attach.right
            anchors.leftMargin: 4
            anchors.right: sendButton.left
            anchors.rightMargin: 8
            anchors.bottom: parent.bottom
            anchors.bottomMargin: 10
            height: Math.min(Math.max(36, input.implicitHeight), 8 * 22 + 14)
            boundsBehavior: Flickable.StopAtBounds
            interactive: false
            clip: true

            contentWidth: width
            contentHeight: input.height

            TextArea {
                id: input

                objectName: "composerInput"
                focus: true
                width: scroller.width
                height: Math.max(implicitHeight, scroller.height)
                padding: 0
                topPadding: 8
                bottomPadding: 8
                leftPadding: 2
                rightPadding: 2
                wrapMode: TextEdit.Wrap
                textFormat: TextEdit.PlainText
                selectByMouse: true
                persistentSelection: false
                placeholderText: qsTr("Ask a question, or drop files")
                placeholderTextColor: Theme.faintText
                color: Theme.text
                selectionColor: Theme.selection
                selectedTextColor: Theme.text
                font.family: Theme.family
                font.pixelSize: Theme.body
                background: null
                Accessible.role: Accessible.EditableText
                Accessible.name: qsTr("Your message")
                Accessible.description: root.whyNot
                KeyNavigation.priority: KeyNavigation.BeforeItem
                KeyNavigation.tab: sendButton.enabled ? sendButton : sendButton.nextItemInFocusChain()

                onCursorRectangleChanged: {
                    const top = cursorRectangle.y - 8;
                    const bottom = cursorRectangle.y + cursorRectangle.height + 8;
                    if (top < scroller.contentY)
                        scroller.contentY = Math.max(0, top);
                    else if (bottom > scroller.contentY + scroller.height)
                        scroller.contentY = bottom - scroller.height;
                }

                Keys.onPressed: event => {
                    const enter = event.key === Qt.Key_Return || event.key === Qt.Key_Enter;
                    if (enter && (event.modifiers & (Qt.ShiftModifier | Qt.AltModifier))) {
                        input.insert(input.cursorPosition, "\n");
                        event.accepted = true;
                    } else if (enter) {
                        root.send();
                        event.accepted = true;
                    } else if (event.key === Qt.Key_Escape && root.windowState.answering) {
                        root.windowState.stopRequested();
                        event.accepted = true;
                    } else if (event.key === Qt.Key_Escape && root.editing) {
                        root.windowState.editCancelled();
                        event.accepted = true;
                    } else if (event.matches(StandardKey.Paste)) {
                        event.accepted = root.windowState.pasteIntoDraft();
                    } else if (event.key === Qt.Key_PageUp || event.key === Qt.Key_PageDown) {
                        root.scrollRequested(event.key === Qt.Key_PageUp ? -1 : 1);
                        event.accepted = true;
                    } else if (event.key === Qt.Key_Up && input.length === 0 && files.count > 0) {
                        files.enter();
                        event.accepted = true;
                    } else if (event.key === Qt.Key_Up && input.length === 0) {
                        event.accepted = root.editLast();
                    }
                }

                TextMenu {
                    edit: input
                    windowState: root.windowState
                }
            }
            ScrollBar.vertical: ThinScrollBar {}
            WheelHandler {
                target: null
                onWheel: event => {
                    const limit = Math.max(0, scroller.contentHeight - scroller.height);
                    scroller.contentY = Math.max(0, Math.min(limit, scroller.contentY - event.angleDelta.y / 3));
                }
            }
        }

        AbstractButton {
            id: sendButton

            readonly property bool stops: root.windowState.answering
            readonly property string label: stops ? qsTr("Stop the answer") : qsTr("Send")

            objectName: "sendButton"
            anchors.right: parent.right
            anchors.rightMargin: 10
            anchors.bottom: parent.bottom
            anchors.bottomMargin: 10
            width: 36
            height: 36
            enabled: stops || (root.hasText && root.windowState.canSend)
            focusPolicy: Qt.StrongFocus
            hoverEnabled: true
            Accessible.role: Accessible.Button
            Accessible.name: label
            Accessible.description: root.whyNot
            Keys.onReturnPressed: clicked()
            Keys.onEscapePressed: if (stops)
                root.windowState.stopRequested()
            onClicked: {
                if (stops)
                    root.windowState.stopRequested();
                else
                    root.send();
                input.forceActiveFocus();
            }

            Item {

                anchors.fill: parent
                Icon {
                    anchors.centerIn: parent
                    name: sendButton.stops ? "stop" : "arrow-up"
                    color: sendButton.enabled ? Theme.accentInk : Theme.faintText
                }
            }
            background: Rectangle {
                radius: 18
                color: !sendButton.enabled ? Theme.hover : sendButton.hovered ? Theme.accentHover : Theme.accent

                FocusRing {
                    targetRadius: 18
                    visible: sendButton.visualFocus
                }
            }

            Tip {
                target: sendButton
                wanted: sendButton.hovered || sendButton.visualFocus
                text: sendButton.stops ? sendButton.label + "  (Esc)" : root.whyNot !== "" ? root.whyNot : sendButton.label + "  (Enter)"
            }
        }
    }

    Text {
        id: hint

        objectName: "composerHint"
        anchors.top: frame.bottom
        anchors.topMargin: 6
        x: 14
        width: parent.width - 28
        visible: text !== "" && (root.hasText || root.windowState.readingFiles || root.windowState.modelLoading)
        text: root.whyNot
        textFormat: Text.PlainText
        elide: Text.ElideRight
        font.family: Theme.family
        font.pixelSize: Theme.small
        color: Theme.secondaryText
    }
}
