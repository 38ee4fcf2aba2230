// SPDX-License-Identifier: Apache-2.0
// Which component shows which kind of row of the conversation: the one place to add a kind.
pragma ComponentBehavior: Bound
import QtQuick
import Qt.labs.qmlmodels
import Lectern

DelegateChooser {
    id: chooser

    required property WindowState windowState

    role: "rowKind"

    DelegateChoice {
        roleValue: "paragraph"
        ParagraphRow {}
    }
    DelegateChoice {
        roleValue: "user"
        UserRow {
            windowState: chooser.windowState
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
        HeadingRow {}
    }
    DelegateChoice {
        roleValue: "code"
        CodeRow {
            windowState: chooser.windowState
        }
    }
    DelegateChoice {
        roleValue: "tableRow"
        TableRowView {}
    }
    DelegateChoice {
        roleValue: "rule"
        RuleRow {}
    }
}
