// SPDX-License-Identifier: Apache-2.0
// A few alternatives side by side, one of which holds.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

Rectangle {
    id: choice

    required property string label // for screen readers
    required property var options // of {name, label}
    required property string current

    signal chosen(string name)

    implicitWidth: row.width + 4
    implicitHeight: 34
    radius: 9
    color: Theme.well
    border.color: Theme.border
    Accessible.role: Accessible.Grouping
    Accessible.name: label

    Row {
        id: row

        x: 2
        y: 2

        Repeater {
            model: choice.options

            AbstractButton {
                id: option

                required property var modelData

                objectName: "choice-" + modelData.name
                width: Math.ceil(caption.implicitWidth) + 24
                height: 30
                checked: choice.current === modelData.name
                focusPolicy: Qt.StrongFocus
                Accessible.role: Accessible.RadioButton
                Accessible.name: choice.label + ": " + modelData.label
                Accessible.checked: checked
                Keys.onReturnPressed: clicked()
                onClicked: if (!checked)
                    choice.chosen(modelData.name)

                HoverHandler {
                    cursorShape: Qt.PointingHandCursor
                }

                Item {
                    anchors.fill: parent

                    Text {
                        id: caption

                        anchors.centerIn: parent
                        text: option.modelData.label
                        font.family: Theme.family
                        font.pixelSize: Theme.ui
                        font.weight: Font.Medium
                        color: option.checked ? Theme.accentText : Theme.secondaryText
                    }
                }
                background: Rectangle {
                    radius: 7
                    color: option.checked ? Theme.accentSoft : option.hovered ? Theme.hover : "transparent"
                    border.width: option.checked ? 1 : 0
                    border.color: Theme.accent

                    FocusRing {
                        targetRadius: 7
                        visible: option.visualFocus
                    }
                }
            }
        }
    }
}
