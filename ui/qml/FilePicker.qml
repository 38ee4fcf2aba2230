// SPDX-License-Identifier: Apache-2.0
// Choosing files in the window's own look: Qt's fallback dialog cannot be themed (its path bar stays white).
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import QtCore
import Qt.labs.folderlistmodel
import Lectern

DialogFrame {
    id: picker

    property alias folder: files.folder
    property var nameFilters: ["*"]
    property bool multiple: false
    property string acceptText: qsTr("Open")
    property var chosen: [] // urls

    signal accepted(var files)

    function isChosen(file) {
        return chosen.some(one => String(one) === String(file));
    }

    function choose(file, toggle) {
        if (!toggle || !multiple)
            chosen = [file];
        else if (isChosen(file))
            chosen = chosen.filter(one => String(one) !== String(file));
        else
            chosen = chosen.concat([file]);
    }

    function openFolder(folder) {
        chosen = [];
        files.folder = folder;
        list.currentIndex = -1;
        list.forceActiveFocus();
    }

    function goUp() {
        if (String(files.parentFolder) !== "")
            openFolder(files.parentFolder);
    }

    // Opens a folder; takes a file.
    function activate(index) {
        if (index < 0)
            return;
        const file = files.get(index, "fileUrl");
        if (files.get(index, "fileIsDir")) {
            openFolder(file);
        } else {
            if (!isChosen(file))
                choose(file, false);
            accept();
        }
    }

    function accept() {
        if (chosen.length === 0)
            return;
        const result = chosen;
        close();
        accepted(result);
    }

    width: Math.min(720, (parent?.width ?? 720) - 48)
    onAboutToShow: chosen = []
    onOpened: list.forceActiveFocus()

    FolderListModel {
        id: files

        folder: StandardPaths.writableLocation(StandardPaths.HomeLocation)
        nameFilters: picker.nameFilters
        caseSensitive: false
        showDirsFirst: true
        showOnlyReadable: true
        showDotAndDotDot: false
    }

    Item {
        width: parent.width
        height: Math.max(200, Math.min(440, (picker.parent?.height ?? 560) - 130))

        Row {
            id: pathRow

            width: parent.width
            height: 36
            spacing: 8

            IconButton {
                id: upButton

                objectName: "folderAbove"
                label: qsTr("Go to the folder above")
                iconName: "arrow-up"
                enabled: String(files.parentFolder) !== ""
                onClicked: picker.goUp()
            }
            LineField {
                objectName: "folderField"
                width: parent.width - upButton.width - 8
                height: 34
                text: decodeURIComponent(String(files.folder).replace(/^file:\/\//, ""))
                Accessible.name: qsTr("Folder")
                Keys.onReturnPressed: picker.openFolder("file://" + encodeURI(text))
            }
        }

        Column {
            id: places

            anchors.top: pathRow.bottom
            anchors.topMargin: 10
            width: 148
            spacing: 1

            Repeater {
                model: [
                    { label: qsTr("Home"), icon: "home", place: StandardPaths.HomeLocation },
                    { label: qsTr("Desktop"), icon: "display", place: StandardPaths.DesktopLocation },
                    { label: qsTr("Documents"), icon: "file", place: StandardPaths.DocumentsLocation },
                    { label: qsTr("Downloads"), icon: "drop", place: StandardPaths.DownloadLocation },
                    { label: qsTr("Pictures"), icon: "image", place: StandardPaths.PicturesLocation },
                    { label: qsTr("Videos"), icon: "video", place: StandardPaths.MoviesLocation }
                ]

                AbstractButton {
                    id: place

                    required property var modelData
                    readonly property url target: StandardPaths.writableLocation(modelData.place)

                    width: places.width
                    height: 34
                    focusPolicy: Qt.StrongFocus
                    text: modelData.label
                    Accessible.role: Accessible.Button
                    Accessible.name: text
                    Keys.onReturnPressed: clicked()
                    onClicked: picker.openFolder(target)

                    Icon {
                        id: placeIcon

                        x: 10
                        anchors.verticalCenter: parent.verticalCenter
                        width: 18
                        height: 18
                        name: place.modelData.icon
                        color: Theme.secondaryText
                    }
                    Text {
                        anchors.left: placeIcon.right
                        anchors.leftMargin: 9
                        anchors.right: parent.right
                        anchors.verticalCenter: parent.verticalCenter
                        elide: Text.ElideRight
                        text: place.text
                        font.family: Theme.family
                        font.pixelSize: Theme.ui
                        color: Theme.text
                    }
                    background: Rectangle {
                        radius: 8
                        color: String(files.folder) === String(place.target) ? Theme.selected : place.hovered ? Theme.hover : "transparent"

                        FocusRing {
                            anchors.margins: 0
                            targetRadius: 5
                            visible: place.visualFocus
                        }
                    }
                }
            }
        }

        Rectangle {
            anchors.fill: list
            anchors.margins: -1
            radius: 10
            color: Theme.well
            border.color: list.activeFocus ? Theme.accent : Theme.border
        }
        ListView {
            id: list

            objectName: "fileList"
            anchors.top: pathRow.bottom
            anchors.topMargin: 10
            anchors.left: places.right
            anchors.leftMargin: 12
            anchors.right: parent.right
            anchors.bottom: buttons.top
            anchors.bottomMargin: 14
            clip: true
            topMargin: 4
            bottomMargin: 4
            model: files
            boundsBehavior: Flickable.StopAtBounds
            keyNavigationEnabled: true
            activeFocusOnTab: true
            currentIndex: -1
            highlightMoveDuration: 0
            Accessible.role: Accessible.List
            Accessible.name: qsTr("Files and folders")
            Keys.onReturnPressed: picker.activate(currentIndex)
            Keys.onEnterPressed: picker.activate(currentIndex)
            Keys.onSpacePressed: {
                if (currentIndex >= 0 && !files.get(currentIndex, "fileIsDir"))
                    picker.choose(files.get(currentIndex, "fileUrl"), true);
            }
            Keys.onPressed: event => {
                if (event.key === Qt.Key_Backspace) {
                    picker.goUp();
                    event.accepted = true;
                }
            }

            delegate: FileRow {
                width: ListView.view.width
                chosen: picker.isChosen(fileUrl)
                onPicked: toggle => {
                    list.currentIndex = index;
                    list.forceActiveFocus();
                    if (fileIsDir)
                        picker.chosen = [];
                    else
                        picker.choose(fileUrl, toggle);
                }
                onActivated: picker.activate(index)
            }
            ScrollBar.vertical: ThinScrollBar {}

            Text {
                anchors.centerIn: parent
                visible: list.count === 0 && files.status === FolderListModel.Ready
                text: qsTr("Nothing to choose here")
                font.family: Theme.family
                font.pixelSize: Theme.ui
                color: Theme.faintText
            }
        }

        Row {
            id: buttons

            anchors.right: parent.right
            anchors.bottom: parent.bottom
            spacing: 10

            TextButton {
                text: qsTr("Cancel")
                onClicked: picker.close()
            }
            TextButton {
                objectName: "acceptFiles"
                primary: true
                enabled: picker.chosen.length > 0
                text: picker.chosen.length > 1 ? qsTr("%1 (%2)").arg(picker.acceptText).arg(picker.chosen.length) : picker.acceptText
                onClicked: picker.accept()
            }
        }
        Text {
            anchors.left: list.left
            anchors.right: buttons.left
            anchors.rightMargin: 12
            anchors.verticalCenter: buttons.verticalCenter
            visible: picker.multiple
            elide: Text.ElideRight
            text: qsTr("Ctrl or Space chooses several")
            font.family: Theme.family
            font.pixelSize: Theme.small
            color: Theme.faintText
        }
    }
}
