// SPDX-License-Identifier: Apache-2.0
// Why the store could not do something, as a value.
#pragma once

#include <string>
#include <tl/expected.hpp>

namespace lectern::storage {

enum class ErrorCode {
    cannotOpen,
    busy,
    full,
    damaged,
    searchDamaged, // the index of the search, which can be made anew
    newerVersion,
    notFound,
    cannotRead,
    cancelled,
    failed
};

// `message` is one sentence for the user.
struct Error {
    ErrorCode code;
    std::string message;
};

template <class T> using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message)
{
    return tl::unexpected<Error>(Error{code, std::move(message)});
}

} // namespace lectern::storage
