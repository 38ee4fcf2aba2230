// SPDX-License-Identifier: Apache-2.0
// Messages of a conversation as the engine speaks them: roles, text and picture parts. No tokens.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace lectern::inference {

// RGB, 8 bits a channel, rows top-down and tightly packed: 3 * width * height bytes.
// Shared because a conversation's history, the engine's cache and the reader hold the same one;
// immutable once shared.
struct Picture {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> rgb;
    std::uint64_t hash = 0; // of the pixels and the size; equal hash means equal picture
};

struct TextPart {
    std::string text; // UTF-8; never parsed for special tokens
};
struct ImagePart {
    std::shared_ptr<const Picture> picture;
};
using Part = std::variant<TextPart, ImagePart>;

enum class Role { system, user, assistant, tool };

struct Message {
    Role role = Role::user;
    std::vector<Part> parts;
    bool continues = false; // assistant: it did not end its turn (a tool call, or <|eom|>)
};

} // namespace lectern::inference
