// SPDX-License-Identifier: Apache-2.0
// The settings: the colour scheme, how the model answers, how it is run.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

DialogFrame {
    id: dialog

    required property WindowState windowState

    signal modelsRequested
    signal shortcutsRequested
    signal aboutRequested

    readonly property var values: windowState.settings

    function choose(name, value) {
        windowState.settingChosen(name, value);
    }

    title: qsTr("Settings")
    width: Math.min(580, (parent?.width ?? 640) - 48)

    Column {
        width: parent.width
        spacing: 14

        SettingHeading {
            text: qsTr("Appearance")
        }
        Row {
            id: schemes

            width: parent.width
            spacing: 10

            Repeater {
                model: [
                    { name: "light", label: qsTr("Light"), icon: "sun" },
                    { name: "dark", label: qsTr("Dark"), icon: "moon" },
                    { name: "system", label: qsTr("System"), icon: "display" }
                ]

                AbstractButton {
                    id: option

                    required property var modelData
                    required property int index

                    objectName: "scheme-" + modelData.name
                    width: (schemes.width - 20) / 3
                    height: 70
                    checked: dialog.windowState.colorScheme === modelData.name
                    focus: checked
                    focusPolicy: Qt.StrongFocus
                    hoverEnabled: true
                    Accessible.role: Accessible.RadioButton
                    Accessible.name: modelData.label
                    Accessible.checked: checked
                    Keys.onReturnPressed: clicked()
                    onClicked: dialog.windowState.colorSchemeChosen(modelData.name)

                    Item {

                        anchors.fill: parent
                        Column {
                            anchors.centerIn: parent
                            spacing: 8

                            Icon {
                                anchors.horizontalCenter: parent.horizontalCenter
                                name: option.modelData.icon
                                width: 22
                                height: 22
                                color: option.checked ? Theme.accentText : Theme.secondaryText
                            }
                            Text {
                                anchors.horizontalCenter: parent.horizontalCenter
                                text: option.modelData.label
                                font.family: Theme.family
                                font.pixelSize: Theme.ui
                                font.weight: Font.Medium
                                color: option.checked ? Theme.accentText : Theme.text
                            }
                        }
                    }
                    background: Rectangle {
                        radius: 12
                        color: option.checked ? Theme.accentSoft : option.hovered ? Theme.hover : "transparent"
                        border.width: option.checked ? 1.5 : 1
                        border.color: option.checked ? Theme.accent : Theme.border

                        FocusRing {
                            targetRadius: 12
                            visible: option.visualFocus
                        }
                    }
                }
            }
        }
        Rectangle {
            width: parent.width
            height: 1
            color: Theme.border
        }
        AnsweringSettings {
            values: dialog.values
            onChosen: (name, value) => dialog.choose(name, value)
            onResetRequested: dialog.windowState.answeringResetRequested()
        }
        Rectangle {
            width: parent.width
            height: 1
            color: Theme.border
        }
        RunningSettings {
            values: dialog.values
            loading: dialog.windowState.modelLoading
            problem: dialog.windowState.modelError
            onChosen: (name, value) => dialog.choose(name, value)
        }
        Rectangle {
            width: parent.width
            height: 1
            color: Theme.border
        }
        Row {
            spacing: 10

            TextButton {
                text: qsTr("Model…")
                iconName: "chip"
                onClicked: {
                    dialog.close();
                    dialog.modelsRequested();
                }
            }
            TextButton {
                text: qsTr("Keyboard shortcuts…")
                iconName: "keyboard"
                onClicked: {
                    dialog.close();
                    dialog.shortcutsRequested();
                }
            }
            TextButton {
                objectName: "aboutLectern"
                text: qsTr("About Lectern…")
                iconName: "info"
                onClicked: {
                    dialog.close();
                    dialog.aboutRequested();
                }
            }
        }
    }
}
