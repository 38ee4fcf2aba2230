// SPDX-License-Identifier: Apache-2.0
// Fuzz entry of the text decoder: whatever comes in, valid UTF-8 without NUL comes out, or an
// error.
#include "media/text_decoder.h"

#include <cstdint>
#include <cstdlib>

using namespace lectern::media;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto bytes = std::as_bytes(std::span(data, size));
    (void)looksLikeText(bytes.first(std::min<std::size_t>(size, 4096)));
    const auto first = decodeText(bytes, {});
    if (!first)
        return 0;
    if (first->text.find('\0') != std::string::npos || first->text.find('\r') != std::string::npos)
        std::abort();
    // What was cleaned is clean: decoding it again as marked UTF-8 changes nothing.
    const std::string again = "\xEF\xBB\xBF" + first->text;
    const auto second = decodeText(std::as_bytes(std::span(again)), {});
    if (!second || second->text != first->text || second->replaced != 0)
        std::abort();
    return 0;
}
