// SPDX-License-Identifier: Apache-2.0
// Section labels and end spaces of the lists. In a file of its own: Qt 6.4's lists cannot make
// these from a file with bound components.
import QtQuick
import Lectern

QtObject {
    property Component sectionLabel: Component {
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
    property Component startSpace: Component {
        Item {
            width: 1
            height: 12
        }
    }
    property Component endSpace: Component {
        Item {
            width: 1
            height: 28
        }
    }
}
