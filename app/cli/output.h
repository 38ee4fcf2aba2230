// SPDX-License-Identifier: Apache-2.0
// What the commands have in common in speaking: answers to stdout, everything else to stderr.
#pragma once

#include "app/chat.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lectern::app::cli {

constexpr int kDone = 0;
constexpr int kFailed = 1;

int fail(const std::string& sentence); // to stderr; returns kFailed
// One line that replaces itself, only where stderr is a terminal; empty removes it.
void showProgress(const std::string& text);
void printJson(const nlohmann::json& value); // one line on stdout
// Raw little-endian floats. False: could not be written (the reason is on stderr).
[[nodiscard]] bool writeFloats(const std::string& file, std::span<const float> values);
[[nodiscard]] std::optional<std::string> readWhole(const std::string& file); // "-": stdin

// The model for -m and --mmproj, else the user's choice in the settings.
[[nodiscard]] ModelChoice chosenModel(const std::string& model, const std::string& mmproj);
// A text GGUF for -m, else as above with the built-in one spelt out.
[[nodiscard]] std::filesystem::path chosenModelFile(const std::string& model);

// What --kv takes.
[[nodiscard]] std::vector<std::string> kvTypeNames();

// To stderr, why --device auto computes on the CPU; nothing when empty.
void remarkOnDevice(const std::string& whyNoGpu);

// What --device takes: deviceChoiceName() of each.
[[nodiscard]] std::vector<std::string> deviceNames();

} // namespace lectern::app::cli
