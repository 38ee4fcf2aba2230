// SPDX-License-Identifier: Apache-2.0
// What the tests of LocalEngine share: the nano model, its golden cases, a caller that waits.
#pragma once

#include "inference/local_engine.h"
#include "tests/inference/gguf_edit.h"
#include "tests/inference/test.h"

#include <condition_variable>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <thread>

namespace lectern::test {

std::filesystem::path nano(const std::string& name);

// The golden tiles are cut already: a picture of 112 x 112 pixels is its own only tile. A picture
// of 224 x 112 gives two tiles and a global one of every second column.
inference::ImageTiles cutIntoTiles(
    const inference::Picture& picture, const inference::TileSpec& spec);

inference::LocalEngineOptions nanoOptions();

std::unique_ptr<inference::LocalEngine> openEngine(const inference::LocalEngineOptions& options);

// The nano model as most tests use it, opened once.
inference::LocalEngine& sharedEngine();

inference::Message says(inference::Role role, const std::string& text);

inference::Request greedy(std::vector<inference::Message> messages, int maxTokens = 60);

using Pictures = std::map<std::string, std::shared_ptr<const inference::Picture>>;

// The messages of a dialogue in a JSON file; its pictures by what their "image" says.
std::vector<inference::Message> messagesIn(const nlohmann::json& json, const Pictures& pictures);

// Square pictures of `side` pixels that stand one after the other in a file, by their names.
Pictures picturesIn(
    const std::filesystem::path& file, const std::vector<std::string>& names, int side);

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

std::vector<GoldenCase> goldenCases();

// The robust golden dialogue of a task, doc_table for example, or of a group of tasks, doc_; the
// n-th of them.
const GoldenCase& goldenCase(const std::string& task, int n = 0);

// One request from submit to onDone, seen from outside. Keep it until wait() has returned.
class Caller {
public:
    using Watch = std::function<void(const inference::Progress&)>;

    Caller(inference::Engine& engine, inference::Request request, Watch watch = {});

    [[nodiscard]] inference::RequestId id() const { return m_id; }
    const inference::Result<inference::Completion>& wait();
    // Until progress of this stage has come.
    void waitFor(inference::Stage stage);
    // After wait(), or from the callback.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::vector<inference::Progress> progress() const;
    [[nodiscard]] int doneCount() const;
    [[nodiscard]] bool
    oneThread() const; // every callback from the same, and from another than this

private:
    void seen();

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
std::string answer(inference::Engine& engine, inference::Request request);

} // namespace lectern::test
