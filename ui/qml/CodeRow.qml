// SPDX-License-Identifier: Apache-2.0
// A code block of an answer: language, copy button, and the code, which scrolls sideways.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

BlockFrame {
    id: row

    required property string plain
    required property string language
    property WindowState windowState

    gap: 14
    contentHeight: panel.height
    selectable: code
    found: highlighter

    // Scrolls sideways to a place of the code.
    function showPlace(position) {
        const x = code.positionToRectangle(position).x;
        if (x < scroller.contentX + 20 || x > scroller.contentX + scroller.width - 60)
            scroller.contentX = Math.max(0, Math.min(scroller.contentWidth - scroller.width, x - scroller.width / 3));
    }

    // Appends what is new instead of laying out everything again.
    function show() {
        const shown = code.shown;
        if (shown !== "" && plain.startsWith(shown))
            code.insert(code.length, plain.slice(shown.length));
        else
            code.text = plain;
        code.shown = plain;
    }
    onPlainChanged: show()
    Component.onCompleted: show()

    Rectangle {
        id: panel

        width: row.contentWidth
        height: bar.height + scroller.height
        radius: 10
        color: Theme.well
        border.color: Theme.border

        Item {
            id: bar

            width: parent.width
            height: 36

            Text {
                x: 14
                width: copyButton.x - x - 8
                anchors.verticalCenter: parent.verticalCenter
                elide: Text.ElideRight
                text: row.language === "" ? qsTr("Text") : row.language
                textFormat: Text.PlainText
                font.family: Theme.family
                font.pixelSize: Theme.small
                color: Theme.faintText
            }
            CopyButton {
                id: copyButton

                anchors.right: parent.right
                anchors.rightMargin: 5
                anchors.verticalCenter: parent.verticalCenter
                label: qsTr("Copy the code")
                onClicked: row.windowState.copyRequested(row.plain)
            }
        }
        Flickable {
            id: scroller

            anchors.top: bar.bottom
            x: 1
            width: parent.width - 2
            height: code.height + (overflows ? 10 : 4)
            contentWidth: code.width
            contentHeight: code.height
            flickableDirection: Flickable.HorizontalFlick
            boundsBehavior: Flickable.StopAtBounds
            interactive: false
            clip: true

            readonly property bool overflows: contentWidth > width + 1

            TextEdit {
                id: code

                property string shown

                width: Math.max(implicitWidth, scroller.width)
                leftPadding: 13
                rightPadding: 13
                bottomPadding: 10
                textFormat: TextEdit.PlainText
                readOnly: true
                selectByMouse: !(row.selection?.spanning ?? false)
                selectByKeyboard: true
                wrapMode: TextEdit.NoWrap
                color: Theme.text
                selectionColor: Theme.selection
                selectedTextColor: Theme.text
                font.family: Theme.monoFamily
                font.pixelSize: 13
                tabStopDistance: 32
                Accessible.role: Accessible.StaticText
                Accessible.name: row.language === "" ? qsTr("Code: %1").arg(row.plain)
                                                     : qsTr("%1 code: %2").arg(row.language).arg(row.plain)

                CodeHighlighter {
                    id: highlighter

                    textDocument: code.textDocument
                    find: row.find
                    row: row.index
                    language: row.language
                    colors: Theme.codeColors
                }
                HoverHandler {
                    cursorShape: Qt.IBeamCursor
                }
                TextMenu {
                    edit: code
                    selection: row.selection
                }
                SelectedPart {
                    edit: code
                    selection: row.selection
                    rowIndex: row.index
                }
            }
            ScrollBar.horizontal: ThinScrollBar {
                policy: scroller.overflows ? ScrollBar.AlwaysOn : ScrollBar.AlwaysOff
            }
            WheelHandler {
                orientation: Qt.Horizontal
                acceptedDevices: PointerDevice.Mouse | PointerDevice.TouchPad
                target: null
                onWheel: event => {
                    const limit = Math.max(0, scroller.contentWidth - scroller.width);
                    scroller.contentX = Math.max(0, Math.min(limit, scroller.contentX - event.angleDelta.x / 2));
                }
            }
        }
    }
}
