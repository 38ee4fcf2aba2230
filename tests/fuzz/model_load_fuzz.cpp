// SPDX-License-Identifier: Apache-2.0
// Fuzz entry of loading: any bytes as a model file are refused with a sentence, or described and
// loaded, tokenizer and chat format included, by the backend that copies nothing.
#include "inference/model_info.h"

#include <cstdint>
#include <cstdlib>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace lectern::inference;
    const int descriptor = ::memfd_create("model", MFD_CLOEXEC);
    if (descriptor < 0 || ::write(descriptor, data, size) != static_cast<ssize_t>(size))
        std::abort();
    const auto file = ModelFile::open(fmt::format("/proc/self/fd/{}", descriptor));
    if (!file) {
        if (file.error().message.empty())
            std::abort();
    } else {
        const auto refusal = whyNotRunnable(**file);
        if ((refusal && refusal->message.empty())
            || modelReport(**file, nullptr, 1'000'000'000).empty()
            || describe(modelInfo((*file)->gguf())).empty())
            std::abort();
    }
    ::close(descriptor);
    return 0;
}
