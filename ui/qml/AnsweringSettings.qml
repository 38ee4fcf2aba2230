// SPDX-License-Identifier: Apache-2.0
// How the model answers: how freely it chooses words, and how long it may go on.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

Column {
    id: section

    required property var values // WindowState.settings

    signal chosen(string name, var value)
    signal resetRequested

    width: parent?.width ?? 0
    spacing: 10

    SettingHeading {
        text: qsTr("Answering")

        // As wide as the fields below, so that its edge is theirs.
        TextButton {
            objectName: "resetAnswering"
            implicitWidth: 112
            implicitHeight: 34
            text: qsTr("Reset")
            enabled: !(section.values.answeringIsDefault ?? true)
            Accessible.name: qsTr("Reset how the model answers")
            onClicked: section.resetRequested()
        }
    }
    SettingRow {
        label: qsTr("Temperature")
        hint: qsTr("Lower repeats itself exactly, higher is more varied. 0 always takes the likeliest word.")

        ValueSlider {
            objectName: "temperature"
            label: qsTr("Temperature")
            value: section.values.temperature ?? 0
            most: 2
            onChosen: value => section.chosen("temperature", value)
        }
    }
    SettingRow {
        label: qsTr("Top-p")
        hint: qsTr("Chooses among the likeliest words that together reach this share. 1: among all.")

        NumberField {
            objectName: "topP"
            label: qsTr("Top-p")
            value: section.values.topP ?? 1
            least: 0.01
            most: 1
            step: 0.05
            decimals: 2
            onChosen: value => section.chosen("topP", value)
        }
    }
    SettingRow {
        label: qsTr("Top-k")
        hint: qsTr("Chooses among this many words at most. 0: among all.")

        NumberField {
            objectName: "topK"
            label: qsTr("Top-k")
            value: section.values.topK ?? 0
            most: 1000
            onChosen: value => section.chosen("topK", value)
        }
    }
    SettingRow {
        label: qsTr("Min-p")
        hint: qsTr("Leaves out words less likely than this share of the likeliest one. 0: none.")

        NumberField {
            objectName: "minP"
            label: qsTr("Min-p")
            value: section.values.minP ?? 0
            most: 1
            step: 0.01
            decimals: 2
            onChosen: value => section.chosen("minP", value)
        }
    }
    SettingRow {
        label: qsTr("Repetition penalty")
        hint: qsTr("Above 1, words that were just used become less likely.")

        NumberField {
            objectName: "repetitionPenalty"
            label: qsTr("Repetition penalty")
            value: section.values.repetitionPenalty ?? 1
            least: 0.5
            most: 2
            step: 0.05
            decimals: 2
            onChosen: value => section.chosen("repetitionPenalty", value)
        }
    }
    SettingRow {
        label: qsTr("Longest answer")
        hint: qsTr("In tokens; about four letters each.")

        NumberField {
            objectName: "maxTokens"
            label: qsTr("Longest answer in tokens")
            value: section.values.maxTokens ?? 1024
            least: 1
            most: 1048576
            step: 256
            onChosen: value => section.chosen("maxTokens", value)
        }
    }
}
