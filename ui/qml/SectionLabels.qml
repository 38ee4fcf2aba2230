// SPDX-License-Identifier: Apache-2.0
// The date above a group of conversations. In a file of its own: a list cannot make section
// labels from a bound component (Qt 6.4).
import QtQuick
import Lectern

QtObject {
    property Component label: Component {
        Text {
            required property string section

            height: 34
            leftPadding: 10
            bottomPadding: 6
            verticalAlignment: Text.AlignBottom
            text: section
            font.family: Theme.family
            font.pixelSize: Theme.small
            font.weight: Font.Medium
            color: Theme.faintText
        }
    }
}
