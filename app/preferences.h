// SPDX-License-Identifier: Apache-2.0
// What a person chose in the settings about the model: how it is run, and how it answers.
#pragma once

#include "inference/engine.h"
#include "inference/local_engine.h"

#include <optional>
#include <string>
#include <string_view>

namespace lectern::app {

inline constexpr auto kRunningSetting = "running";
inline constexpr auto kAnsweringSetting = "answering";

// How the model is run. A change loads it again.
struct RunPreferences {
    inference::KvType kvType = inference::KvType::f16;
    int contextLength = 0; // tokens; 0: what the model was trained for and memory allows
    inference::WeightMode weights = inference::WeightMode::automatic;
    bool operator==(const RunPreferences&) const = default;
};

// How it answers. Counts from the next question on.
struct AnswerPreferences {
    float temperature = 0.6F; // 0: greedy
    int topK = 40;            // 0: off
    float topP = 0.9F;        // 1: off
    float minP = 0.0F;        // 0: off
    float repetitionPenalty = 1.0F;
    int maxTokens = 1024;
    bool operator==(const AnswerPreferences&) const = default;
    [[nodiscard]] inference::SamplingParams sampling() const;
};

inline constexpr int kLeastContext = 512;
inline constexpr int kMostContext = 10 << 20;
inline constexpr int kMostAnswer = 1 << 20;

// "automatic", "mapped", "packed"; nullopt: no such mode.
[[nodiscard]] std::string_view weightModeName(inference::WeightMode mode);
[[nodiscard]] std::optional<inference::WeightMode> parseWeightMode(std::string_view name);

// JSON, as kept in the store. Reading takes anything: what is missing, of another type or outside
// its range has the default.
[[nodiscard]] std::string toSetting(const RunPreferences& preferences);
[[nodiscard]] std::string toSetting(const AnswerPreferences& preferences);
[[nodiscard]] RunPreferences runPreferencesFrom(std::string_view setting);
[[nodiscard]] AnswerPreferences answerPreferencesFrom(std::string_view setting);

} // namespace lectern::app
