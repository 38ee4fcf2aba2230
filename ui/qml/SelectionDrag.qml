// SPDX-License-Identifier: Apache-2.0
// The mouse that selects over several rows of the conversation: watches presses without taking them,
// and scrolls when it is dragged over an edge.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

PointHandler {
    id: drag

    required property ListView list
    required property TextSelection selection

    signal scrollRequested(real distance)

    // Where in the rows a point of the list is; null: beside them all.
    function placeOf(point) {
        const top = list.originY;
        const inside = Math.max(0, Math.min(list.height - 1, point.y));
        const y = Math.max(top, Math.min(top + list.contentHeight - 1, inside + list.contentY));
        const row = list.indexAt(list.width / 2, y);
        if (row < 0)
            return null;
        const item = list.itemAt(list.width / 2, y);
        const edit = (item as BlockFrame)?.selectable ?? (item as UserRow)?.selectable ?? null;
        if (edit === null)
            return { row: row, position: 0 };
        const at = edit.mapFromItem(list, point.x, inside);
        const position = at.y < 0 ? 0 : at.y > edit.height ? edit.length : edit.positionAt(at.x, at.y);
        return { row: row, position: position };
    }

    function follow() {
        const place = placeOf(point.position);
        if (place === null)
            return;
        selection.extend(place.row, place.position);
        if (selection.spanning && !parent.activeFocus)
            parent.forceActiveFocus(); // no text copies its own part
    }

    target: null
    acceptedButtons: Qt.LeftButton
    acceptedDevices: PointerDevice.Mouse | PointerDevice.TouchPad
    onActiveChanged: {
        const place = active ? placeOf(point.position) : null;
        if (place !== null)
            selection.begin(place.row, place.position);
    }
    onPointChanged: if (active && point.pressedButtons !== Qt.NoButton)
        follow()

    readonly property Timer edge: Timer {
        interval: 30
        repeat: true
        running: drag.active && drag.selection.spanning
                 && (drag.point.position.y < 0 || drag.point.position.y > drag.list.height)
        onTriggered: {
            const y = drag.point.position.y;
            drag.scrollRequested(y < 0 ? Math.max(-60, y) : Math.min(60, y - drag.list.height));
            drag.follow();
        }
    }
}
