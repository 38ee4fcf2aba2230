// SPDX-License-Identifier: Apache-2.0
// One of our stroke icons, in any colour.
import QtQuick
import QtQuick.Controls.impl

Item {
    id: icon

    property string name
    property alias color: image.color

    width: 20
    height: 20

    IconImage {
        id: image

        anchors.fill: parent
        source: icon.name === "" ? "" : "icons/" + icon.name + ".svg"
        sourceSize.width: icon.width
        sourceSize.height: icon.height
    }
}
