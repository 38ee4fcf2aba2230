// SPDX-License-Identifier: Apache-2.0
// Why a file could not be read, as a value.
#pragma once

#include <string>
#include <tl/expected.hpp>

namespace lectern::media {

enum class ErrorCode {
    cannotOpen,
    empty,
    unknownFormat,
    unsupported,
    truncated,
    damaged,
    tooLarge,
    cancelled
};

// `message` is one sentence for the user, without the file's name (the caller shows it beside).
struct Error {
    ErrorCode code;
    std::string message;
};

template <class T> using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message)
{
    return tl::unexpected<Error>(Error{code, std::move(message)});
}

} // namespace lectern::media
