// SPDX-License-Identifier: Apache-2.0
// Writing a dialogue in Llama 4's format. Source: tests/golden/README.md, section 7.
#include "inference/chat_format.h"

#include <algorithm>
#include <fmt/format.h>

namespace lectern::inference {
namespace {

std::string_view nameOf(Role role)
{
    switch (role) {
    case Role::system:
        return "system";
    case Role::user:
        return "user";
    case Role::assistant:
        return "assistant";
    case Role::tool:
        return "ipython";
    }
    return "user";
}

} // namespace

int PictureShape::tokenCount() const
{
    // <|image_start|>, <|image|>, <|image_end|>; one separator behind every tile but the global.
    const int separators = rows * columns > 1 ? rows * columns : 0;
    return tileCount() * tokensPerTile + separators + 3;
}

Result<ChatFormat> ChatFormat::create(const Tokenizer& tokenizer)
{
    ChatFormat format(tokenizer);
    const std::pair<const char*, TokenId*> required[] = {
        {"<|begin_of_text|>", &format.m_begin},
        {"<|header_start|>", &format.m_headerStart},
        {"<|header_end|>", &format.m_headerEnd},
        {"<|eot|>", &format.m_endOfTurn},
        {"<|eom|>", &format.m_endOfMessage},
    };
    for (const auto& [name, id] : required) {
        const auto found = tokenizer.special(name);
        if (!found) {
            return fail(ErrorCode::missingKey,
                fmt::format(
                    "The model's vocabulary has no {} token; it cannot hold a dialogue.", name));
        }
        *id = *found;
    }
    PictureTokens picture{};
    const std::pair<const char*, TokenId*> forPictures[] = {
        {"<|image_start|>", &picture.start},
        {"<|image_end|>", &picture.end},
        {"<|image|>", &picture.image},
        {"<|patch|>", &picture.patch},
        {"<|tile_x_separator|>", &picture.separatorX},
        {"<|tile_y_separator|>", &picture.separatorY},
    };
    const bool seesPictures = std::ranges::all_of(forPictures, [&](const auto& row) {
        const auto found = tokenizer.special(row.first);
        *row.second = found.value_or(0);
        return found.has_value();
    });
    if (seesPictures)
        format.m_picture = picture;
    for (const char* name : {"<|eot|>", "<|eom|>", "<|end_of_text|>"}) {
        if (const auto id = tokenizer.special(name))
            format.m_stops.push_back(*id);
    }
    return format;
}

bool ChatFormat::isStop(TokenId id) const
{
    return std::ranges::find(m_stops, id) != m_stops.end();
}

void ChatFormat::append(Prompt& prompt, std::string_view text) const
{
    const auto ids = m_tokenizer->encode(text, SpecialTokens::asText);
    prompt.ids.insert(prompt.ids.end(), ids.begin(), ids.end());
}

void ChatFormat::appendHeader(Prompt& prompt, Role role) const
{
    prompt.ids.push_back(m_headerStart);
    append(prompt, nameOf(role));
    prompt.ids.push_back(m_headerEnd);
    append(prompt, "\n\n");
}

void ChatFormat::appendPicture(Prompt& prompt, const PictureShape& shape, int picture) const
{
    const auto token = [&](TokenId id) { prompt.ids.push_back(id); };
    int tile = 0;
    const auto patches = [&] {
        prompt.slots.push_back({prompt.ids.size(), shape.tokensPerTile, picture, tile++});
        prompt.ids.insert(
            prompt.ids.end(), static_cast<std::size_t>(shape.tokensPerTile), m_picture->patch);
    };
    token(m_picture->start);
    if (shape.rows * shape.columns > 1) {
        for (int row = 0; row < shape.rows; ++row) {
            for (int column = 0; column < shape.columns; ++column) {
                patches();
                token(column + 1 < shape.columns ? m_picture->separatorX : m_picture->separatorY);
            }
        }
    }
    token(m_picture->image);
    patches();
    token(m_picture->end);
}

Result<Prompt> ChatFormat::prompt(
    std::span<const Message> messages, std::span<const PictureShape> pictures) const
{
    const auto isImage = [](const Part& part) { return std::holds_alternative<ImagePart>(part); };
    std::size_t expected = 0;
    for (const Message& message : messages)
        expected += static_cast<std::size_t>(std::ranges::count_if(message.parts, isImage));
    if (expected != pictures.size()) {
        return fail(ErrorCode::invalidRequest,
            fmt::format("The conversation holds {} pictures, but {} were prepared.", expected,
                pictures.size()));
    }
    if (expected > 0 && !m_picture) {
        return fail(ErrorCode::invalidRequest,
            "This model cannot see pictures; remove them or choose another model.");
    }

    Prompt prompt;
    std::size_t picture = 0;
    prompt.ids.push_back(m_begin);
    for (const Message& message : messages) {
        appendHeader(prompt, message.role);
        std::string text; // of adjacent parts
        const auto flush = [&] {
            append(prompt, text);
            text.clear();
        };
        for (const Part& part : message.parts) {
            if (const auto* words = std::get_if<TextPart>(&part)) {
                text += words->text;
                continue;
            }
            flush();
            const PictureShape& shape = pictures[picture];
            if (shape.rows < 1 || shape.columns < 1 || shape.tokensPerTile < 1) {
                return fail(ErrorCode::invalidRequest,
                    fmt::format(
                        "Picture {} has no tiles; it cannot be shown to the model.", picture + 1));
            }
            appendPicture(prompt, shape, static_cast<int>(picture++));
        }
        flush();
        const bool unfinished =
            message.role == Role::tool || (message.role == Role::assistant && message.continues);
        prompt.ids.push_back(unfinished ? m_endOfMessage : m_endOfTurn);
    }
    appendHeader(prompt, Role::assistant);
    return prompt;
}

} // namespace lectern::inference
