// SPDX-License-Identifier: Apache-2.0
// A slider with its value beside it; tells the value when it is let go.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

Item {
    id: control

    required property string label // for screen readers
    required property real value
    property real most: 1
    property real step: 0.05

    signal chosen(real value)

    implicitWidth: 236
    implicitHeight: 34

    Slider {
        id: slider

        objectName: "slider"
        width: parent.width - 44
        height: parent.height
        from: 0
        to: control.most
        stepSize: control.step
        snapMode: Slider.SnapAlways
        value: control.value
        focusPolicy: Qt.StrongFocus
        Accessible.role: Accessible.Slider
        Accessible.name: control.label
        onPressedChanged: if (!pressed)
            settle()
        onMoved: if (!pressed)
            settle()

        function settle() {
            const rounded = Number(value.toFixed(2));
            if (rounded !== Number(control.value.toFixed(2)))
                control.chosen(rounded);
        }

        background: Rectangle {
            x: slider.leftPadding
            y: Math.round(slider.height / 2 - 2)
            width: slider.availableWidth
            height: 4
            radius: 2
            color: Theme.strongBorder

            Rectangle {
                width: slider.visualPosition * parent.width
                height: parent.height
                radius: 2
                color: Theme.accent
            }
        }
        handle: Rectangle {
            x: slider.leftPadding + slider.visualPosition * (slider.availableWidth - width)
            y: Math.round(slider.height / 2 - height / 2)
            width: 18
            height: 18
            radius: 9
            color: slider.pressed ? Theme.accentHover : Theme.accent
            border.width: 3
            border.color: Theme.raised

            FocusRing {
                targetRadius: 9
                visible: slider.visualFocus
            }
        }
    }
    Text {
        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        text: Number(slider.value).toLocaleString(Qt.locale("C"), "f", 2)
        font.family: Theme.family
        font.pixelSize: Theme.ui
        color: Theme.text
    }
}
