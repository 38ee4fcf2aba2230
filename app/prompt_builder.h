// SPDX-License-Identifier: Apache-2.0
// From a conversation to the messages an engine gets: a pure function, with an honest account of
// what of every attachment is in them.
//
//   document  <document name="NAME">\nTEXT\n</document>\n\n      before the question
//             with the pictures of its pages where they stand
//   picture   the picture, directly followed by what comes next
//   video     for every frame "[mm:ss]", the frame, "\n", and for every subtitle "[mm:ss] TEXT\n",
//             by time
//
// Files come in the order they were dropped, then the question, word for word. A turn that was sent
// once is rendered alike ever after (its Inclusion says how much of a file went in), so that what
// an engine has cached stays a prefix of every later prompt. No text is ever read for special
// tokens; that is the engine's promise.
#pragma once

#include "app/attachment.h"
#include "app/document_fit.h"
#include "inference/chat.h"
#include "inference/image_tiles.h"

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace lectern::app {

struct PromptAttachment {
    std::string fileName;
    SharedContent content;
    std::optional<Inclusion> inclusion; // of an earlier prompt; binding for this one
};

struct Turn {
    inference::Role role = inference::Role::user;
    std::string text;
    std::vector<PromptAttachment> attachments; // of the user
};

struct PromptInput {
    std::string system; // empty: no system message
    std::vector<Turn>
        turns; // oldest first; the last one is the question. Empty answers are skipped.
};

struct PromptBudget {
    int contextLength = 0; // tokens the engine holds
    int answerTokens = 0;  // of these, kept free for the answer
    TokenCounter countTokens;
    std::optional<inference::TileSpec> tiles; // nullopt: the model cannot see
};

struct Prompt {
    std::vector<inference::Message> messages;
    std::vector<std::vector<Inclusion>> inclusions; // [turn][attachment]
    int tokens = 0; // of the whole prompt, exactly as the engine counts it
};

struct PromptError {
    std::string message; // a sentence: what is needed, what there is, what to do
};

// Documents of the question are cut at a paragraph when they don't fit, videos thinned to fewer
// frames and the first subtitles; the Inclusion says so. A subtitle file of the same name as a clip
// of the question stands between the frames of that clip. Errors: pictures that the model cannot
// see, pictures or a dialogue that do not fit, or so little room that no useful part of a document
// would be read. Thread: any; takes time linear in the text.
[[nodiscard]] tl::expected<Prompt, PromptError> buildPrompt(
    const PromptInput& input, const PromptBudget& budget);

// Tokens that a picture takes in a prompt.
[[nodiscard]] int pictureTokens(const inference::Picture& picture, const inference::TileSpec& spec);

// Tokens that a whole attachment takes in a prompt; pictures count 0 for a model that cannot see.
[[nodiscard]] int attachmentTokens(
    std::string_view fileName, const AttachmentContent& content, const PromptBudget& budget);

} // namespace lectern::app
