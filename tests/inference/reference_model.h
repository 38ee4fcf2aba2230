// SPDX-License-Identifier: Apache-2.0
// A text model against a folder of reference values: logits, every layer, router choices and greedy
// continuations, for each instruction set, and however the prompt is split.
#pragma once

#include "inference/cpu/cpu_backend.h"
#include "inference/models/text_model.h"
#include "tests/inference/golden.h"

namespace lectern::test {

using namespace inference;

// tests/golden/README.md, section 2.
inline constexpr float kLogitsTolerance = 2e-3F;
inline constexpr double kNormTolerance = 1e-4;
inline constexpr float kFirst8Tolerance = 1e-3F;

// Levels this machine has, with weights mapped and, if asked for, packed.
std::vector<std::pair<SimdLevel, bool>> arithmetics(bool withPacked);

struct Loaded {
    std::unique_ptr<Backend> backend;
    std::unique_ptr<ModelFile> file;
    std::unique_ptr<TextModel> model;
};

Loaded load(const std::filesystem::path& path, SimdLevel level, bool packed = false);

double norm(std::span<const float> values);

std::int32_t argmax(std::span<const float> values);

float largestDifference(std::span<const float> left, std::span<const float> right);

// All logits of a prompt that goes in `split` tokens at a time.
std::vector<float> allLogits(TextModel& model, KvCache& kv, std::span<const std::int32_t> ids,
    std::size_t split, const Taps* taps = nullptr);

void checkPrompt(TextModel& model, const nlohmann::json& prompt, std::span<const float> expected,
    std::size_t split, const std::string& row);

void checkModel(const std::string& gguf, const std::string& json, const std::string& logitsFile);

// A folder of tests/golden with a model, its reference values and its logits.
void checkFolder(const std::string& folder);

} // namespace lectern::test
