// SPDX-License-Identifier: Apache-2.0
// The list models behind the window: conversations, messages, attachments of the draft. Read-only for
// QML; the application is their only writer, on the GUI thread.
#pragma once

#include "ui/window_state.h"
