// SPDX-License-Identifier: Apache-2.0
// The line under the composer: the model, what runs now, the speed, and how full the context is.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

Item {
    id: line

    required property WindowState windowState
    readonly property bool roomy: width > 620

    signal modelsRequested

    implicitHeight: 34

    AbstractButton {
        id: model

        objectName: "modelButton"
        anchors.verticalCenter: parent.verticalCenter
        x: 4
        height: 28
        width: caption.width + 39
        focusPolicy: Qt.StrongFocus
        hoverEnabled: true
        Accessible.role: Accessible.Button
        Accessible.name: qsTr("Model: %1").arg(caption.text)
        Accessible.description: line.windowState.demonstrationModel ? qsTr("A demonstration model. Choose a real one here.") : qsTr("Choose another model here.")
        Keys.onReturnPressed: clicked()
        onClicked: line.modelsRequested()

        HoverHandler {
            cursorShape: Qt.PointingHandCursor
        }

        Row {
            x: 8
            height: parent.height
            spacing: 7

            Icon {
                anchors.verticalCenter: parent.verticalCenter
                name: line.windowState.modelError !== "" ? "warning" : "chip"
                width: 16
                height: 16
                color: line.windowState.modelError !== "" ? Theme.danger : Theme.secondaryText
            }
            Text {
                id: caption

                anchors.verticalCenter: parent.verticalCenter
                width: Math.min(implicitWidth, line.width * 0.42 - 40)
                text: line.windowState.modelLoading ? (line.windowState.modelProgress < 0 ? qsTr("Loading the model…") : qsTr("Loading the model, %1 %").arg(Math.round(line.windowState.modelProgress * 100)))
                    : line.windowState.demonstrationModel ? qsTr("Built-in model") // the badge says the rest
                    : line.windowState.modelName !== "" ? line.windowState.modelName : qsTr("No model")
                textFormat: Text.PlainText
                elide: Text.ElideMiddle
                font.family: Theme.family
                font.pixelSize: Theme.small
                font.weight: Font.Medium
                color: Theme.text
            }
        }
        background: Rectangle {
            radius: 8
            color: model.down ? Theme.pressed : model.hovered ? Theme.hover : "transparent"

            FocusRing {
                anchors.margins: 0
                targetRadius: 5
                visible: model.visualFocus
            }
        }

        Tip {
            target: model
            wanted: model.hovered
            text: line.windowState.modelDetail === "" ? qsTr("Choose a model") : line.windowState.modelDetail
        }
    }

    Rectangle {
        id: badge

        visible: line.windowState.demonstrationModel && !line.windowState.modelLoading
        anchors.left: model.right
        anchors.leftMargin: 2
        anchors.verticalCenter: parent.verticalCenter
        width: badgeText.implicitWidth + 16
        height: 20
        radius: 10
        color: Theme.warningSoft

        Text {
            id: badgeText

            anchors.centerIn: parent
            text: line.width > 560 ? qsTr("demonstration model, makes mistakes") : qsTr("demonstration")
            font.family: Theme.family
            font.pixelSize: 11
            font.weight: Font.Medium
            color: Theme.warning
        }
    }

    Item {
        id: activity

        anchors.left: badge.visible ? badge.right : model.right
        anchors.leftMargin: 12
        anchors.right: figures.left
        anchors.rightMargin: 12
        height: parent.height
        visible: line.windowState.activity !== "" && width > 60
        Accessible.role: Accessible.StaticText
        Accessible.name: activityText.text

        Text {
            id: activityText

            anchors.verticalCenter: parent.verticalCenter
            anchors.right: progress.visible ? progress.left : parent.right
            anchors.rightMargin: progress.visible ? 10 : 0
            width: Math.min(implicitWidth, parent.width - (progress.visible ? progress.width + 10 : 0))
            text: line.windowState.activity
            textFormat: Text.PlainText
            elide: Text.ElideRight
            font.family: Theme.family
            font.pixelSize: Theme.small
            color: Theme.secondaryText
        }
        ThinProgress {
            id: progress

            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            visible: activity.width > 170
            width: Math.min(110, parent.width * 0.3)
            value: line.windowState.activityProgress
        }
    }

    Row {
        id: figures

        anchors.right: parent.right
        anchors.rightMargin: 12
        anchors.verticalCenter: parent.verticalCenter
        spacing: 14

        Text {
            anchors.verticalCenter: parent.verticalCenter
            visible: line.windowState.tokensPerSecond > 0 && (line.roomy || line.windowState.activity === "")
            text: {
                const speed = line.windowState.tokensPerSecond;
                return qsTr("%1 tok/s").arg(Number(speed).toLocaleString(Qt.locale(), "f", speed < 10 ? 1 : 0));
            }
            font.family: Theme.family
            font.pixelSize: Theme.small
            color: Theme.secondaryText
        }
        ContextGauge {
            anchors.verticalCenter: parent.verticalCenter
            visible: line.windowState.contextSize > 0
            used: line.windowState.contextUsed
            size: line.windowState.contextSize
        }
    }
}
