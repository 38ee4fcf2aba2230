// SPDX-License-Identifier: Apache-2.0
// What the worker gives up before it looks at a file.
#pragma once

#include <string>
#include <vector>

namespace lectern::media::worker {

// Memory the worker may have for itself, beside the file it writes the reading into.
constexpr unsigned long long kMemoryBytes = 1ULL << 30;

// Limits on memory, address space, size of files, open files, core dumps, and processor time. Call
// it first. Returns what the system refused, sentences.
[[nodiscard]] std::vector<std::string> limitResources();

// From here on, for every thread of this process and for good: nothing can be opened or started, no
// network, no other process, no new executable memory. What may be done is read and write open
// descriptors, use memory, threads, time and random numbers, and make memory files. Returns what
// the system refused, sentences.
[[nodiscard]] std::vector<std::string> enterSandbox();

} // namespace lectern::media::worker
