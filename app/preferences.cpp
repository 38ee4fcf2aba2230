// SPDX-License-Identifier: Apache-2.0
// Preferences as JSON and back, whatever stands there.
#include "app/preferences.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace lectern::app {
namespace {

using nlohmann::json;

template <class T> void take(const json& object, const char* key, T least, T most, T& value)
{
    if (!object.is_object() || !object.contains(key) || !object[key].is_number())
        return;
    const auto given = object[key].get<double>(); // wide enough to be compared with any bound
    if (std::isfinite(given) && given >= static_cast<double>(least)
        && given <= static_cast<double>(most))
        value = static_cast<T>(given);
}

} // namespace

inference::SamplingParams AnswerPreferences::sampling() const
{
    inference::SamplingParams params;
    params.temperature = temperature;
    params.topK = topK;
    params.topP = topP;
    params.minP = minP;
    params.repetitionPenalty = repetitionPenalty;
    return params;
}

std::string_view weightModeName(inference::WeightMode mode)
{
    switch (mode) {
    case inference::WeightMode::automatic:
        return "automatic";
    case inference::WeightMode::mapped:
        return "mapped";
    case inference::WeightMode::packed:
        return "packed";
    }
    return "automatic";
}

std::optional<inference::WeightMode> parseWeightMode(std::string_view name)
{
    using inference::WeightMode;
    for (const WeightMode mode : {WeightMode::automatic, WeightMode::mapped, WeightMode::packed})
        if (name == weightModeName(mode))
            return mode;
    return std::nullopt;
}

std::string toSetting(const RunPreferences& preferences)
{
    return json{{"kv", inference::kvTypeName(preferences.kvType)},
        {"context", preferences.contextLength}, {"weights", weightModeName(preferences.weights)}}
        .dump();
}

std::string toSetting(const AnswerPreferences& preferences)
{
    return json{{"temperature", preferences.temperature}, {"topK", preferences.topK},
        {"topP", preferences.topP}, {"minP", preferences.minP},
        {"repetitionPenalty", preferences.repetitionPenalty}, {"maxTokens", preferences.maxTokens}}
        .dump();
}

RunPreferences runPreferencesFrom(std::string_view setting)
{
    RunPreferences preferences;
    const json value = json::parse(setting, nullptr, false);
    if (value.is_object() && value.contains("kv") && value["kv"].is_string())
        preferences.kvType =
            inference::parseKvType(value["kv"].get<std::string>()).value_or(preferences.kvType);
    if (value.is_object() && value.contains("weights") && value["weights"].is_string())
        preferences.weights =
            parseWeightMode(value["weights"].get<std::string>()).value_or(preferences.weights);
    take(value, "context", kLeastContext, kMostContext, preferences.contextLength);
    return preferences;
}

AnswerPreferences answerPreferencesFrom(std::string_view setting)
{
    AnswerPreferences preferences;
    const json value = json::parse(setting, nullptr, false);
    take(value, "temperature", 0.0F, 2.0F, preferences.temperature);
    take(value, "topK", 0, 1000, preferences.topK);
    take(value, "topP", 0.01F, 1.0F, preferences.topP);
    take(value, "minP", 0.0F, 1.0F, preferences.minP);
    take(value, "repetitionPenalty", 0.5F, 2.0F, preferences.repetitionPenalty);
    take(value, "maxTokens", 1, kMostAnswer, preferences.maxTokens);
    return preferences;
}

} // namespace lectern::app
