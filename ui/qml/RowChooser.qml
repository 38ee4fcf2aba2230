// SPDX-License-Identifier: Apache-2.0
// Which component shows which kind of row of the conversation: the one place to add a kind.
pragma ComponentBehavior: Bound
import QtQuick
import Qt.labs.qmlmodels
import Lectern

DelegateChooser {
    id: chooser

    required property WindowState windowState
    required property TextSelection selection
    required property TextFind find
    required property double markedMessage

    role: "rowKind"

    DelegateChoice {
        roleValue: "paragraph"
        ParagraphRow {
            selection: chooser.selection
            find: chooser.find
            markedMessage: chooser.markedMessage
        }
    }
    DelegateChoice {
        roleValue: "user"
        UserRow {
            windowState: chooser.windowState
            selection: chooser.selection
            find: chooser.find
            markedMessage: chooser.markedMessage
        }
    }
    DelegateChoice {
        roleValue: "footer"
        FooterRow {
            windowState: chooser.windowState
        }
    }
    DelegateChoice {
        roleValue: "heading"
        HeadingRow {
            selection: chooser.selection
            find: chooser.find
            markedMessage: chooser.markedMessage
        }
    }
    DelegateChoice {
        roleValue: "code"
        CodeRow {
            windowState: chooser.windowState
            selection: chooser.selection
            find: chooser.find
            markedMessage: chooser.markedMessage
        }
    }
    DelegateChoice {
        roleValue: "tableRow"
        TableRowView {
            selection: chooser.selection
            find: chooser.find
            markedMessage: chooser.markedMessage
        }
    }
    DelegateChoice {
        roleValue: "rule"
        RuleRow {}
    }
}
