// SPDX-License-Identifier: Apache-2.0
// From the bytes of an answer's tokens to the text that may be told: whole characters only, and
// nothing of a stop string.
#pragma once

#include "inference/tokenizer.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::inference {

// Invariants: what push() and finish() have returned, joined, is valid UTF-8 and contains no stop
// string; it does not depend on where the tokens' borders were. The stop that is completed first
// ends the text; of several that end at the same byte, the longest.
// Thread: one at a time. Time: linear in the bytes for a given set of stops.
class AnswerText {
public:
    // Empty stops are ignored.
    explicit AnswerText(const std::vector<std::string>& stops);

    // What can be told now. After a stop string everything is dropped.
    [[nodiscard]] std::string push(std::string_view bytes);
    // The rest: what was held back because a stop string might have begun in it.
    [[nodiscard]] std::string finish();
    // The stop string that ended the text.
    [[nodiscard]] const std::optional<std::string>& stopString() const { return m_stopString; }

private:
    // Knuth, Morris, Pratt: how much of the stop the text ends with.
    struct Stop {
        std::string text;
        std::vector<std::size_t> borders; // by length matched: the next shorter one to try
        std::size_t matched = 0;
    };
    bool advance(Stop& stop, char byte) const; // true: the text now ends with all of it

    std::vector<Stop> m_stops;
    std::string m_held; // what a stop string may have begun in
    Utf8Stream m_characters;
    std::optional<std::string> m_stopString;
};

} // namespace lectern::inference
