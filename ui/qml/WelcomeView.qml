// SPDX-License-Identifier: Apache-2.0
// What an empty conversation shows: what Lectern is, what to do first, what the model is.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

Flickable {
    id: view

    required property WindowState windowState

    readonly property bool compact: height < 460

    signal modelsRequested
    signal attachRequested

    contentWidth: width
    contentHeight: Math.max(height, column.height + (compact ? 16 : 48))
    boundsBehavior: Flickable.StopAtBounds
    clip: true

    Column {
        id: column

        width: Math.min(parent.width - 48, view.compact ? 600 : 520)
        anchors.horizontalCenter: parent.horizontalCenter
        y: Math.max(view.compact ? 4 : 24, Math.round((view.contentHeight - height) * 0.44))
        spacing: 0

        Image {
            visible: !view.compact
            source: "icons/lectern.svg"
            width: 56
            height: 56
            sourceSize.width: 56
            sourceSize.height: 56
            Accessible.ignored: true
        }
        Item {
            width: 1
            height: view.compact ? 0 : 22
        }
        Text {
            width: parent.width
            text: qsTr("Ask about your files")
            font.family: Theme.family
            font.pixelSize: view.compact ? 22 : 28
            font.weight: Font.DemiBold
            font.letterSpacing: -0.4
            color: Theme.text
            wrapMode: Text.Wrap
            Accessible.role: Accessible.Heading
            Accessible.name: text
        }
        Item {
            width: 1
            height: view.compact ? 6 : 10
        }
        Text {
            width: parent.width
            text: qsTr("Lectern reads documents, looks at pictures and watches clips with a model that runs on this computer. Nothing you drop here leaves it.")
            wrapMode: Text.Wrap
            lineHeight: 1.45
            font.family: Theme.family
            font.pixelSize: Theme.body
            color: Theme.secondaryText
        }
        Item {
            width: 1
            height: view.compact ? 12 : 24
        }

        AbstractButton {
            id: dropCard

            objectName: "welcomeAttach"
            width: parent.width
            height: view.compact ? 56 : 72
            focusPolicy: Qt.StrongFocus
            hoverEnabled: true
            Accessible.role: Accessible.Button
            Accessible.name: qsTr("Choose files to add")
            Keys.onReturnPressed: clicked()
            onClicked: view.attachRequested()

            HoverHandler {
                cursorShape: Qt.PointingHandCursor
            }

            Item {

                anchors.fill: parent
                Icon {
                    id: dropIcon

                    x: 20
                    anchors.verticalCenter: parent.verticalCenter
                    name: "drop"
                    width: 24
                    height: 24
                    color: Theme.accentText
                }
                Column {
                    anchors.left: dropIcon.right
                    anchors.leftMargin: 16
                    anchors.right: parent.right
                    anchors.rightMargin: 16
                    anchors.verticalCenter: parent.verticalCenter
                    spacing: 3

                    Text {
                        width: parent.width
                        elide: Text.ElideRight
                        text: qsTr("Drop files or a folder anywhere in this window")
                        font.family: Theme.family
                        font.pixelSize: 14
                        font.weight: Font.Medium
                        color: Theme.text
                    }
                    Text {
                        width: parent.width
                        elide: Text.ElideRight
                        text: qsTr("documents, pictures, short clips – or click to choose them")
                        font.family: Theme.family
                        font.pixelSize: Theme.ui
                        color: Theme.secondaryText
                    }
                }
            }
            background: Rectangle {
                radius: 14
                color: dropCard.hovered ? Theme.hover : Theme.well
                border.color: Theme.border

                FocusRing {
                    targetRadius: 14
                    visible: dropCard.visualFocus
                }
            }
        }
        Item {
            width: 1
            height: 12
            visible: view.windowState.demonstrationModel
        }
        Rectangle {
            visible: view.windowState.demonstrationModel
            width: parent.width
            height: demo.height + 2 * demo.y
            radius: 14
            color: Theme.warningSoft

            Icon {
                x: 20
                y: demo.y + 1
                width: 24
                height: 24
                name: "info"
                color: Theme.warning
            }
            Column {
                id: demo

                x: 60
                y: view.compact ? 12 : 16
                width: parent.width - 80
                spacing: 10

                Text {
                    width: parent.width
                    wrapMode: Text.Wrap
                    lineHeight: 1.4
                    text: qsTr("The built-in model is a small demonstration. It shows how Lectern works and often makes mistakes, so don't rely on its answers. For real work, choose a Llama 4 class model file (GGUF).")
                    font.family: Theme.family
                    font.pixelSize: Theme.ui
                    color: Theme.text
                }
                TextButton {
                    objectName: "welcomeModels"
                    text: qsTr("Choose a real model…")
                    iconName: "chip"
                    onClicked: view.modelsRequested()
                }
            }
        }
    }
    ScrollBar.vertical: ThinScrollBar {}
}
