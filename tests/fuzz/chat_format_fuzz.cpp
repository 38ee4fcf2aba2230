// SPDX-License-Identifier: Apache-2.0
// Fuzz entry of the chat format: dialogues whose texts come from outside. However they are written,
// the special tokens of the prompt are those that the format itself puts there.
//
// Input: messages, each begun by a byte: bits 0-1 the role, bit 2 continues, bit 3 a picture comes
// before the text; then text up to the next byte 0xFF.
#include "inference/chat_format.h"

#include "inference/utf8.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

using namespace lectern::inference;

namespace {

constexpr const char* kNames[] = {"<|begin_of_text|>", "<|header_start|>", "<|header_end|>",
    "<|eot|>", "<|eom|>", "<|end_of_text|>", "<|image_start|>", "<|image_end|>", "<|image|>",
    "<|patch|>", "<|tile_x_separator|>", "<|tile_y_separator|>"};
constexpr int kTokensPerTile = 3;

void require(bool condition)
{
    if (!condition)
        std::abort();
}

// Bytes, the special tokens of the format, and "<|" as an ordinary token, to make it harder.
std::unique_ptr<Tokenizer> tokenizer()
{
    Gguf gguf;
    gguf.keys["tokenizer.ggml.model"] = std::string("gpt2");
    gguf.keys["tokenizer.ggml.pre"] = std::string("llama4");
    std::vector<std::string> names;
    int next = 0x100;
    for (int i = 0; i < 256; ++i) {
        const bool itself = (i >= 0x21 && i <= 0x7E) || (i >= 0xA1 && i <= 0xAC) || i >= 0xAE;
        const int code = itself ? i : next++;
        names.push_back(code < 0x80 ? std::string{static_cast<char>(code)}
                                    : std::string{static_cast<char>(0xC0 | code >> 6),
                                        static_cast<char>(0x80 | (code & 0x3F))});
    }
    names.emplace_back("<|");
    std::vector<std::int64_t> types(names.size(), 1);
    for (const char* name : kNames) {
        names.emplace_back(name);
        types.push_back(3);
    }
    gguf.keys["tokenizer.ggml.tokens"] = std::move(names);
    gguf.keys["tokenizer.ggml.token_type"] = std::move(types);
    gguf.keys["tokenizer.ggml.merges"] = std::vector<std::string>{"< |"};
    auto made = Tokenizer::fromGguf(gguf);
    require(made.has_value());
    return std::move(*made);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const auto vocabulary = tokenizer();
    static const auto format = ChatFormat::create(*vocabulary);
    require(format.has_value());

    std::string_view rest(reinterpret_cast<const char*>(data), size);
    std::vector<Message> messages;
    std::vector<PictureShape> shapes;
    std::size_t patches = 0;
    while (!rest.empty()) {
        const auto head = static_cast<unsigned char>(rest.front());
        const std::size_t end = std::min(rest.find('\xFF', 1), rest.size());
        Message message{static_cast<Role>(head & 3), {}, (head & 4) != 0};
        if ((head & 8) != 0) {
            message.parts.emplace_back(ImagePart{});
            shapes.push_back({1 + (head >> 4 & 3), 1 + (head >> 6), kTokensPerTile});
            patches += static_cast<std::size_t>(shapes.back().tileCount()) * kTokensPerTile;
        }
        message.parts.emplace_back(TextPart{std::string(rest.substr(1, end - 1))});
        messages.push_back(std::move(message));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const auto prompt = format->prompt(messages, shapes);
    require(prompt.has_value());
    const auto count = [&](const char* name) {
        return static_cast<std::size_t>(
            std::ranges::count(prompt->ids, *vocabulary->special(name)));
    };
    require(count("<|begin_of_text|>") == 1);
    require(prompt->ids.front() == *vocabulary->special("<|begin_of_text|>"));
    require(count("<|header_start|>") == messages.size() + 1);
    require(count("<|header_end|>") == messages.size() + 1);
    require(count("<|eot|>") + count("<|eom|>") == messages.size());
    require(count("<|end_of_text|>") == 0);
    require(count("<|image_start|>") == shapes.size());
    require(count("<|image|>") == shapes.size());
    require(count("<|image_end|>") == shapes.size());
    require(count("<|patch|>") == patches);
    std::size_t inSlots = 0;
    for (const PatchSlot& slot : prompt->slots) {
        for (int i = 0; i < slot.tokens; ++i, ++inSlots)
            require(prompt->ids[slot.position + static_cast<std::size_t>(i)]
                == *vocabulary->special("<|patch|>"));
    }
    require(inSlots == patches);
    require(isValidUtf8(vocabulary->decode(prompt->ids)));
    // Wrong numbers of pictures are refused.
    shapes.push_back({});
    require(!format->prompt(messages, shapes).has_value());
    return 0;
}
