// SPDX-License-Identifier: Apache-2.0
// --self-test: the whole program, offscreen, answers one question about a bundled sample.
#pragma once

#include "app/assistant.h"
#include "app/storage_thread.h"
#include "ui/window_state.h"

namespace lectern::app {

// Drops the sample on the window, asks as a person would, and waits for the streamed answer; then
// looks into the store. Prints what it saw; returns the exit code. Runs the event loop.
[[nodiscard]] int runSelfTest(ui::WindowState& window, StorageThread& storage);

} // namespace lectern::app
