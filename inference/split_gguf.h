// SPDX-License-Identifier: Apache-2.0
// Models split over several GGUF files: their names, and the headers of all parts as one.
//
// Each part is a whole GGUF file named PREFIX-00001-of-00003.gguf. Keys: split.no (0-based),
// split.count, split.tensors.count (of all parts together). The model's own keys stand in the
// first part; every part describes its own tensors. Source: the split tool of llama.cpp.
#pragma once

#include "inference/gguf.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::inference {

// What a part's name says.
struct SplitName {
    std::string prefix;
    std::uint64_t part = 0; // 0-based
    std::uint64_t count = 0;
};

// nullopt when the name is not of that form or contradicts itself ("-00004-of-00003").
[[nodiscard]] std::optional<SplitName> parseSplitName(std::string_view fileName);
[[nodiscard]] std::string splitFileName(const SplitName& name);

// How many parts the file that `gguf` is the header of belongs to; 1: it is whole.
[[nodiscard]] std::uint64_t splitCount(const Gguf& gguf);

// Whether the file called `fileName` may stand for the part its header says; nothing to check when
// the file is whole. Errors: malformed.
[[nodiscard]] Result<void> checkSplitName(const Gguf& gguf, std::string_view fileName);

struct SplitPart {
    std::string fileName; // for sentences
    Gguf gguf;
};

// The header of the whole model: the keys of all parts, and every tensor with its part's number.
//   parts  in the order of their names, as many as each says there are, at least one
// Errors: malformed, naming the part that is in the wrong place, of another model, or at odds with
// the others about what the model holds.
[[nodiscard]] Result<Gguf> joinParts(std::vector<SplitPart> parts);

} // namespace lectern::inference
