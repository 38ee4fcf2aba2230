// SPDX-License-Identifier: Apache-2.0
// Opening, mapping and looking into a model file.
#include "inference/model_file.h"

#include "inference/quoted.h"
#include "inference/split_gguf.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <system_error>

namespace lectern::inference {
namespace {

TensorView viewOf(const GgufTensor& tensor, std::span<const std::byte> file)
{
    const auto layout = tensorTypeInfo(static_cast<std::uint32_t>(tensor.type));
    // The parser lets no tensor through whose type has no layout or whose data is not in the file.
    return {file.data() + tensor.offset, tensor.type, tensor.dims,
        layout ? tensor.dims[0] / layout->blockValues * layout->blockBytes : 0};
}

std::span<const std::uint64_t> shapeOf(const GgufTensor& tensor)
{
    return std::span(tensor.dims).first(tensor.dimCount);
}

} // namespace

Result<std::unique_ptr<ModelFile>> ModelFile::open(const std::filesystem::path& path)
{
    const auto parsed = [](const MappedFile& part) -> Result<Gguf> {
        auto gguf = parseGguf(part.bytes());
        if (auto intact = part.checkIntact(); !intact)
            return tl::unexpected(intact.error());
        if (!gguf)
            return fail(
                gguf.error().code, fmt::format("{}: {}", part.name(), gguf.error().message));
        return gguf;
    };
    auto given = MappedFile::open(path);
    if (!given)
        return tl::unexpected(given.error());
    auto gguf = parsed(*given);
    if (!gguf)
        return tl::unexpected(gguf.error());
    if (auto named = checkSplitName(*gguf, given->name()); !named)
        return fail(
            named.error().code, fmt::format("{}: {}", given->name(), named.error().message));

    std::unique_ptr<ModelFile> file(new ModelFile);
    if (splitCount(*gguf) == 1) {
        file->m_parts.push_back(std::move(*given));
        file->m_gguf = std::move(*gguf);
        return file;
    }
    SplitName name = *parseSplitName(given->name());
    const std::uint64_t givenPart = name.part;
    std::vector<SplitPart> headers;
    for (name.part = 0; name.part < name.count; ++name.part) {
        if (name.part == givenPart) {
            headers.push_back({given->name(), std::move(*gguf)});
            file->m_parts.push_back(std::move(*given));
            continue;
        }
        const std::filesystem::path partPath = path.parent_path() / splitFileName(name);
        if (std::error_code error; !std::filesystem::exists(partPath, error)) {
            return fail(ErrorCode::cannotRead,
                fmt::format("{}: Part {} of the {} parts of this model is missing; download or "
                            "copy it into the same folder.",
                    partPath.filename().string(), name.part + 1, name.count));
        }
        auto part = MappedFile::open(partPath);
        if (!part)
            return tl::unexpected(part.error());
        auto header = parsed(*part);
        if (!header)
            return tl::unexpected(header.error());
        headers.push_back({part->name(), std::move(*header)});
        file->m_parts.push_back(std::move(*part));
    }
    auto whole = joinParts(std::move(headers));
    if (!whole)
        return tl::unexpected(whole.error());
    file->m_gguf = std::move(*whole);
    return file;
}

std::unique_ptr<ModelFile> ModelFile::over(MappedFile data, Gguf header)
{
    std::unique_ptr<ModelFile> file(new ModelFile);
    file->m_parts.push_back(std::move(data));
    file->m_gguf = std::move(header);
    return file;
}

std::uint64_t ModelFile::byteSize() const
{
    std::uint64_t size = 0;
    for (const MappedFile& part : m_parts)
        size += part.bytes().size();
    return size;
}

Result<void> ModelFile::checkIntact() const
{
    for (const MappedFile& part : m_parts) {
        if (auto intact = part.checkIntact(); !intact)
            return intact;
    }
    return {};
}

TensorView ModelFile::tensor(std::string_view name) const
{
    const GgufTensor* found = m_gguf.findTensor(name);
    return found == nullptr ? TensorView{} : viewOf(*found, m_parts[found->part].bytes());
}

void ModelFile::release(const TensorView& tensor) const
{
    constexpr std::uintptr_t kPage = 4096;
    const auto address = reinterpret_cast<std::uintptr_t>(tensor.data);
    const std::uintptr_t begin = (address + kPage - 1) / kPage * kPage;
    const std::uintptr_t end =
        (address + tensor.rowBytes * tensor.dims[1] * tensor.dims[2] * tensor.dims[3]) / kPage
        * kPage;
    if (begin < end)
        ::madvise(
            const_cast<std::byte*>(tensor.data) + (begin - address), end - begin, MADV_DONTNEED);
}

Result<TensorView> ModelFile::require(
    std::string_view name, std::initializer_list<std::uint64_t> dims) const
{
    const GgufTensor* found = m_gguf.findTensor(name);
    const std::string file = m_parts[found == nullptr ? 0 : found->part].name();
    if (found == nullptr) {
        return fail(ErrorCode::missingTensor,
            fmt::format("{}: The model has no tensor {}; the file is incomplete or of another "
                        "kind.",
                file, inQuotes(name)));
    }
    std::array<std::uint64_t, 4> wanted{1, 1, 1, 1};
    std::copy_n(dims.begin(), std::min(dims.size(), wanted.size()), wanted.begin());
    if (found->dims != wanted) {
        return fail(ErrorCode::wrongShape,
            fmt::format("{}: Tensor {} has the shape [{}] where the model's settings ask for "
                        "[{}].",
                file, inQuotes(name), fmt::join(shapeOf(*found), ", "), fmt::join(dims, ", ")));
    }
    if (!isComputable(found->type)) {
        const auto layout = tensorTypeInfo(static_cast<std::uint32_t>(found->type));
        return fail(ErrorCode::unsupportedType,
            fmt::format("{}: Tensor {} is stored as {}, which this version cannot compute with; "
                        "use a file in another type, such as Q4_K_M or Q8_0.",
                file, inQuotes(name), layout ? layout->name : "an unknown type"));
    }
    return viewOf(*found, m_parts[found->part].bytes());
}

} // namespace lectern::inference
