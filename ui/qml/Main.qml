// SPDX-License-Identifier: Apache-2.0
// The window: sidebar, conversation, composer, and the dialogs over them.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

ApplicationWindow {
    id: root

    required property WindowState windowState
    readonly property bool narrow: width < 900
    property bool sidebarWanted: true // beside the conversation, when there is room
    property bool sidebarOver: false // over it, when there is not
    readonly property bool sidebarShown: narrow ? sidebarOver : sidebarWanted
    readonly property bool dialogOpen: models.visible || settings.visible || shortcuts.visible || about.visible || fileDialog.visible

    function toggleSidebar() {
        if (narrow)
            sidebarOver = !sidebarOver;
        else
            sidebarWanted = !sidebarWanted;
        if (!sidebarShown)
            composer.write();
        else if (narrow)
            sidebar.browse();
    }

    function searchAll() {
        if (!sidebarShown && narrow)
            sidebarOver = true;
        sidebarWanted = true;
        sidebar.search();
    }

    width: 1280
    height: 800
    minimumWidth: 720
    minimumHeight: 480
    visible: true
    title: windowState.currentTitle === "" ? qsTr("Lectern") : qsTr("Lectern – %1").arg(windowState.currentTitle)
    color: Theme.surface
    font.family: Theme.family
    font.pixelSize: Theme.ui

    // What our own controls do not draw follows the scheme through these.
    palette.window: Theme.surface
    palette.windowText: Theme.text
    palette.base: Theme.raised
    palette.alternateBase: Theme.well
    palette.text: Theme.text
    palette.button: Theme.well
    palette.buttonText: Theme.text
    palette.brightText: Theme.accentInk
    palette.highlight: Theme.accent
    palette.highlightedText: Theme.accentInk
    palette.placeholderText: Theme.faintText
    palette.light: Theme.hover
    palette.midlight: Theme.border
    palette.mid: Theme.strongBorder
    palette.dark: Theme.secondaryText
    palette.shadow: Theme.border
    palette.toolTipBase: Theme.raised
    palette.toolTipText: Theme.text

    onNarrowChanged: sidebarOver = false
    Component.onCompleted: composer.write()

    Binding {
        target: Theme
        property: "scheme"
        value: root.windowState.colorScheme
    }
    Connections {
        target: root.windowState

        function onRaiseRequested() {
            if (root.visibility === Window.Minimized)
                root.showNormal();
            root.raise();
            root.requestActivate();
        }
        function onMessageSought(id) {
            messages.showMessage(id, sidebar.words);
        }
        function onCurrentConversationChanged() {
            findBar.close();
            if (!root.dialogOpen && !sidebar.activeFocus)
                composer.write();
        }
    }

    Item {
        id: content

        anchors.fill: parent
        anchors.leftMargin: root.sidebarShown && !root.narrow ? sidebar.width : 0

        Item {
            id: topBar

            width: parent.width
            height: 52

            IconButton {
                id: showSidebar

                objectName: "showSidebar"
                x: 9
                anchors.verticalCenter: parent.verticalCenter
                visible: !root.sidebarShown
                label: qsTr("Show the sidebar")
                shortcutText: "Ctrl+B"
                iconName: "sidebar"
                onClicked: root.toggleSidebar()
            }
            IconButton {
                id: topNew

                anchors.left: showSidebar.right
                anchors.leftMargin: 2
                anchors.verticalCenter: parent.verticalCenter
                visible: !root.sidebarShown
                label: qsTr("New conversation")
                shortcutText: "Ctrl+N"
                iconName: "new-chat"
                onClicked: sidebar.startNew()
            }
            Text {
                anchors.left: topNew.visible ? topNew.right : parent.left
                anchors.leftMargin: topNew.visible ? 10 : 24
                anchors.right: settingsButton.left
                anchors.rightMargin: 12
                anchors.verticalCenter: parent.verticalCenter
                text: root.windowState.currentTitle
                textFormat: Text.PlainText
                elide: Text.ElideRight
                font.family: Theme.family
                font.pixelSize: 14
                font.weight: Font.Medium
                color: Theme.text
            }
            IconButton {
                id: settingsButton

                objectName: "settings"
                anchors.right: parent.right
                anchors.rightMargin: 12
                anchors.verticalCenter: parent.verticalCenter
                label: qsTr("Settings")
                shortcutText: "Ctrl+,"
                iconName: "settings"
                onClicked: settings.open()
            }
        }

        MessageList {
            id: messages

            anchors.top: topBar.bottom
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.bottom: composer.top
            anchors.bottomMargin: 8
            visible: count > 0
            windowState: root.windowState
            covered: findBar.visible ? findBar.height + 4 : 0
        }
        FindBar {
            id: findBar

            anchors.top: messages.top
            anchors.topMargin: 4
            anchors.right: parent.right
            anchors.rightMargin: 16
            messages: messages
            onClosed: composer.write()
        }
        WelcomeView {
            anchors.fill: messages
            visible: messages.count === 0
            windowState: root.windowState
            onModelsRequested: models.open()
            onAttachRequested: fileDialog.open()
        }
        PassingBars {
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.bottom: composer.top
            anchors.bottomMargin: 14
            windowState: root.windowState
        }
        Composer {
            id: composer

            anchors.bottom: status.top
            anchors.bottomMargin: 2
            anchors.horizontalCenter: parent.horizontalCenter
            width: Math.min(parent.width - 32, Theme.columnWidth + 32)
            height: implicitHeight
            windowState: root.windowState
            onAttachRequested: fileDialog.open()
            onScrollRequested: pages => messages.scrollPages(pages)
        }
        StatusLine {
            id: status

            anchors.bottom: parent.bottom
            anchors.bottomMargin: 6
            anchors.horizontalCenter: parent.horizontalCenter
            width: composer.width
            height: implicitHeight
            windowState: root.windowState
            onModelsRequested: models.open()
        }
    }

    MouseArea {
        id: scrim

        anchors.fill: parent
        visible: root.narrow && root.sidebarOver
        onPressed: root.toggleSidebar()
        Accessible.ignored: true

        Rectangle {
            anchors.fill: parent
            color: Theme.scrim
        }
    }
    Sidebar {
        id: sidebar

        width: 264
        height: parent.height
        visible: root.sidebarShown
        windowState: root.windowState
        onHideRequested: root.toggleSidebar()
        onLeaveRequested: {
            root.sidebarOver = false;
            composer.write();
        }
        Keys.onEscapePressed: event => {
            event.accepted = scrim.visible;
            if (event.accepted)
                root.toggleSidebar();
        }
        onChosen: {
            root.sidebarOver = false;
            composer.write();
        }
    }
    DropOverlay {
        anchors.fill: parent
        windowState: root.windowState
    }

    ModelsDialog {
        id: models

        windowState: root.windowState
        onClosed: composer.write()
    }
    SettingsDialog {
        id: settings

        windowState: root.windowState
        onClosed: composer.write()
        onModelsRequested: models.open()
        onShortcutsRequested: shortcuts.open()
        onAboutRequested: about.open()
    }
    AboutDialog {
        id: about

        windowState: root.windowState
        onClosed: composer.write()
    }
    ShortcutsDialog {
        id: shortcuts

        onClosed: composer.write()
    }
    FilePicker {
        id: fileDialog

        title: qsTr("Add files")
        multiple: true
        acceptText: qsTr("Add")
        onAccepted: files => root.windowState.filesDropped(files)
        onClosed: composer.write()
    }

    WindowShortcuts {
        windowState: root.windowState
        canStop: !root.dialogOpen && !scrim.visible
        onNewConversation: sidebar.startNew()
        onToggleSidebar: root.toggleSidebar()
        onSearchAll: root.searchAll()
        onFindHere: if (messages.count > 0)
            findBar.open()
        onShowSettings: settings.open()
        onShowShortcuts: shortcuts.open()
        onAttach: fileDialog.open()
        onWrite: composer.write()
        onEditLast: composer.editLast()
        onRenameCurrent: {
            if (!root.sidebarShown)
                root.toggleSidebar();
            sidebar.renameCurrent();
        }
    }
}
