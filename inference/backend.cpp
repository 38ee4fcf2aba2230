// SPDX-License-Identifier: Apache-2.0
// What every backend shares: allocating in one step.
#include "inference/backend.h"

namespace lectern::inference {

Result<Buffer> Backend::allocate(std::uint64_t bytes)
{
    Result<Buffer> buffer = reserve(bytes);
    if (!buffer)
        return buffer;
    if (Result<void> committed = commit(*buffer, bytes); !committed)
        return tl::unexpected(committed.error());
    return buffer;
}

Result<RowsBuffer> Backend::allocateRows(std::int64_t count, std::int64_t width)
{
    Result<Buffer> buffer = allocate(sizeof(float) * static_cast<std::uint64_t>(count * width));
    if (!buffer)
        return tl::unexpected(buffer.error());
    const Rows rows{reinterpret_cast<float*>(buffer->data()), count, width};
    return RowsBuffer{std::move(*buffer), rows};
}

} // namespace lectern::inference
