// SPDX-License-Identifier: Apache-2.0
// Hashing a model file's settings and weights.
#include "inference/model_identity.h"

#include <memory>
#include <sys/stat.h>
#include <variant>
#include <xxhash.h>

namespace lectern::inference {

namespace {

constexpr std::uint64_t kPage = 4096;

class Digest {
public:
    Digest() : m_state(XXH3_createState(), &XXH3_freeState) { XXH3_128bits_reset(m_state.get()); }
    void add(const void* data, std::size_t size) { XXH3_128bits_update(m_state.get(), data, size); }
    template <class T>
    requires std::is_arithmetic_v<T>
    void add(T value) { add(&value, sizeof value); }
    void add(const std::string& text)
    {
        add(text.size());
        add(text.data(), text.size());
    }
    template <class T> void add(const std::vector<T>& values)
    {
        add(values.size());
        for (const T& value : values)
            add(value);
    }
    void add(const std::vector<bool>& values)
    {
        add(values.size());
        for (const bool value : values)
            add(value);
    }
    [[nodiscard]] Hash128 result() const
    {
        const XXH128_hash_t hash = XXH3_128bits_digest(m_state.get());
        return {hash.low64, hash.high64};
    }

private:
    std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> m_state;
};

} // namespace

Hash128 modelIdentity(const ModelFile& file, const std::string& arithmetic)
{
    Digest digest;
    const bool whole = file.byteSize() <= kWholeIdentity;
    digest.add(arithmetic);
    digest.add(file.byteSize());
    for (const auto& [name, value] : file.gguf().keys) {
        digest.add(name);
        digest.add(value.index());
        std::visit([&](const auto& held) { digest.add(held); }, value);
    }
    for (const GgufTensor& tensor : file.gguf().tensors) {
        digest.add(tensor.name);
        digest.add(static_cast<std::uint32_t>(tensor.type));
        for (const std::uint64_t dim : tensor.dims)
            digest.add(dim);
        const std::byte* data = file.tensor(tensor.name).data;
        if (whole || tensor.byteSize <= 3 * kPage) {
            digest.add(data, tensor.byteSize);
            continue;
        }
        for (const std::uint64_t at :
            {std::uint64_t{0}, tensor.byteSize / 2, tensor.byteSize - kPage})
            digest.add(data + at, kPage);
    }
    struct stat status { };
    if (!whole && ::stat(file.path().c_str(), &status) == 0) {
        digest.add(status.st_mtim.tv_sec);
        digest.add(status.st_mtim.tv_nsec);
    }
    return digest.result();
}

} // namespace lectern::inference
