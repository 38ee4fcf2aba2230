// SPDX-License-Identifier: Apache-2.0
// Which model a file is and how it is computed, for telling whether what was saved with one belongs
// to another.
#pragma once

#include "inference/model_file.h"
#include "inference/snapshot_file.h"

namespace lectern::inference {

// Of how it is computed (Backend::arithmetic()), every setting, every tensor's name, type and
// shape, and the weights: all of them up to kWholeIdentity bytes; of larger files the first, middle
// and last page of each tensor, and the time of the last change. Reads at most that much. Thread:
// any.
[[nodiscard]] Hash128 modelIdentity(const ModelFile& file, const std::string& arithmetic);
inline constexpr std::uint64_t kWholeIdentity = 256U << 20U;

} // namespace lectern::inference
