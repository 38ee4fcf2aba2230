// SPDX-License-Identifier: Apache-2.0
// Reading again, and building the prompt.
#include "app/preparation.h"

#include "app/attachment_reading.h"

#include <algorithm>

namespace lectern::app {
namespace {

constexpr int kAnswerShare = 4; // at most a quarter of the context is kept for the answer

SharedContent contentOf(const Attachment& attachment, const std::stop_token& stop)
{
    if (attachment.content || attachment.source.empty())
        return attachment.content;
    auto again = readAttachment(attachment.source, attachment.fileName, stop, {});
    return again ? again->content : nullptr;
}

} // namespace

PreparationResult prepare(const PreparationInput& input, const std::stop_token& stop)
{
    PreparationResult result;
    PromptInput prompt{input.system, {}};
    for (const ChatMessage& message : input.messages) {
        Turn turn{message.role, message.text, {}};
        auto& contents = result.contents.emplace_back();
        for (const Attachment& attachment : message.attachments) {
            contents.push_back(contentOf(attachment, stop));
            turn.attachments.push_back(
                {attachment.fileName, contents.back(), attachment.inclusion});
        }
        prompt.turns.push_back(std::move(turn));
    }
    if (stop.stop_requested()) {
        result.prompt = tl::unexpected(PromptError{"Stopped."});
        return result;
    }
    const auto info = input.engine->info();
    result.prompt = buildPrompt(prompt,
        {info.contextLength, std::min(input.maxTokens, info.contextLength / kAnswerShare),
            [&](std::string_view text) { return input.engine->countTokens(text); }, info.tiles});
    return result;
}

} // namespace lectern::app
