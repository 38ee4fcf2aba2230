// SPDX-License-Identifier: Apache-2.0
// What the tests of LocalEngine share: the nano model, its golden cases, a caller that waits.
#pragma once

#include "inference/local_engine.h"
#include "tests/inference/gguf_edit.h"
#include "tests/inference/test.h"

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

namespace lectern::test {

inline std::filesystem::path nano(const std::string& name)
{
    return root() / "../resources/models/nano" / name;
}

// The golden tiles are cut already: a picture of 112 x 112 pixels is its own only tile. A picture
// of 224 x 112 gives two tiles and a global one of every second column.
inline inference::ImageTiles cutIntoTiles(
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

inline inference::LocalEngineOptions nanoOptions()
{
    inference::LocalEngineOptions options;
    options.model = nano("nano-text-f16.gguf");
    options.mmproj = nano("mmproj-nano-f16.gguf");
    options.tiler = cutIntoTiles;
    return options;
}

inline std::unique_ptr<inference::LocalEngine> openEngine(
    const inference::LocalEngineOptions& options)
{
    auto engine = inference::LocalEngine::open(options);
    if (!engine) {
        fail(__FILE__, __LINE__, engine.error().message);
        return nullptr;
    }
    return std::move(*engine);
}

// The nano model as most tests use it, opened once.
inline inference::LocalEngine& sharedEngine()
{
    static const auto engine = openEngine(nanoOptions());
    if (!engine)
        std::exit(1);
    return *engine;
}

inline inference::Message says(inference::Role role, const std::string& text)
{
    return {.role = role, .parts = {inference::TextPart{text}}};
}

inline inference::Request greedy(std::vector<inference::Message> messages, int maxTokens = 60)
{
    inference::Request request;
    request.messages = std::move(messages);
    request.sampling.temperature = 0;
    request.maxTokens = maxTokens;
    return request;
}

using Pictures = std::map<std::string, std::shared_ptr<const inference::Picture>>;

// The messages of a dialogue in a JSON file; its pictures by what their "image" says.
inline std::vector<inference::Message> messagesIn(
    const nlohmann::json& json, const Pictures& pictures)
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

// Square pictures of `side` pixels that stand one after the other in a file, by their names.
inline Pictures picturesIn(
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

// One golden dialogue with its reference answer.
struct GoldenCase {
    int id = 0;
    std::string task;
    std::vector<inference::Message> messages;
    std::size_t promptTokens = 0;
    std::size_t outputTokens = 0; // with the end of turn
    int pictures = 0;
    std::string output;
};

inline std::vector<GoldenCase> goldenCases()
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

// The robust golden dialogue of a task, doc_table for example, or of a group of tasks, doc_; the
// n-th of them.
inline const GoldenCase& goldenCase(const std::string& task, int n = 0)
{
    static const auto all = goldenCases();
    for (const GoldenCase& golden : all)
        if (golden.task.starts_with(task) && n-- == 0)
            return golden;
    fail(__FILE__, __LINE__, "no robust golden dialogue of " + task);
    std::exit(1);
}

// One request from submit to onDone, seen from outside. Keep it until wait() has returned.
class Caller {
public:
    using Watch = std::function<void(const inference::Progress&)>;

    Caller(inference::Engine& engine, inference::Request request, Watch watch = {})
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

    [[nodiscard]] inference::RequestId id() const { return m_id; }
    const inference::Result<inference::Completion>& wait()
    {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [&] { return m_doneCount > 0; });
        return m_result;
    }
    // Until progress of this stage has come.
    void waitFor(inference::Stage stage)
    {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [&] {
            return m_doneCount > 0
                || std::any_of(m_progress.begin(), m_progress.end(),
                    [&](const inference::Progress& p) { return p.stage == stage; });
        });
    }
    // After wait(), or from the callback.
    [[nodiscard]] std::string text() const
    {
        const std::lock_guard lock(m_mutex);
        return m_text;
    }
    [[nodiscard]] std::vector<inference::Progress> progress() const
    {
        const std::lock_guard lock(m_mutex);
        return m_progress;
    }
    [[nodiscard]] int doneCount() const
    {
        const std::lock_guard lock(m_mutex);
        return m_doneCount;
    }
    [[nodiscard]] bool oneThread() const
    {
        const std::lock_guard lock(m_mutex);
        return m_oneThread && m_thread != std::this_thread::get_id();
    }

private:
    void seen()
    {
        const std::lock_guard lock(m_mutex);
        if (m_thread == std::thread::id())
            m_thread = std::this_thread::get_id();
        m_oneThread = m_oneThread && m_thread == std::this_thread::get_id() && m_doneCount == 0;
    }

    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    Watch m_watch;
    std::string m_text;
    std::vector<inference::Progress> m_progress;
    int m_doneCount = 0;
    bool m_oneThread = true; // and nothing after onDone
    std::thread::id m_thread;
    inference::Result<inference::Completion> m_result;
    inference::RequestId m_id = 0;
};

// Asks and waits; the text, or the error's sentence.
inline std::string answer(inference::Engine& engine, inference::Request request)
{
    Caller caller(engine, std::move(request));
    const auto& result = caller.wait();
    return result ? caller.text() : result.error().message;
}

} // namespace lectern::test
