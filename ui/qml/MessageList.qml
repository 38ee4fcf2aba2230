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
    readonly property alias find: find
    readonly property MessageListModel rows: windowState.messages as MessageListModel
    readonly property bool complete: rows.complete
    property real covered: 0 // so much of the top, by something over it
    property double sought: 0 // a message that is to be shown; 0: none
    property string soughtWords
    property double marked: 0 // for a moment

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

    function firstShownRow() {
        return Math.max(0, list.indexAt(list.width / 2, list.contentY + 60));
    }

    // Scrolls to a message, there to the words, as soon as it is put together.
    function showMessage(id, words) {
        sought = id;
        soughtWords = words;
        seek.start();
    }

    function seekNow() {
        const row = rows.rowOf(sought, soughtWords);
        if (row < 0) {
            rows.hurry();
            return;
        }
        leaveEnd();
        list.positionViewAtIndex(row, ListView.Beginning);
        list.forceLayout();
        list.moveTo(list.contentY - list.height / 5);
        marked = sought;
        sought = 0;
        unmark.restart();
    }

    // Scrolls to the current place of what is found.
    function reveal() {
        const row = find.currentRow;
        if (row < 0)
            return;
        leaveEnd();
        list.positionViewAtIndex(row, ListView.Contain);
        const item = list.itemAtIndex(row);
        const question = item as UserRow;
        const block = item as BlockFrame;
        if (question !== null && question.found.placeOfCurrent() < 0)
            question.showAll();
        const place = (question ?? block)?.found?.placeOfCurrent() ?? -1;
        if (place >= 0)
            (item as CodeRow)?.showPlace(place);
        list.forceLayout();
        const edit = question?.selectable ?? block?.selectable ?? null;
        const area = place >= 0 && edit !== null
                   ? edit.mapToItem(list.contentItem, edit.positionToRectangle(place))
                   : Qt.rect(0, item.y, item.width, item.height);
        // The bar lies over the top.
        if (area.y < list.contentY + 64 || area.y + area.height > list.contentY + list.height - 32)
            list.moveTo(area.y - list.height * 0.35);
    }

    function leaveEnd() {
        glide.stop();
        list.following = false;
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
    TextFind {
        id: find

        model: root.windowState.messages
        marks: Theme.foundMarks
        onMoved: root.reveal()
        onTextChanged: if (text !== "")
            root.rows.hurry()
    }
    Timer {
        id: seek

        interval: 0
        onTriggered: root.seekNow()
    }
    Timer {
        id: unmark

        interval: 2500
        onTriggered: root.marked = 0
    }
    ListView {
        id: list

        objectName: "messageList"

        property bool following: true
        readonly property real startY: originY - topMargin
        readonly property real endY: Math.max(startY, originY + contentHeight - height)
        readonly property bool atEnd: contentY >= endY - 4

        function moveTo(y) {
            contentY = Math.max(startY, Math.min(endY, y));
        }

        // Scrolling by the reader: it decides whether the view follows.
        function scrollBy(distance, smooth) {
            const from = glide.running ? glide.to : contentY;
            const to = Math.max(startY, Math.min(endY, from + distance));
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
            find: find
            markedMessage: root.marked
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
        topMargin: root.covered
        // What stood at the top goes on standing below what covers it.
        onTopMarginChanged: {
            if (contentY <= originY)
                contentY = originY - topMargin;
        }
        footer: parts.endSpace
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Messages")

        onContentHeightChanged: if (following)
            stick.start()
        onHeightChanged: if (following)
            stick.start()
        onCountChanged: {
            if (following)
                stick.start();
            if (root.sought !== 0)
                seek.start();
        }

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
        visible: list.contentHeight < list.height && !root.complete
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
            root.sought = 0;
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
