// SPDX-License-Identifier: Apache-2.0
// Writing a dialogue in the format of the model's family. Sources: Llama 4, tests/golden/README.md,
// section 7; the others, tests/golden/architectures/README.md.
#include "inference/chat_format.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace lectern::inference {

// How a family writes messages: headerStart role headerEnd afterHeader content endOfTurn afterTurn.
// Names in <> are special tokens, the rest is text.
struct ChatDialect {
    std::string_view name; // for people
    // Stands before everything; nullptr: the vocabulary's own BOS, where its texts begin with that.
    const char* begin = nullptr;
    const char* headerStart; // tells the dialect
    const char* headerEnd = nullptr;
    std::string_view afterHeader; // text
    const char* endOfTurn;
    // Ends tool results and answers that did not end their turn; nullptr: endOfTurn does.
    const char* endOfMessage = nullptr;
    bool endOfMessageIsOptional = false; // vocabularies that lack it use endOfTurn
    std::string_view afterTurn{};        // text
    std::string_view toolRole;           // under which tool results are given,
    std::string_view beforeTool{};       // and what stands around them: our text, in which special
    std::string_view afterTool{};        // tokens are meant
    std::string_view noThought{}; // begins the answer of a model that could think aloud; likewise
    std::array<std::string_view, 3> stops;
};

namespace {

constexpr ChatDialect kDialects[] = {
    {
        .name = "Llama 4",
        .begin = "<|begin_of_text|>",
        .headerStart = "<|header_start|>",
        .headerEnd = "<|header_end|>",
        .afterHeader = "\n\n",
        .endOfTurn = "<|eot|>",
        .endOfMessage = "<|eom|>",
        .toolRole = "ipython",
        .stops = {"<|eot|>", "<|eom|>", "<|end_of_text|>"},
    },
    {
        .name = "Llama 3",
        .begin = "<|begin_of_text|>",
        .headerStart = "<|start_header_id|>",
        .headerEnd = "<|end_header_id|>",
        .afterHeader = "\n\n",
        .endOfTurn = "<|eot_id|>",
        .endOfMessage = "<|eom_id|>",
        .endOfMessageIsOptional = true, // came with Llama 3.1
        .toolRole = "ipython",
        .stops = {"<|eot_id|>", "<|eom_id|>", "<|end_of_text|>"},
    },
    {
        .name = "ChatML",
        .headerStart = "<|im_start|>",
        .afterHeader = "\n",
        .endOfTurn = "<|im_end|>",
        .afterTurn = "\n",
        .toolRole = "user",
        .beforeTool = "<tool_response>\n",
        .afterTool = "\n</tool_response>",
        .noThought = "<think>\n\n</think>\n\n",
        .stops = {"<|im_end|>", "<|endoftext|>"},
    },
};

constexpr std::string_view kThought = "</think>"; // ends one

std::string_view nameOf(Role role, const ChatDialect& dialect)
{
    switch (role) {
    case Role::system:
        return "system";
    case Role::user:
        return "user";
    case Role::assistant:
        return "assistant";
    case Role::tool:
        return dialect.toolRole;
    }
    return "user";
}

// The dialect whose tokens the vocabulary has; of several the one whose end of turn is the file's
// end token, else the first.
const ChatDialect* dialectOf(const Tokenizer& tokenizer)
{
    const ChatDialect* first = nullptr;
    for (const ChatDialect& dialect : kDialects) {
        if (!tokenizer.special(dialect.headerStart))
            continue;
        if (tokenizer.eos() && tokenizer.special(dialect.endOfTurn) == tokenizer.eos())
            return &dialect;
        first = first == nullptr ? &dialect : first;
    }
    return first;
}

// An earlier answer without what was thought aloud before it.
std::string_view withoutThought(std::string_view answer)
{
    const std::size_t end = answer.rfind(kThought);
    if (end == std::string_view::npos)
        return answer;
    answer.remove_prefix(end + kThought.size());
    answer.remove_prefix(std::min(answer.find_first_not_of('\n'), answer.size()));
    return answer;
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
    const ChatDialect* dialect = dialectOf(tokenizer);
    if (dialect == nullptr) {
        std::string known;
        for (const ChatDialect& row : kDialects)
            known += fmt::format("{}{} ({})", known.empty() ? "" : ", ", row.headerStart, row.name);
        return fail(ErrorCode::missingKey,
            fmt::format("The model's vocabulary has none of the tokens that begin a message: {}; "
                        "it cannot hold a dialogue. Choose an instruction-tuned model.",
                known));
    }
    ChatFormat format(tokenizer, *dialect);
    if (auto missing = format.findTokens())
        return tl::unexpected(std::move(*missing));
    return format;
}

std::optional<Error> ChatFormat::findTokens()
{
    std::optional<Error> missing;
    const auto require = [&](const char* name) {
        const auto found = m_tokenizer->special(name);
        if (!found && !missing)
            missing = Error{ErrorCode::missingKey,
                fmt::format(
                    "The model's vocabulary has no {} token; it cannot hold a dialogue.", name)};
        return found.value_or(0);
    };
    const ChatDialect& dialect = *m_dialect;
    if (dialect.begin != nullptr)
        m_begin = require(dialect.begin);
    else if (m_tokenizer->beginsText())
        m_begin = m_tokenizer->bos();
    m_headerStart = require(dialect.headerStart);
    if (dialect.headerEnd != nullptr)
        m_headerEnd = require(dialect.headerEnd);
    m_endOfTurn = require(dialect.endOfTurn);
    m_endOfMessage = m_endOfTurn;
    if (dialect.endOfMessage != nullptr && !dialect.endOfMessageIsOptional)
        m_endOfMessage = require(dialect.endOfMessage);
    else if (dialect.endOfMessage != nullptr)
        m_endOfMessage = m_tokenizer->special(dialect.endOfMessage).value_or(m_endOfTurn);
    m_thinks = !dialect.noThought.empty() && m_tokenizer->special(kThought).has_value();

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
        const auto found = m_tokenizer->special(row.first);
        *row.second = found.value_or(0);
        return found.has_value();
    });
    if (seesPictures)
        m_picture = picture;
    for (const std::string_view name : dialect.stops) {
        if (const auto id = m_tokenizer->special(name))
            m_stops.push_back(*id);
    }
    return missing;
}

std::string_view ChatFormat::name() const
{
    return m_dialect->name;
}

bool ChatFormat::isStop(TokenId id) const
{
    return std::ranges::find(m_stops, id) != m_stops.end();
}

void ChatFormat::append(Prompt& prompt, std::string_view text, SpecialTokens special) const
{
    const auto ids = m_tokenizer->encode(text, special);
    prompt.ids.insert(prompt.ids.end(), ids.begin(), ids.end());
}

void ChatFormat::appendHeader(Prompt& prompt, Role role) const
{
    prompt.ids.push_back(m_headerStart);
    append(prompt, nameOf(role, *m_dialect));
    if (m_headerEnd)
        prompt.ids.push_back(*m_headerEnd);
    append(prompt, m_dialect->afterHeader);
    if (role == Role::tool)
        append(prompt, m_dialect->beforeTool, SpecialTokens::parsed);
}

void ChatFormat::appendEnd(Prompt& prompt, const Message& message) const
{
    if (message.role == Role::tool)
        append(prompt, m_dialect->afterTool, SpecialTokens::parsed);
    const bool unfinished =
        message.role == Role::tool || (message.role == Role::assistant && message.continues);
    prompt.ids.push_back(unfinished ? m_endOfMessage : m_endOfTurn);
    append(prompt, m_dialect->afterTurn);
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
    if (m_begin)
        prompt.ids.push_back(*m_begin);
    for (const Message& message : messages) {
        appendHeader(prompt, message.role);
        std::string text; // of adjacent parts
        const auto flush = [&] {
            const bool answered = m_thinks && message.role == Role::assistant;
            append(prompt, answered ? withoutThought(text) : text);
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
        appendEnd(prompt, message);
    }
    appendHeader(prompt, Role::assistant);
    if (m_thinks)
        append(prompt, m_dialect->noThought, SpecialTokens::parsed);
    return prompt;
}

} // namespace lectern::inference
