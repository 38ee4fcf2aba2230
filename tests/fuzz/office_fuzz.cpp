// SPDX-License-Identifier: Apache-2.0
// Fuzz entry of number formats: eight bytes of a number, then the code. And of names in packages.
#include "media/number_format.h"
#include "media/package.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

using namespace lectern::media;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 8)
        return 0;
    double value = 0;
    std::memcpy(&value, data, sizeof value);
    const std::string_view rest(reinterpret_cast<const char*>(data) + 8, size - 8);
    for (const bool from1904 : {false, true})
        (void)displayNumber(value, rest, from1904);
    for (int days = -2; days < 100'000; days += 7919)
        (void)displayNumber(days + 0.999'999'9, rest, false);
    const std::string name = resolveName("a/b/c", rest);
    if (name == ".." || name.starts_with("../")) // "..x" is a name like others
        std::abort();
    return 0;
}
