// SPDX-License-Identifier: Apache-2.0
// What this Lectern is: version, licence, model, what computes, where data lie, what protects them.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

DialogFrame {
    id: dialog

    required property WindowState windowState
    readonly property var about: windowState.about
    readonly property var refused: about.refused ?? []
    readonly property string gpuVersions: about.gpuVersions ?? ""
    readonly property bool usesGpu: gpuVersions !== "" && windowState.modelDevice.startsWith(about.gpu)

    title: qsTr("About Lectern")
    width: Math.min(560, (parent?.width ?? 640) - 48)
    onAboutToShow: windowState.aboutOpened()

    Column {
        width: parent.width
        spacing: 14

        Row {
            spacing: 14

            Image {
                source: "icons/lectern.svg"
                width: 44
                height: 44
                sourceSize.width: 44
                sourceSize.height: 44
                Accessible.ignored: true
            }
            Column {
                anchors.verticalCenter: parent.verticalCenter
                spacing: 3

                Text {
                    text: qsTr("Lectern %1").arg(dialog.about.version ?? "")
                    font.family: Theme.family
                    font.pixelSize: 15
                    font.weight: Font.DemiBold
                    color: Theme.text
                }
                Text {
                    text: qsTr("Free software under the Apache License 2.0")
                    font.family: Theme.family
                    font.pixelSize: Theme.ui
                    color: Theme.secondaryText
                }
            }
        }
        Rectangle {
            width: parent.width
            height: 1
            color: Theme.border
        }
        AboutFact {
            name: qsTr("Model")
            value: dialog.windowState.modelName !== "" ? dialog.windowState.modelName : qsTr("None is loaded")
            detail: dialog.windowState.modelDetail
        }
        AboutFact {
            name: qsTr("Computed on")
            visible: value !== ""
            value: dialog.windowState.modelDevice
            detail: dialog.windowState.whyNoGpu
        }
        AboutFact {
            name: qsTr("Graphics card")
            value: dialog.about.gpu ?? qsTr("Looking for one…")
            detail: dialog.gpuVersions === "" || dialog.usesGpu ? dialog.gpuVersions
                  : qsTr("%1. Not used: Lectern's part for it has not been tried on a real one yet.").arg(dialog.gpuVersions)
        }
        AboutFact {
            name: qsTr("Your data")
            visible: value !== ""
            value: dialog.about.dataFolder ?? ""
            detail: qsTr("Conversations, settings and copies of the files you add. Delete this folder, and they are gone.")
        }
        AboutFact {
            name: qsTr("Network")
            value: qsTr("Not used. Nothing you write or add leaves this computer.")
        }
        AboutFact {
            name: qsTr("Your files")
            bad: dialog.refused.length > 0
            value: dialog.about.refused === undefined ? qsTr("Checking how their reading is protected…")
                 : bad ? dialog.refused.join("\n")
                 : qsTr("Read in a process of their own that can reach neither other files nor the network.")
            detail: bad ? qsTr("Files are read in a process of their own. This system does not grant all of its protections; take care with files from strangers.") : ""
        }
    }
}
