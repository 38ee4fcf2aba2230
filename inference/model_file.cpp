// SPDX-License-Identifier: Apache-2.0
// Opening, mapping and looking into a model file.
#include "inference/model_file.h"

#include "inference/quoted.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace lectern::inference {
namespace {

class FileDescriptor {
public:
    explicit FileDescriptor(int fd) : m_fd(fd) { }
    ~FileDescriptor()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    [[nodiscard]] int get() const { return m_fd; }

private:
    int m_fd;
};

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
    const std::string name = path.filename().string();
    const auto cannotRead = [&](std::string_view why) {
        return fail(ErrorCode::cannotRead, fmt::format("{}: The file {}.", name, why));
    };
    const auto systemSays = [](int error) { return std::generic_category().message(error); };

    // Non-blocking, so that a pipe is refused below instead of being waited for.
    const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (fd.get() < 0)
        return cannotRead(fmt::format("cannot be opened ({})", systemSays(errno)));
    struct stat status { };
    if (::fstat(fd.get(), &status) != 0)
        return cannotRead(fmt::format("cannot be examined ({})", systemSays(errno)));
    if (S_ISDIR(status.st_mode))
        return cannotRead("is a folder; choose the GGUF file inside it");
    if (!S_ISREG(status.st_mode))
        return cannotRead("is not an ordinary file but a pipe, socket or device");
    if (status.st_size == 0)
        return fail(ErrorCode::truncated, fmt::format("{}: The file is empty.", name));

    const auto size = static_cast<std::size_t>(status.st_size);
    void* mapping = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (mapping == MAP_FAILED)
        return cannotRead(fmt::format("cannot be mapped into memory ({})", systemSays(errno)));

    std::unique_ptr<ModelFile> file(new ModelFile);
    file->m_path = path;
    file->m_bytes = {static_cast<const std::byte*>(mapping), size};
    auto gguf = parseGguf(file->m_bytes);
    if (!gguf)
        return fail(gguf.error().code, fmt::format("{}: {}", name, gguf.error().message));
    file->m_gguf = std::move(*gguf);
    return file;
}

ModelFile::~ModelFile()
{
    if (!m_bytes.empty())
        ::munmap(const_cast<std::byte*>(m_bytes.data()), m_bytes.size());
}

TensorView ModelFile::tensor(std::string_view name) const
{
    const GgufTensor* found = m_gguf.findTensor(name);
    return found == nullptr ? TensorView{} : viewOf(*found, m_bytes);
}

Result<TensorView> ModelFile::require(
    std::string_view name, std::initializer_list<std::uint64_t> dims) const
{
    const std::string file = m_path.filename().string();
    const GgufTensor* found = m_gguf.findTensor(name);
    if (found == nullptr) {
        return fail(ErrorCode::missingTensor,
            fmt::format("{}: The model has no tensor {}; the file is incomplete or of another "
                        "kind.",
                file, quoted(name)));
    }
    std::array<std::uint64_t, 4> wanted{1, 1, 1, 1};
    std::copy_n(dims.begin(), std::min(dims.size(), wanted.size()), wanted.begin());
    if (found->dims != wanted) {
        return fail(ErrorCode::wrongShape,
            fmt::format("{}: Tensor {} has the shape [{}] where the model's settings ask for "
                        "[{}].",
                file, quoted(name), fmt::join(shapeOf(*found), ", "), fmt::join(dims, ", ")));
    }
    if (!isComputable(found->type)) {
        const auto layout = tensorTypeInfo(static_cast<std::uint32_t>(found->type));
        return fail(ErrorCode::unsupportedType,
            fmt::format("{}: Tensor {} is stored as {}, which this version cannot compute with; "
                        "use a file in another type, such as Q4_K_M or Q8_0.",
                file, quoted(name), layout ? layout->name : "an unknown type"));
    }
    return viewOf(*found, m_bytes);
}

} // namespace lectern::inference
