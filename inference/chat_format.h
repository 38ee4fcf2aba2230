// SPDX-License-Identifier: Apache-2.0
// Llama 4's dialogue format: messages to prompt tokens, pictures to runs of <|patch|>. The only
// place that writes special tokens; templates found in model files are never executed.
#pragma once

#include "inference/chat.h"
#include "inference/error.h"
#include "inference/tokenizer.h"

#include <cstddef>
#include <optional>
#include <span>
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

// Thread safety: immutable; borrows the tokenizer, which must outlive it.
class ChatFormat {
public:
    // Errors: missingKey when the vocabulary lacks a special token of the format, naming it.
    [[nodiscard]] static Result<ChatFormat> create(const Tokenizer& tokenizer);

    // The whole conversation and the header of the answer. Adjacent TextParts of a message are one
    // text; each text is encoded by itself, untrimmed, never giving special tokens.
    //   pictures  the shape of every ImagePart, in the order of the messages
    // Errors: invalidRequest when the shapes do not fit the messages, or when there is a picture
    // and the vocabulary has no tokens for pictures.
    [[nodiscard]] Result<Prompt> prompt(
        std::span<const Message> messages, std::span<const PictureShape> pictures) const;

    // What ends an answer: <|eot|>, <|eom|>, <|end_of_text|>, as far as the vocabulary has them.
    [[nodiscard]] const std::vector<TokenId>& stopTokens() const { return m_stops; }
    [[nodiscard]] bool isStop(TokenId id) const;

private:
    explicit ChatFormat(const Tokenizer& tokenizer) : m_tokenizer(&tokenizer) { }
    void append(Prompt& prompt, std::string_view text) const;
    void appendHeader(Prompt& prompt, Role role) const;
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
    TokenId m_begin = 0;
    TokenId m_headerStart = 0;
    TokenId m_headerEnd = 0;
    TokenId m_endOfTurn = 0;
    TokenId m_endOfMessage = 0;
    std::optional<PictureTokens> m_picture; // absent in vocabularies without pictures
    std::vector<TokenId> m_stops;
};

} // namespace lectern::inference
