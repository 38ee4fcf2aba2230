// SPDX-License-Identifier: Apache-2.0
// The conversation: one row a block, following its end until the reader scrolls away.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

Item {
    id: root

    required property WindowState windowState
    readonly property alias count: list.count
    readonly property alias following: list.following

    function scrollPages(pages) {
        list.scrollBy(pages * (list.height - 60), true);
    }

    function scrollToStart() {
        list.following = false;
        list.positionViewAtBeginning();
    }

    function scrollToEnd() {
        glide.stop();
        list.following = true;
        list.positionViewAtEnd();
    }

    ListParts {
        id: parts
    }
    TextSelection {
        id: selected

        model: root.windowState.messages
        // An answer that goes on must not pull the text from under the mouse.
        onChanged: if (spanning)
            list.following = false
    }
    ListView {
        id: list

        objectName: "messageList"

        property bool following: true
        readonly property real endY: originY + Math.max(0, contentHeight - height)
        readonly property bool atEnd: contentY >= endY - 4

        // Scrolling by the reader: it decides whether the view follows.
        function scrollBy(distance, smooth) {
            const from = glide.running ? glide.to : contentY;
            const to = Math.max(originY, Math.min(endY, from + distance));
            if (distance < 0 && to < endY - 4)
                following = false;
            else if (distance > 0 && to >= endY - 4)
                following = true;
            glide.stop();
            if (smooth) {
                glide.from = contentY;
                glide.to = to;
                glide.start();
            } else {
                contentY = to;
            }
        }

        anchors.fill: parent
        model: root.windowState.messages
        delegate: RowChooser {
            windowState: root.windowState
            selection: selected
        }
        reuseItems: true
        cacheBuffer: 600
        // The mouse selects text; wheel, keys and the scroll bar scroll.
        interactive: false
        boundsBehavior: Flickable.StopAtBounds
        keyNavigationEnabled: false
        activeFocusOnTab: count > 0
        clip: true
        header: parts.startSpace
        footer: parts.endSpace
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Messages")

        onContentHeightChanged: if (following)
            stick.start()
        onHeightChanged: if (following)
            stick.start()
        onCountChanged: if (following)
            stick.start()

        Keys.onPressed: event => {
            event.accepted = true;
            if (event.matches(StandardKey.Copy)) {
                selected.copy();
                return;
            }
            switch (event.key) {
            case Qt.Key_Up:
                scrollBy(-80, true);
                break;
            case Qt.Key_Down:
                scrollBy(80, true);
                break;
            case Qt.Key_PageUp:
                root.scrollPages(-1);
                break;
            case Qt.Key_PageDown:
            case Qt.Key_Space:
                root.scrollPages(1);
                break;
            case Qt.Key_Home:
                root.scrollToStart();
                break;
            case Qt.Key_End:
                root.scrollToEnd();
                break;
            default:
                event.accepted = false;
            }
        }

        Timer {
            id: stick

            interval: 0
            onTriggered: {
                if (list.following && !glide.running)
                    list.positionViewAtEnd();
            }
        }
        NumberAnimation {
            id: glide

            target: list
            property: "contentY"
            duration: Theme.quick
            easing.type: Easing.OutCubic
            onFinished: if (list.following)
                stick.start()
        }
        WheelHandler {
            target: null
            orientation: Qt.Vertical
            acceptedDevices: PointerDevice.Mouse | PointerDevice.TouchPad
            onWheel: event => {
                if (event.pixelDelta.y !== 0)
                    list.scrollBy(-event.pixelDelta.y, false);
                else
                    list.scrollBy(-event.angleDelta.y * 0.9, true);
            }
        }
        DragHandler {
            id: touch

            property real last: 0

            target: null
            xAxis.enabled: false
            acceptedDevices: PointerDevice.TouchScreen
            onActiveChanged: last = 0
            onTranslationChanged: {
                list.scrollBy(last - translation.y, false);
                last = translation.y;
            }
        }
        ScrollBar.vertical: ThinScrollBar {
            id: bar

            onPositionChanged: if (pressed)
                list.following = list.atEnd
        }

        // A press on the bar stops the following before the first move.
        Connections {
            target: bar

            function onPressedChanged() {
                list.following = list.atEnd;
            }
        }
    }

    // A long conversation comes from its end upwards, a few rows at a time. Until they fill the view they would
    // seem to jump, so they are made behind this.
    Rectangle {
        anchors.fill: list
        visible: list.contentHeight < list.height && !(root.windowState.messages as MessageListModel).complete
        color: Theme.surface
    }

    // Over the list: a press reaches this before the text that takes it.
    Item {
        anchors.fill: list
        Keys.forwardTo: [list]

        SelectionDrag {
            list: list
            selection: selected
            onScrollRequested: distance => list.scrollBy(distance, false)
        }
    }

    Connections {
        target: root.windowState

        function onCurrentConversationChanged() {
            root.scrollToEnd();
        }
        function onSendRequested() {
            list.following = true;
        }
        function onRegenerateRequested() {
            list.following = true;
        }
    }

    AbstractButton {
        id: jump

        objectName: "jumpToLatest"
        visible: !list.following && !list.atEnd && list.count > 0
        anchors.horizontalCenter: parent.horizontalCenter
        anchors.bottom: parent.bottom
        anchors.bottomMargin: 12
        width: 38
        height: 38
        focusPolicy: Qt.StrongFocus
        Accessible.role: Accessible.Button
        Accessible.name: qsTr("Jump to the latest message")
        Keys.onReturnPressed: clicked()
        onClicked: root.scrollToEnd()

        Item {

            anchors.fill: parent
            Icon {
                anchors.centerIn: parent
                name: "arrow-down"
                color: Theme.text
            }
        }
        background: Rectangle {
            radius: 19
            color: jump.hovered ? Theme.hover : Theme.raised
            border.color: Theme.strongBorder

            FocusRing {
                targetRadius: 19
                visible: jump.visualFocus
            }
        }

        Tip {
            target: jump
            wanted: jump.hovered
            text: jump.Accessible.name
        }
    }
}
