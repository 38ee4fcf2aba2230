// SPDX-License-Identifier: Apache-2.0
// The small explanation beside a control, loaded only while it is wanted.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

Item {
    id: tip

    required property Item target
    property string text
    property bool wanted: false

    Loader {
        active: tip.wanted && tip.text !== ""
        source: "TipPopup.qml"
        onLoaded: {
            const popup = item as TipPopup;
            popup.parent = tip.target;
            popup.text = Qt.binding(() => tip.text);
            popup.visible = true;
        }
    }
}
