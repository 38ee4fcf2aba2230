// SPDX-License-Identifier: Apache-2.0
// The shortcuts that work anywhere in the window.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

Item {
    id: root

    required property WindowState windowState
    property bool canStop: true

    signal newConversation
    signal toggleSidebar
    signal searchAll
    signal findHere
    signal showSettings
    signal showShortcuts
    signal attach
    signal write
    signal renameCurrent
    signal editLast

    Shortcut {
        sequence: "Ctrl+N"
        onActivated: root.newConversation()
    }
    Shortcut {
        sequence: "Ctrl+B"
        onActivated: root.toggleSidebar()
    }
    Shortcut {
        sequence: "Ctrl+K"
        onActivated: root.searchAll()
    }
    Shortcut {
        sequence: "Ctrl+F"
        onActivated: root.findHere()
    }
    Shortcut {
        sequence: "Ctrl+,"
        onActivated: root.showSettings()
    }
    Shortcut {
        sequence: "Ctrl+/"
        onActivated: root.showShortcuts()
    }
    Shortcut {
        sequence: "Ctrl+O"
        onActivated: root.attach()
    }
    Shortcut {
        sequence: "Ctrl+L"
        onActivated: root.write()
    }
    Shortcut {
        sequence: "F2"
        enabled: root.windowState.currentConversation !== 0
        onActivated: root.renameCurrent()
    }
    Shortcut {
        sequence: "Ctrl+Shift+C"
        onActivated: {
            const text = root.windowState.messageText(root.windowState.lastAnswer());
            if (text !== "")
                root.windowState.copyRequested(text);
        }
    }
    Shortcut {
        sequence: "Ctrl+R"
        enabled: !root.windowState.answering
        onActivated: {
            const id = root.windowState.lastAnswer();
            if (id !== 0)
                root.windowState.regenerateRequested(id);
        }
    }
    Shortcut {
        sequence: "Ctrl+E"
        onActivated: root.editLast()
    }
    Shortcut {
        sequence: "Esc"
        enabled: root.windowState.answering && root.canStop
        onActivated: root.windowState.stopRequested()
    }
}
