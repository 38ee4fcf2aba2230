// SPDX-License-Identifier: Apache-2.0
// The plain structs that the assistant tells about: conversations, messages, models, progress.
#pragma once

#include "app/attachment.h"
#include "inference/chat.h"
#include "inference/engine.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lectern::app {

// The store's id of a row. Known, read and written on the storage thread only; elsewhere it is a
// token to hand back. Shared, because a row may be in use by a queued write and by the window.
using StoreKey = std::shared_ptr<std::int64_t>;

struct ConversationEntry {
    std::int64_t id = 0; // the application's own number
    std::string title;
    std::int64_t updatedAtMs = 0;
};

struct AnswerStats {
    inference::Timings timings;
    inference::FinishReason reason = inference::FinishReason::stop;
    int contextUsed = 0;
    int contextLength = 0;
    [[nodiscard]] double tokensPerSecond() const
    {
        return timings.decodeSeconds > 0 ? timings.generatedTokens / timings.decodeSeconds : 0;
    }
};

enum class MessageState { waiting, streaming, complete, stopped, failed, interrupted };

struct ChatMessage {
    std::int64_t id = 0; // the application's own number
    inference::Role role = inference::Role::user;
    MessageState state = MessageState::complete;
    std::string text;
    std::vector<Attachment> attachments; // of a question
    std::string modelName;               // of an answer
    AnswerStats stats;
    std::string error;                // sentence, when it failed
    std::vector<std::string> notices; // of an answer: what it does not use, why it was cut
    std::string stopString;           // of an answer that one ended
    std::vector<inference::ChosenLogProb> logProbs; // of an answer just made, when asked for
    StoreKey key;
};

// A place where all words of a search stand.
struct FoundPlace {
    std::int64_t conversation = 0; // the application's own number
    std::int64_t message = 0;      // for Assistant::openFound(); 0: it is the title
    std::string title;             // of the conversation
    std::int64_t timeMs = 0;
    std::string snippet; // what is around the words; `hits` are the words in it, bytes [from, to)
    std::vector<std::pair<std::size_t, std::size_t>> hits;
};

struct DraftAttachment {
    enum class State { reading, ready, rejected };
    State state = State::reading;
    double progress = -1; // 0..1; negative: unknown
    std::string reason;   // of a rejection
    Attachment attachment;
};

// Which model: both empty is the built-in one.
struct ModelChoice {
    std::filesystem::path model;
    std::filesystem::path mmproj; // empty: cannot see, except for the built-in model
    bool operator==(const ModelChoice&) const = default;
};

struct ModelState {
    std::string name;
    std::string description;
    std::string device;   // what computes: "CPU, AVX-512, 2 threads"
    std::string whyNoGpu; // a sentence, when a GPU was to be used if there was one
    std::string error;    // why the chosen model did not load; the earlier one stays
    bool demonstration = false;
    bool loading = false;
    double progress = -1; // of loading, 0 to 1; negative: unknown
    bool ready = false;
    bool seesPictures = false;
    int contextLength = 0;
};

struct Activity {
    std::string text; // empty: nothing runs
    double progress = -1;
};

struct Usage {
    double tokensPerSecond = 0;
    int contextUsed = 0;
    int contextLength = 0;
};

} // namespace lectern::app
