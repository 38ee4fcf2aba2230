// SPDX-License-Identifier: Apache-2.0
// How the model is run: the memory for what it has read. A change loads it again.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

Column {
    id: section

    required property var values // WindowState.settings
    required property bool loading
    required property string problem // why it did not load with what was chosen

    signal chosen(string name, var value)

    width: parent?.width ?? 0
    spacing: 10

    SettingHeading {
        text: qsTr("Model and memory")

        Text {
            visible: section.loading
            height: 20
            verticalAlignment: Text.AlignVCenter
            text: qsTr("Loading the model…")
            font.family: Theme.family
            font.pixelSize: Theme.small
            color: Theme.secondaryText
        }
    }
    SettingRow {
        label: qsTr("Context length")
        hint: qsTr("Tokens of files and conversation it can hold. Automatic: as many as it was trained for and memory allows.")

        NumberField {
            objectName: "context"
            label: qsTr("Context length in tokens")
            placeholderText: qsTr("automatic")
            value: section.values.context ?? 0
            least: 512
            most: 10485760
            step: 4096
            whenEmpty: 0
            onChosen: value => section.chosen("context", value)
        }
    }
    SettingRow {
        label: qsTr("Precision of what was read")
        hint: section.values.kv === "q4_0" ? qsTr("A good quarter of the memory; details of long files may be confused.")
            : section.values.kv === "q8_0" ? qsTr("About half the memory, hardly a difference.")
            : qsTr("The most exact, and the most memory.")

        SegmentedChoice {
            objectName: "kv"
            label: qsTr("Precision of what was read")
            options: [
                { name: "f16", label: qsTr("16 bit") },
                { name: "q8_0", label: qsTr("8 bit") },
                { name: "q4_0", label: qsTr("4 bit") }
            ]
            current: section.values.kv ?? "f16"
            onChosen: name => section.chosen("kv", name)
        }
    }
    SettingRow {
        label: qsTr("Weights")
        hint: section.values.weights === "mapped" ? qsTr("Read from the file as needed: starts at once, takes no memory of its own, answers slower.")
            : section.values.weights === "packed" ? qsTr("Prepared in memory: takes a while to load, answers fastest.")
            : qsTr("Prepared in memory when there is room, else read from the file.")

        SegmentedChoice {
            objectName: "weights"
            label: qsTr("Weights")
            options: [
                { name: "automatic", label: qsTr("Automatic") },
                { name: "mapped", label: qsTr("Mapped") },
                { name: "packed", label: qsTr("Packed") }
            ]
            current: section.values.weights ?? "automatic"
            onChosen: name => section.chosen("weights", name)
        }
    }
    Text {
        objectName: "runningProblem"
        width: parent.width
        visible: text !== ""
        text: section.problem
        textFormat: Text.PlainText
        wrapMode: Text.Wrap
        font.family: Theme.family
        font.pixelSize: Theme.small
        color: Theme.danger
        Accessible.role: Accessible.AlertMessage
        Accessible.name: text
    }
}
