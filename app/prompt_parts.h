// SPDX-License-Identifier: Apache-2.0
// How text, documents, pictures and clips stand in a prompt, and what they take of it
// (app/prompt_builder.h shows the forms). Pure.
#pragma once

#include "app/attachment.h"
#include "app/prompt_builder.h"

#include <string>
#include <string_view>

namespace lectern::app {

// How much of an attachment: bytes of text, pictures or frames, and subtitles of a clip.
struct Units {
    std::size_t main = 0;
    std::size_t subtitles = 0;
};
[[nodiscard]] Units allOf(const AttachmentContent& content);

// Joins with text that is there already, so that both are tokenised as one.
void appendText(inference::Message& message, std::string_view text);

// `seeing` false: without pictures.
void appendAttachment(inference::Message& message, std::string_view fileName,
    const AttachmentContent& content, Units units, bool seeing);

// The document around no text.
[[nodiscard]] std::string emptyDocument(std::string_view fileName);

// Counts as the engine does. Borrows the budget.
class PromptCounter {
public:
    explicit PromptCounter(const PromptBudget& budget);

    [[nodiscard]] int text(std::string_view text) const { return m_budget.countTokens(text); }
    [[nodiscard]] int picture(const inference::Picture& picture) const;
    [[nodiscard]] bool seeing() const { return m_budget.tiles.has_value(); }
    [[nodiscard]] int header(inference::Role role) const;
    [[nodiscard]] int message(const inference::Message& message) const;
    // The beginning of text, and the header of the answer.
    [[nodiscard]] int frame() const { return 1 + header(inference::Role::assistant); }
    // Pictures within the first `bytes` of a document.
    [[nodiscard]] int picturesIn(const AttachmentContent& content, std::size_t bytes) const;
    [[nodiscard]] int attachment(
        std::string_view fileName, const AttachmentContent& content, Units units) const;

private:
    [[nodiscard]] int parts(const inference::Message& message) const;

    const PromptBudget& m_budget;
    int m_lineEnds;
};

} // namespace lectern::app
