// SPDX-License-Identifier: Apache-2.0
// A thin progress line; below 0 the amount is unknown and it moves.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

Item {
    id: line

    property double value: 0
    readonly property bool unknown: value < 0

    implicitHeight: 3
    clip: true
    Accessible.role: Accessible.ProgressBar
    Accessible.name: unknown ? qsTr("Working") : qsTr("%1 %").arg(Math.round(value * 100))

    Rectangle {
        anchors.fill: parent
        radius: 1.5
        color: Theme.border
    }
    Rectangle {
        id: bar

        height: parent.height
        radius: 1.5
        color: Theme.accent
        width: line.unknown ? line.width * 0.3 : line.width * Math.max(0.02, Math.min(1, line.value))

        XAnimator on x {
            running: line.unknown && line.visible
            from: -line.width * 0.3
            to: line.width
            duration: 1400
            loops: Animation.Infinite
            onRunningChanged: if (!running)
                bar.x = 0
        }
    }
}
