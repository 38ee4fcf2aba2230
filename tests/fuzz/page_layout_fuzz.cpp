// SPDX-License-Identifier: Apache-2.0
// Fuzz entry of the page layout: seven bytes a line (place, width, height, letters, flags); no word
// of a line may get lost, whatever the places are.
#include "media/page_layout.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

using namespace lectern::media;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::vector<PlacedLine> lines;
    std::size_t letters = 0;
    for (std::size_t at = 0; at + 7 <= size && lines.size() < 400; at += 7) {
        PlacedLine line;
        const double left = data[at] * 3.0, top = data[at + 1] * 4.0;
        const double width = data[at + 2], height = data[at + 3] % 40;
        const std::size_t pieces = data[at + 5] % 4;
        for (std::size_t i = 0; i < pieces; ++i) {
            const double begin = left + static_cast<double>(i) * (width + data[at + 6] % 60);
            line.pieces.push_back({begin, top, begin + width, top + height});
        }
        for (unsigned i = 0; i < data[at + 4] % 80U; ++i)
            line.text += i % 6 == 5 ? ' ' : 'x';
        line.breaksWord = (data[at + 5] & 8U) != 0;
        line.heading = (data[at + 5] & 16U) != 0 ? 2 : 0;
        if (!line.pieces.empty())
            letters += static_cast<std::size_t>(std::ranges::count(line.text, 'x'));
        lines.push_back(std::move(line));
    }
    const std::string text = arrangePage(lines);
    if (static_cast<std::size_t>(std::ranges::count(text, 'x')) != letters)
        std::abort();
    return 0;
}
