// SPDX-License-Identifier: Apache-2.0
// Output and input of the commands.
#include "app/cli/output.h"

#include "app/installation.h"
#include "app/model_choice.h"
#include "inference/device_choice.h"
#include "inference/kv_type.h"

#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <iterator>
#include <unistd.h>

namespace lectern::app::cli {

int fail(const std::string& sentence)
{
    showProgress({});
    fmt::print(stderr, "{}\n", sentence);
    return kFailed;
}

void showProgress(const std::string& text)
{
    static const bool terminal = ::isatty(STDERR_FILENO) == 1;
    if (terminal) {
        fmt::print(stderr, "\r\033[K{}", text);
        std::fflush(stderr);
    }
}

void printJson(const nlohmann::json& value)
{
    fmt::print("{}\n", value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    std::fflush(stdout);
}

bool writeFloats(const std::string& file, std::span<const float> values)
{
    static_assert(std::endian::native == std::endian::little);
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(values.data()),
        static_cast<std::streamsize>(values.size_bytes()));
    out.close();
    if (!out)
        fail(fmt::format("{} could not be written: {}.", file, std::strerror(errno)));
    return static_cast<bool>(out);
}

std::optional<std::string> readWhole(const std::string& file)
{
    const auto all = [](std::istream& in) {
        return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    };
    if (file == "-")
        return all(std::cin);
    std::ifstream in(file, std::ios::binary);
    if (!in || std::filesystem::is_directory(file)) {
        fail(fmt::format("{} cannot be read.", file));
        return std::nullopt;
    }
    return all(in);
}

ModelChoice chosenModel(const std::string& model, const std::string& mmproj)
{
    if (!model.empty())
        return {model, mmproj};
    ModelChoice choice = savedChoice(defaultDataDirectory());
    if (!mmproj.empty())
        choice.mmproj = mmproj;
    return choice;
}

std::filesystem::path chosenModelFile(const std::string& model)
{
    const ModelChoice choice = chosenModel(model, {});
    if (!choice.model.empty())
        return choice.model;
    const auto builtIn = builtInModel();
    return builtIn ? builtIn->model : std::filesystem::path("nano-text-f16.gguf");
}

std::vector<std::string> kvTypeNames()
{
    std::vector<std::string> names;
    names.reserve(std::size(inference::kKvTypes));
    for (const inference::KvTypeName& type : inference::kKvTypes)
        names.emplace_back(type.name);
    return names;
}

void remarkOnDevice(const std::string& whyNoGpu)
{
    if (!whyNoGpu.empty())
        fail(inference::remarkOnCpu(whyNoGpu));
}

std::vector<std::string> deviceNames()
{
    using inference::DeviceChoice;
    std::vector<std::string> names;
    for (const auto choice : {DeviceChoice::automatic, DeviceChoice::cpu, DeviceChoice::cuda})
        names.emplace_back(deviceChoiceName(choice));
    return names;
}

} // namespace lectern::app::cli
