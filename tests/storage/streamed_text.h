// SPDX-License-Identifier: Apache-2.0
// The text a crashing writer streams, so that the test which kills it knows what to expect.
#pragma once

#include <string>

namespace lectern::storage::test {

// The `index`-th piece; pieces differ in length and contain more than ASCII.
inline std::string piece(int index)
{
    std::string text = std::to_string(index)
        + (index % 3 == 0 ? " n\xc3\xa4"
                            "chster\n"
                          : " word ");
    text.append(static_cast<std::size_t>(index % 40), 'x');
    return text;
}

inline std::string streamedText(int pieces)
{
    std::string text;
    for (int i = 0; i < pieces; ++i)
        text += piece(i);
    return text;
}

} // namespace lectern::storage::test
