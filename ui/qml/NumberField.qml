// SPDX-License-Identifier: Apache-2.0
// A field for one number; Up and Down step it. An empty one has the value `whenEmpty`.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

LineField {
    id: field

    required property string label // for screen readers
    required property real value
    property real least: 0
    property real most: 100
    property real step: 1
    property int decimals: 0
    property real whenEmpty: value

    signal chosen(real value)

    function shown(number) {
        return number === whenEmpty && placeholderText !== "" ? "" : Number(number).toLocaleString(Qt.locale("C"), "f", decimals);
    }
    function settle(number) {
        const within = Math.max(least, Math.min(most, number));
        const rounded = Number(within.toFixed(decimals));
        if (rounded !== Number(value.toFixed(decimals)))
            chosen(rounded);
        text = Qt.binding(() => shown(value));
    }
    function entered() {
        if (text === "")
            return whenEmpty;
        const number = Number(text.replace(",", "."));
        return isNaN(number) ? value : number;
    }

    implicitWidth: 112
    implicitHeight: 34
    horizontalAlignment: TextInput.AlignRight
    text: shown(value)
    inputMethodHints: Qt.ImhFormattedNumbersOnly
    Accessible.role: Accessible.EditableText
    Accessible.name: label
    validator: RegularExpressionValidator {
        regularExpression: field.decimals > 0 ? /[0-9]{0,4}([.,][0-9]{0,3})?/ : /[0-9]{0,9}/
    }
    Keys.onUpPressed: settle(entered() + step)
    Keys.onDownPressed: settle(entered() - step)
    onEditingFinished: {
        const number = entered();
        if (text === "" && number === whenEmpty && number !== value) {
            chosen(number);
            text = Qt.binding(() => shown(value));
        } else if (text !== "" || number !== whenEmpty) {
            settle(number);
        }
    }
}
