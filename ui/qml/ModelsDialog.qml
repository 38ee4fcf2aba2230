// SPDX-License-Identifier: Apache-2.0
// Which model answers: the current one, why another did not load, and choosing files.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

DialogFrame {
    id: dialog

    required property WindowState windowState
    property url modelFile
    property url visionFile

    function fileName(file) {
        const path = decodeURIComponent(String(file));
        return path.slice(path.lastIndexOf("/") + 1);
    }

    title: qsTr("Model")
    onAboutToShow: {
        modelFile = "";
        visionFile = "";
    }

    Column {
        width: parent.width
        spacing: 12

        Rectangle {
            width: parent.width
            height: current.height + 32
            radius: 12
            color: Theme.well
            border.color: Theme.border

            Column {
                id: current

                x: 16
                y: 16
                width: parent.width - 32
                spacing: 5

                Text {
                    width: parent.width
                    text: dialog.windowState.modelName !== "" ? dialog.windowState.modelName : qsTr("No model")
                    textFormat: Text.PlainText
                    elide: Text.ElideMiddle
                    font.family: Theme.family
                    font.pixelSize: 15
                    font.weight: Font.Medium
                    color: Theme.text
                }
                Text {
                    width: parent.width
                    visible: text !== ""
                    text: dialog.windowState.modelDetail
                    textFormat: Text.PlainText
                    wrapMode: Text.Wrap
                    lineHeight: 1.3
                    font.family: Theme.family
                    font.pixelSize: Theme.ui
                    color: Theme.secondaryText
                }
                Text {
                    width: parent.width
                    visible: dialog.windowState.modelName !== ""
                    text: (dialog.windowState.modelSeesImages ? qsTr("Reads text and looks at pictures.") : qsTr("Reads text only: pictures and clips need a vision file."))
                          + (dialog.windowState.demonstrationModel ? " " + qsTr("It is a small demonstration and makes mistakes.") : "")
                    wrapMode: Text.Wrap
                    lineHeight: 1.3
                    font.family: Theme.family
                    font.pixelSize: Theme.ui
                    color: Theme.secondaryText
                }
                ThinProgress {
                    width: parent.width
                    visible: dialog.windowState.modelLoading
                    value: dialog.windowState.modelProgress
                }
            }
        }
        Rectangle {
            visible: dialog.windowState.modelError !== ""
            width: parent.width
            height: Math.max(44, problem.height + 24)
            radius: 12
            color: Theme.dangerSoft

            Icon {
                x: 14
                y: 12
                name: "warning"
                color: Theme.danger
            }
            Text {
                id: problem

                objectName: "modelError"
                x: 46
                y: 12
                width: parent.width - 62
                text: dialog.windowState.modelError
                textFormat: Text.PlainText
                wrapMode: Text.Wrap
                lineHeight: 1.3
                font.family: Theme.family
                font.pixelSize: Theme.ui
                color: Theme.danger
                Accessible.role: Accessible.AlertMessage
                Accessible.name: text
            }
        }

        Text {
            width: parent.width
            text: qsTr("Use another model")
            font.family: Theme.family
            font.pixelSize: Theme.ui
            font.weight: Font.DemiBold
            color: Theme.text
        }
        FileChoice {
            width: parent.width
            caption: qsTr("Model file (GGUF)")
            chosen: dialog.fileName(dialog.modelFile)
            buttonText: qsTr("Choose model…")
            buttonName: "chooseModel"
            onRequested: modelDialog.open()
        }
        FileChoice {
            width: parent.width
            caption: qsTr("Vision file (mmproj GGUF), to look at pictures and clips; optional")
            chosen: dialog.fileName(dialog.visionFile)
            buttonText: qsTr("Choose vision file…")
            buttonName: "chooseVision"
            onRequested: visionDialog.open()
        }
        Row {
            anchors.right: parent.right
            spacing: 10

            TextButton {
                objectName: "useBuiltIn"
                text: qsTr("Use built-in model")
                enabled: !dialog.windowState.modelLoading && (!dialog.windowState.demonstrationModel || dialog.windowState.modelName === "")
                onClicked: dialog.windowState.modelChosen("", "")
            }
            TextButton {
                objectName: "useChosen"
                text: qsTr("Use this model")
                primary: true
                enabled: !dialog.windowState.modelLoading && String(dialog.modelFile) !== ""
                onClicked: dialog.windowState.modelChosen(dialog.modelFile, dialog.visionFile)
            }
        }
    }

    FilePicker {
        id: modelDialog

        title: qsTr("Choose a model file")
        nameFilters: ["*.gguf"]
        acceptText: qsTr("Choose")
        onAccepted: files => {
            dialog.modelFile = files[0];
            visionDialog.folder = folder; // it mostly lies beside the model
        }
    }
    FilePicker {
        id: visionDialog

        title: qsTr("Choose a vision file")
        nameFilters: ["*.gguf"]
        acceptText: qsTr("Choose")
        onAccepted: files => dialog.visionFile = files[0]
    }
}
