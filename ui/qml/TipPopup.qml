// SPDX-License-Identifier: Apache-2.0
// What a Tip shows.
import QtQuick
import QtQuick.Controls.Basic
import Lectern

ToolTip {
    id: popup

    delay: 500
    padding: 8
    leftPadding: 10
    rightPadding: 10
    font.family: Theme.family
    font.pixelSize: Theme.small
    contentItem: Text {
        objectName: "tip"
        text: popup.text
        font: popup.font
        color: Theme.text
        textFormat: Text.PlainText
        wrapMode: Text.Wrap
    }
    contentWidth: Math.min(metrics.advanceWidth + 2, 320)
    background: Rectangle {
        radius: 8
        color: Theme.raised
        border.color: Theme.strongBorder
    }

    TextMetrics {
        id: metrics

        font: popup.font
        text: popup.text.split("\n").reduce((longest, line) => line.length > longest.length ? line : longest, "")
    }
}
