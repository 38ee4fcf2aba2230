// SPDX-License-Identifier: Apache-2.0
// Shows in one text what of its row is selected when a selection spans rows.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

Item {
    id: part

    required property TextEdit edit
    property TextSelection selection: null
    property int rowIndex: -1
    property bool wholeRow: false // selected as a whole or not at all
    property bool applied: false
    property bool applying: false

    function apply() {
        const from = selection?.from(rowIndex) ?? -1;
        if (from >= 0) {
            const to = selection.to(rowIndex);
            applied = true;
            applying = true; // selecting tells of changed text too
            edit.persistentSelection = true;
            edit.select(wholeRow ? 0 : from, wholeRow || to < 0 ? edit.length : to);
            applying = false;
        } else if (applied) {
            applied = false;
            edit.deselect();
            edit.persistentSelection = false;
        }
    }

    onRowIndexChanged: apply()

    Connections {
        target: part.selection

        function onChanged() {
            part.apply();
        }
    }
    Connections {
        target: part.edit

        function onTextChanged() {
            if (!part.applying)
                part.apply();
        }
    }
}
