// SPDX-License-Identifier: Apache-2.0
// One fact about this installation: its name on the left, what it is on the right.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

Item {
    id: fact

    required property string name
    required property string value
    property string detail
    property bool bad: false // something that a person should know

    width: parent?.width ?? 0
    implicitHeight: words.height
    Accessible.role: Accessible.StaticText
    Accessible.name: name + ": " + value + (detail === "" ? "" : ". " + detail)

    Text {
        width: 112
        text: fact.name
        font.family: Theme.family
        font.pixelSize: Theme.ui
        color: Theme.secondaryText
    }
    Column {
        id: words

        x: 124
        width: fact.width - x
        spacing: 2

        Text {
            objectName: "aboutFact"
            width: parent.width
            text: fact.value
            textFormat: Text.PlainText
            wrapMode: Text.Wrap
            lineHeight: 1.2
            font.family: Theme.family
            font.pixelSize: Theme.ui
            color: fact.bad ? Theme.warning : Theme.text
        }
        Text {
            width: parent.width
            visible: text !== ""
            text: fact.detail
            textFormat: Text.PlainText
            wrapMode: Text.Wrap
            lineHeight: 1.2
            font.family: Theme.family
            font.pixelSize: Theme.small
            color: Theme.secondaryText
        }
    }
}
