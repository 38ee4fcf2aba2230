// SPDX-License-Identifier: Apache-2.0
// What can go wrong in inference/, as a value: every function that touches files, models, memory or
// requests returns Result<T>.
#pragma once

#include <string>
#include <tl/expected.hpp>

namespace lectern::inference {

enum class ErrorCode {
    cannotRead, // the operating system refused the file
    notGguf,    // another kind of file
    unsupportedVersion,
    truncated, // ends before what its header promises
    malformed, // contradicts itself or the format
    unsupportedArchitecture,
    unsupportedType, // a tensor type we have no kernels for
    missingKey,
    missingTensor,
    wrongShape,
    outOfMemory,
    contextFull,
    invalidRequest,
    cancelled,
    unavailable, // a device or server that is not there
};

// `message` is one sentence for the user: what is wrong and, where possible, what to do.
struct Error {
    ErrorCode code;
    std::string message;
};

template <class T> using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message)
{
    return tl::unexpected<Error>(Error{code, std::move(message)});
}

} // namespace lectern::inference
