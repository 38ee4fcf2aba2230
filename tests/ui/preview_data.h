// SPDX-License-Identifier: Apache-2.0
// Realistic content for the window: what the preview shows and the tests look at.
#pragma once

#include "ui/window_state.h"

namespace lectern::ui {

// A conversation with files, code, a table, lists, quotes and several scripts, among others.
void fillConversation(WindowState& state);
// Files of a draft in every state.
void fillDraft(WindowState& state);
// The built-in model, as the application describes it.
void fillModel(WindowState& state);

// Markdown with every kind of block.
QString longAnswer();

} // namespace lectern::ui
