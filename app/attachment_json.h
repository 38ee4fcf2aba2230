// SPDX-License-Identifier: Apache-2.0
// Attachments and answers as the store keeps them: JSON objects, read back leniently.
#pragma once

#include "app/attachment.h"
#include "app/chat.h"
#include "storage/store.h"

#include <string>
#include <string_view>
#include <vector>

namespace lectern::app {

// With the thumbnail as a small JPEG inside detailsJson. Thread: any (takes milliseconds).
[[nodiscard]] storage::Attachment toStored(const Attachment& attachment);
// Without content; `source` is where the bytes are.
[[nodiscard]] Attachment fromStored(
    const storage::Attachment& stored, std::filesystem::path source);

// What an answer was made of: timings, and how much of each file every turn had in the prompt.
struct StoredAnswer {
    AnswerStats stats;
    // [turn][attachment] of the dialogue that the answer ends; a turn is a message of either role.
    std::vector<std::vector<Inclusion>> inclusions;
};
[[nodiscard]] std::string toJson(const StoredAnswer& answer);
// A damaged text gives an empty answer: the conversation is still worth showing.
[[nodiscard]] StoredAnswer answerFromJson(std::string_view json);

// The sentences about what was not read, and why an answer ended early.
[[nodiscard]] std::vector<std::string> noticesOf(const StoredAnswer& answer);

} // namespace lectern::app
