// SPDX-License-Identifier: Apache-2.0
#include "tests/inference/engine_fixture.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace lectern::test {

std::filesystem::path nano(const std::string& name)
{
    return root() / "../resources/models/nano" / name;
}

inference::ImageTiles cutIntoTiles(
    const inference::Picture& picture, const inference::TileSpec& spec)
{
    inference::ImageTiles tiles;
    tiles.tileSize = spec.tileSize;
    tiles.columns = picture.width / spec.tileSize;
    const auto side = static_cast<std::size_t>(spec.tileSize);
    const auto width = static_cast<std::size_t>(picture.width);
    const auto append = [&](std::size_t firstColumn, std::size_t step) {
        for (std::size_t channel = 0; channel < 3; ++channel)
            for (std::size_t y = 0; y < side; ++y)
                for (std::size_t x = 0; x < side; ++x)
                    tiles.pixels.push_back(
                        picture.rgb[3 * (y * width + firstColumn + x * step) + channel]);
    };
    for (std::size_t column = 0; column < width / side; ++column)
        append(column * side, 1);
    if (tiles.columns > 1)
        append(0, width / side);
    return tiles;
}

inference::LocalEngineOptions nanoOptions()
{
    inference::LocalEngineOptions options;
    options.model = nano("nano-text-f16.gguf");
    options.mmproj = nano("mmproj-nano-f16.gguf");
    options.tiler = cutIntoTiles;
    return options;
}

std::unique_ptr<inference::LocalEngine> openEngine(const inference::LocalEngineOptions& options)
{
    auto engine = inference::LocalEngine::open(options);
    if (!engine) {
        fail(__FILE__, __LINE__, engine.error().message);
        return nullptr;
    }
    return std::move(*engine);
}

inference::LocalEngine& sharedEngine()
{
    static const auto engine = openEngine(nanoOptions());
    if (!engine)
        std::exit(1);
    return *engine;
}

inference::Message says(inference::Role role, const std::string& text)
{
    return {.role = role, .parts = {inference::TextPart{text}}};
}

inference::Request greedy(std::vector<inference::Message> messages, int maxTokens)
{
    inference::Request request;
    request.messages = std::move(messages);
    request.sampling.temperature = 0;
    request.maxTokens = maxTokens;
    return request;
}

std::vector<inference::Message> messagesIn(const nlohmann::json& json, const Pictures& pictures)
{
    std::vector<inference::Message> messages;
    for (const auto& message : json) {
        inference::Message& made = messages.emplace_back();
        made.role = message["role"] == "system" ? inference::Role::system
            : message["role"] == "user"         ? inference::Role::user
                                                : inference::Role::assistant;
        for (const auto& part : message["parts"]) {
            if (part.is_string())
                made.parts.emplace_back(inference::TextPart{part});
            else
                made.parts.emplace_back(inference::ImagePart{pictures.at(part["image"])});
        }
    }
    return messages;
}

Pictures picturesIn(
    const std::filesystem::path& file, const std::vector<std::string>& names, int side)
{
    const std::string pixels = fileBytes(file);
    const std::size_t bytes =
        std::size_t{3} * static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
    Pictures pictures;
    for (std::size_t i = 0; i < names.size(); ++i) {
        auto picture = std::make_shared<inference::Picture>();
        picture->width = side;
        picture->height = side;
        picture->rgb.assign(pixels.begin() + static_cast<std::ptrdiff_t>(i * bytes),
            pixels.begin() + static_cast<std::ptrdiff_t>((i + 1) * bytes));
        picture->hash = i + 1;
        pictures[names[i]] = std::move(picture);
    }
    return pictures;
}

std::vector<GoldenCase> goldenCases()
{
    const auto folder = root() / "golden/nano";
    const auto golden = nlohmann::json::parse(fileBytes(folder / "golden.json"));
    const auto index = nlohmann::json::parse(fileBytes(folder / "robust-tiles.json"));
    const auto pictures = picturesIn(folder / "robust-tiles.rgb", index["tiles"], index["side"]);
    std::vector<GoldenCase> cases;
    for (const int id : index["cases"]) {
        const auto& json = golden["cases"][static_cast<std::size_t>(id)];
        GoldenCase result;
        result.id = id;
        result.promptTokens = json["prompt_ids"].size();
        result.outputTokens = json["output_ids"].size();
        result.task = json["task"];
        result.output = json["output"];
        result.messages = messagesIn(json["messages"], pictures);
        result.pictures = static_cast<int>(json["images"].size());
        cases.push_back(std::move(result));
    }
    return cases;
}

const GoldenCase& goldenCase(const std::string& task, int n)
{
    static const auto all = goldenCases();
    for (const GoldenCase& golden : all)
        if (golden.task.starts_with(task) && n-- == 0)
            return golden;
    fail(__FILE__, __LINE__, "no robust golden dialogue of " + task);
    std::exit(1);
}

Caller::Caller(inference::Engine& engine, inference::Request request, Watch watch)
    : m_watch(std::move(watch))
{
    inference::Callbacks callbacks;
    callbacks.onProgress = [this](const inference::Progress& progress) {
        seen();
        {
            const std::lock_guard lock(m_mutex);
            m_progress.push_back(progress);
        }
        m_changed.notify_all();
        if (m_watch)
            m_watch(progress);
    };
    callbacks.onDelta = [this](std::string_view delta) {
        seen();
        const std::lock_guard lock(m_mutex);
        m_text += delta;
    };
    callbacks.onDone = [this](inference::Result<inference::Completion> result) {
        seen();
        const std::lock_guard lock(m_mutex);
        ++m_doneCount;
        m_result = std::move(result);
        m_changed.notify_all();
    };
    m_id = engine.submit(std::move(request), std::move(callbacks));
}

const inference::Result<inference::Completion>& Caller::wait()
{
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [&] { return m_doneCount > 0; });
    return m_result;
}

void Caller::waitFor(inference::Stage stage)
{
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [&] {
        return m_doneCount > 0
            || std::any_of(m_progress.begin(), m_progress.end(),
                [&](const inference::Progress& p) { return p.stage == stage; });
    });
}

std::string Caller::text() const
{
    const std::lock_guard lock(m_mutex);
    return m_text;
}

std::vector<inference::Progress> Caller::progress() const
{
    const std::lock_guard lock(m_mutex);
    return m_progress;
}

int Caller::doneCount() const
{
    const std::lock_guard lock(m_mutex);
    return m_doneCount;
}

bool Caller::oneThread() const
{
    const std::lock_guard lock(m_mutex);
    return m_oneThread && m_thread != std::this_thread::get_id();
}

void Caller::seen()
{
    const std::lock_guard lock(m_mutex);
    if (m_thread == std::thread::id())
        m_thread = std::this_thread::get_id();
    m_oneThread = m_oneThread && m_thread == std::this_thread::get_id() && m_doneCount == 0;
}

std::string answer(inference::Engine& engine, inference::Request request)
{
    Caller caller(engine, std::move(request));
    const auto& result = caller.wait();
    return result ? caller.text() : result.error().message;
}

} // namespace lectern::test
