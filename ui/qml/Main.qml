// SPDX-License-Identifier: Apache-2.0
// The window.
import QtQuick
import Lectern

Window {
    id: root

    required property WindowState windowState

    width: 1280
    height: 800
    minimumWidth: 720
    minimumHeight: 480
    visible: true
    title: qsTr("Lectern")
}
