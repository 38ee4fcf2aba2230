// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz entry over its corpus, as a test: the entry aborts where a promise is broken.
#pragma once

#include "tests/inference/test.h"

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace lectern::test {

// Gives every file of tests/fuzz/corpus/NAME, and its first halves down to nothing, to the entry
// linked with this program, each in memory of exactly its size. Returns how many files there were.
inline int replayCorpus(const char* name)
{
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(root() / "fuzz/corpus" / name)) {
        std::ifstream file(entry.path(), std::ios::binary);
        std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
        for (std::size_t size = bytes.size();; size /= 2) {
            const std::vector<std::uint8_t> copy(
                bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
            LLVMFuzzerTestOneInput(copy.data(), copy.size());
            if (size == 0)
                break;
        }
        ++files;
    }
    return files;
}

} // namespace lectern::test
