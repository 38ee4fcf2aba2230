// SPDX-License-Identifier: Apache-2.0
// Dialogue formats: messages to prompt tokens, pictures to runs of <|patch|>. The only place that
// writes special tokens; templates found in model files are never executed. Which format a model
// speaks is told by the special tokens of its vocabulary: Llama 4's, Llama 3's, ChatML (Qwen).
#pragma once

#include "inference/chat.h"
#include "inference/error.h"
#include "inference/tokenizer.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace lectern::inference {

// How a picture was cut; with more than one tile a global tile follows the rows * columns others.
struct PictureShape {
    int rows = 1;
    int columns = 1;
    int tokensPerTile = 144;
    [[nodiscard]] int tileCount() const { return rows * columns > 1 ? rows * columns + 1 : 1; }
    // Tokens the picture takes in a prompt: patches, separators, start, end.
    [[nodiscard]] int tokenCount() const;
};

// A run of <|patch|> tokens, to be replaced by the vision embeddings of one tile.
struct PatchSlot {
    std::size_t position; // of the first one in Prompt::ids
    int tokens;           // length of the run
    int picture;          // counted over all ImageParts of the messages, in order
    int tile;             // of that picture: row by row, the global one last
};

struct Prompt {
    std::vector<TokenId> ids;
    std::vector<PatchSlot> slots; // by position
};

struct ChatDialect; // one row of the table of formats

// Thread safety: immutable; borrows the tokenizer, which must outlive it.
class ChatFormat {
public:
    // Errors: missingKey when the vocabulary lacks a special token of the format, naming it, or has
    // those of no format at all.
    [[nodiscard]] static Result<ChatFormat> create(const Tokenizer& tokenizer);

    // The whole conversation and the header of the answer. Adjacent TextParts of a message are one
    // text; each text is encoded by itself, untrimmed, never giving special tokens. Models that can
    // think aloud (a vocabulary with <think>) are told not to, as their own format does it, and
    // what they thought is left out of earlier answers.
    //   pictures  the shape of every ImagePart, in the order of the messages
    // Errors: invalidRequest when the shapes do not fit the messages, or when there is a picture
    // and the vocabulary has no tokens for pictures.
    [[nodiscard]] Result<Prompt> prompt(
        std::span<const Message> messages, std::span<const PictureShape> pictures) const;

    // For people: "Llama 4".
    [[nodiscard]] std::string_view name() const;
    // What ends an answer, e.g. <|eot|>, <|eom|>, <|end_of_text|>, as far as the vocabulary has
    // them.
    [[nodiscard]] const std::vector<TokenId>& stopTokens() const { return m_stops; }
    [[nodiscard]] bool isStop(TokenId id) const;

private:
    ChatFormat(const Tokenizer& tokenizer, const ChatDialect& dialect)
        : m_tokenizer(&tokenizer), m_dialect(&dialect)
    {
    }
    [[nodiscard]] std::optional<Error> findTokens();
    void append(
        Prompt& prompt, std::string_view text, SpecialTokens special = SpecialTokens::asText) const;
    void appendHeader(Prompt& prompt, Role role) const;
    void appendEnd(Prompt& prompt, const Message& message) const;
    void appendPicture(Prompt& prompt, const PictureShape& shape, int picture) const;

    struct PictureTokens {
        TokenId start;
        TokenId end;
        TokenId image;
        TokenId patch;
        TokenId separatorX;
        TokenId separatorY;
    };

    const Tokenizer* m_tokenizer;
    const ChatDialect* m_dialect;
    std::optional<TokenId> m_begin;
    TokenId m_headerStart = 0;
    std::optional<TokenId> m_headerEnd;
    TokenId m_endOfTurn = 0;
    TokenId m_endOfMessage = 0; // the same where the vocabulary has none
    bool m_thinks = false;
    std::optional<PictureTokens> m_picture; // absent in vocabularies without pictures
    std::vector<TokenId> m_stops;
};

} // namespace lectern::inference
