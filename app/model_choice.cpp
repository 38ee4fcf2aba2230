// SPDX-License-Identifier: Apache-2.0
// The setting "model": {"model": PATH, "mmproj": PATH}.
#include "app/model_choice.h"

#include "storage/store.h"

#include <nlohmann/json.hpp>

namespace lectern::app {

using nlohmann::json;

std::string toSetting(const ModelChoice& choice)
{
    return json{{"model", choice.model.string()}, {"mmproj", choice.mmproj.string()}}.dump(
        -1, ' ', false, json::error_handler_t::replace);
}

ModelChoice choiceFromSetting(std::string_view setting)
{
    const json value = json::parse(setting, nullptr, false);
    const auto path = [&](const char* key) {
        return value.is_object() && value.contains(key) && value[key].is_string()
            ? std::filesystem::path(value[key].get<std::string>())
            : std::filesystem::path();
    };
    return {path("model"), path("mmproj")};
}

ModelChoice savedChoice(const std::filesystem::path& dataDirectory)
{
    std::error_code ignored;
    if (!std::filesystem::exists(dataDirectory / "lectern.db", ignored))
        return {};
    auto store = storage::Store::open(dataDirectory);
    if (!store)
        return {};
    const auto setting = (*store)->setting(kModelSetting);
    return setting && *setting ? choiceFromSetting(**setting) : ModelChoice{};
}

} // namespace lectern::app
