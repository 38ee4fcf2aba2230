// SPDX-License-Identifier: Apache-2.0
// The largest values of rows, for choosing tokens without moving whole rows of logits.
#pragma once

#include "inference/op_types.h"

namespace lectern::inference::cuda {

// A value and its column in one number: the larger, the better; see largest.cu.
using RankKey = std::uint64_t;

// Keys of scratch that largest() takes for rows of this width.
std::int64_t largestKeys(std::int64_t rows, std::int64_t width, std::int64_t k);

// The k best keys of each row, best first: [in.count * k], somewhere in `keys`, on the device.
const RankKey* largest(Rows in, std::int64_t k, RankKey* keys, void* stream);

// What a key says.
TokenLogit tokenOf(RankKey key);

} // namespace lectern::inference::cuda
