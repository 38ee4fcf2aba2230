// SPDX-License-Identifier: Apache-2.0
// How much of the model's context is used, as a bar and in numbers.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

Item {
    id: gauge

    required property int used
    required property int size
    readonly property real share: size > 0 ? Math.min(1, used / size) : 0

    function brief(tokens) {
        return tokens < 10000 ? Number(tokens).toLocaleString(Qt.locale(), "f", 0)
                              : qsTr("%1k").arg(Number(tokens / 1000).toLocaleString(Qt.locale(), "f", 0));
    }

    implicitWidth: row.implicitWidth
    implicitHeight: 24
    Accessible.role: Accessible.ProgressBar
    Accessible.name: qsTr("Context: %1 of %2 tokens used").arg(used).arg(size)

    HoverHandler {
        id: hover
    }
    Row {
        id: row

        anchors.verticalCenter: parent.verticalCenter
        spacing: 8

        Rectangle {
            anchors.verticalCenter: parent.verticalCenter
            width: 44
            height: 5
            radius: 2.5
            color: Theme.border

            Rectangle {
                width: gauge.used > 0 ? Math.max(4, parent.width * gauge.share) : 0
                height: parent.height
                radius: 2.5
                color: gauge.share > 0.9 ? Theme.danger : gauge.share > 0.75 ? Theme.warning : Theme.accent
            }
        }
        Text {
            anchors.verticalCenter: parent.verticalCenter
            text: qsTr("%1 / %2").arg(gauge.brief(gauge.used)).arg(gauge.brief(gauge.size))
            font.family: Theme.family
            font.pixelSize: Theme.small
            color: Theme.secondaryText
        }
    }
    Tip {
        target: gauge
        wanted: hover.hovered
        text: qsTr("%1 of %2 tokens of the model's context are used by this conversation and its files.")
            .arg(Number(gauge.used).toLocaleString(Qt.locale(), "f", 0))
            .arg(Number(gauge.size).toLocaleString(Qt.locale(), "f", 0))
    }
}
