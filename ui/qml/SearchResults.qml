// SPDX-License-Identifier: Apache-2.0
// What a search in all conversations found, in place of their list.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

Item {
    id: results

    required property WindowState windowState
    required property string words // that are looked for now
    readonly property SearchResultsModel found: windowState.searchResults as SearchResultsModel

    signal chosen
    signal leaveRequested // upwards, to the words

    onWordsChanged: {
        list.currentIndex = -1;
        list.positionViewAtBeginning();
    }

    // Takes the keyboard, if there is something to choose.
    function browse() {
        if (list.count === 0)
            return;
        list.currentIndex = 0;
        list.forceActiveFocus();
    }

    ListView {
        id: list

        objectName: "searchResults"
        anchors.fill: parent
        clip: true
        model: results.found
        boundsBehavior: Flickable.StopAtBounds
        keyNavigationEnabled: true
        activeFocusOnTab: count > 0
        highlightFollowsCurrentItem: true
        highlightMoveDuration: 0
        currentIndex: -1
        spacing: 2
        cacheBuffer: 0 // what is typed next replaces the rows
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Search results")
        onActiveFocusChanged: {
            if (activeFocus && currentIndex < 0)
                currentIndex = 0;
        }

        function currentRow() {
            return itemAtIndex(currentIndex) as SearchResultRow;
        }

        // Before the window's shortcut, which stops an answer.
        Keys.onShortcutOverride: event => event.accepted = event.key === Qt.Key_Escape
        Keys.onEscapePressed: results.leaveRequested()
        Keys.onUpPressed: event => {
            event.accepted = currentIndex <= 0;
            if (event.accepted)
                results.leaveRequested();
        }
        Keys.onReturnPressed: currentRow()?.clicked()
        Keys.onEnterPressed: currentRow()?.clicked()
        Keys.onSpacePressed: currentRow()?.clicked()

        delegate: SearchResultRow {
            width: ListView.view.width
            onClicked: {
                list.currentIndex = index;
                results.windowState.foundChosen(conversationId, foundMessage);
                results.chosen();
            }
        }

        ScrollBar.vertical: ThinScrollBar {}
    }

    Text {
        objectName: "nothingFound"
        x: 10
        y: 8
        width: parent.width - 20
        visible: results.found.count === 0 && results.found.words === results.words
        text: qsTr("Nothing found for “%1”.").arg(results.words)
        textFormat: Text.PlainText
        wrapMode: Text.Wrap
        elide: Text.ElideRight
        maximumLineCount: 6
        lineHeight: 1.35
        font.family: Theme.family
        font.pixelSize: Theme.ui
        color: Theme.secondaryText
        Accessible.role: Accessible.StaticText
        Accessible.name: text
    }
}
