// SPDX-License-Identifier: Apache-2.0
// A loaded model and the one context it holds: answers a request, reusing what of it is held.
#pragma once

#include "inference/chat_format.h"
#include "inference/engine.h"
#include "inference/kv_cache.h"
#include "inference/local_engine.h"
#include "inference/model_file.h"
#include "inference/models/text_model.h"
#include "inference/picture_encoder.h"
#include "inference/prompt_lookup.h"
#include "inference/snapshots.h"
#include "inference/token_trie.h"
#include "inference/tokenizer.h"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern::inference {

struct SessionEvents {
    std::function<void(const Progress&)> onProgress;
    std::function<void(std::string)> onDelta; // valid UTF-8, not empty
};

// Thread: run() on one thread at a time; info() and tokenizer() on any.
// Invariant: m_held begins with what the KV cache holds, position by position, whatever way the
// last run ended; the cache itself counts only finished positions.
//
// What an answer depends on: the request, the model, the options, and nothing that was answered,
// stopped, guessed or restored before, but for rounding. How much of a prompt is held decides how
// many rows the rest is computed in, and the fast kernels round calls of more than kDecodeRows rows
// otherwise than calls of fewer (packed 16-bit weights, with AMX quantised ones, and prefill's
// attention: to bfloat16). The
// same split gives the same bits, whether a row was computed here, guessed or restored from disk.
// Another one moves log-probabilities a little (of the built-in model, some thousands of answers:
// by 0.0003 with mapped weights and f16 keys), so a text can part where two tokens are that close;
// and where two experts or two steps of a quantised key are, what follows jumps (rarely; by 0.1
// with q8_0 keys, by 0.3 with packed weights). The scalar kernels compute every row alone and give
// the same bits for every split (tests/inference/session_history_test.cpp).
class Session {
public:
    // Errors: those of LocalEngine::open.
    [[nodiscard]] static Result<std::unique_ptr<Session>> open(
        const LocalEngineOptions& options, const std::stop_token& stop);

    [[nodiscard]] const EngineInfo& info() const { return m_info; }
    [[nodiscard]] const Tokenizer& tokenizer() const { return *m_tokenizer; }

    // Answers. A stop gives FinishReason::cancelled, not an error. Errors: invalidRequest,
    // contextFull, outOfMemory.
    [[nodiscard]] Result<Completion> run(
        const Request& request, const SessionEvents& events, const std::stop_token& stop);

private:
    using Item = SnapshotItem;   // its picture: 0, or what pictureItem() makes of the picture's key
    struct Patches {             // the patch tokens of one tile
        std::int64_t first = 0;  // position in the prompt
        std::size_t picture = 0; // which of Plan::pictures
        std::int64_t row = 0;    // first row of its embeddings
    };
    struct Plan {
        std::vector<Item> items;
        std::vector<Patches> patches;
        std::vector<std::shared_ptr<const Picture>> pictures;
    };
    class Run;

    Session() = default;
    static Result<std::unique_ptr<Session>> openOn(
        DeviceChoice device, const LocalEngineOptions& options, const std::stop_token& stop);
    [[nodiscard]] Result<Plan> plan(const Request& request, const std::stop_token& stop);
    void keepSnapshots(const LocalEngineOptions& options);
    [[nodiscard]] std::uint64_t pictureItem(std::uint64_t pictureKey) const;
    [[nodiscard]] bool endsAnswer(TokenId id) const;

    std::unique_ptr<ModelFile> m_file;
    std::unique_ptr<ModelFile> m_visionFile;
    std::unique_ptr<Backend> m_backend;
    std::unique_ptr<Tokenizer> m_tokenizer;
    std::unique_ptr<ChatFormat> m_format;
    std::unique_ptr<TextModel> m_model;
    std::unique_ptr<PictureEncoder> m_eyes; // null: cannot see
    std::unique_ptr<KvCache> m_kv;
    std::unique_ptr<Snapshots> m_snapshots; // null: none are kept. Ends before the cache does
    std::uint64_t m_visionIdentity = 0;     // while snapshots are kept
    bool m_speculate = true;
    DraftPolicy m_draftPolicy;
    std::vector<TokenId> m_endTokens;
    std::unique_ptr<JsonVocabulary> m_jsonVocabulary; // null until an answer is held to JSON
    std::vector<Item> m_held;
    EngineInfo m_info;
};

} // namespace lectern::inference
