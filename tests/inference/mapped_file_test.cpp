// SPDX-License-Identifier: Apache-2.0
// Files that change while they are mapped, and models in files of more than 4 GiB.
#include "inference/mapped_file.h"

#include "inference/cpu/cpu_backend.h"
#include "inference/inspect.h"
#include "tests/inference/gguf_edit.h"

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace lectern::inference;
using lectern::test::EditedGguf;
using lectern::test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

bool holds(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

fs::path writeBytes(const fs::path& path, std::size_t size, char fill)
{
    std::ofstream(path, std::ios::binary) << std::string(size, fill);
    return path;
}

std::int64_t sum(std::span<const std::byte> bytes)
{
    std::int64_t total = 0;
    for (const std::byte byte : bytes)
        total += static_cast<std::int64_t>(byte);
    return total;
}

} // namespace

TEST(MappedFileTest, readsOfACutFileGiveZerosAndAreNoticed)
{
    const TemporaryFolder folder;
    constexpr std::size_t kSize = 1U << 20U;
    const fs::path path = writeBytes(folder / "cut", kSize, '\1');
    const auto file = MappedFile::open(path);
    const auto other = MappedFile::open(writeBytes(folder / "other", kSize, '\2'));
    REQUIRE(file && other);
    CHECK(file->checkIntact());
    CHECK(sum(file->bytes()) == kSize);
    fs::resize_file(path, 8192);
    // On several threads at once, as kernels read.
    std::vector<std::int64_t> sums(4);
    {
        std::vector<std::jthread> readers;
        for (std::int64_t& result : sums)
            readers.emplace_back([&] { result = sum(file->bytes()); });
    }
    for (const std::int64_t result : sums)
        CHECK_ROW(result == 8192, std::to_string(result));
    const auto damaged = file->checkIntact();
    REQUIRE(!damaged);
    CHECK(damaged.error().code == ErrorCode::cannotRead);
    CHECK_ROW(damaged.error().message.starts_with("cut: "), damaged.error().message);
    CHECK(holds(damaged.error().message, "shorter or unreadable"));
    CHECK(other->checkIntact());
    CHECK(sum(other->bytes()) == 2 * kSize);
}

TEST(MappedFileTest, aMappingThatTakesTheOldPlaceIsWatchedToo)
{
    const TemporaryFolder folder;
    for (int round = 0; round < 3; ++round) {
        const fs::path path = writeBytes(folder / "again", 1U << 16U, '\1');
        const auto file = MappedFile::open(path);
        REQUIRE(file);
        CHECK(file->checkIntact());
        fs::resize_file(path, 0);
        CHECK(sum(file->bytes()) == 0);
        CHECK(!file->checkIntact());
    }
}

TEST(MappedFileTest, noticesThatAFileWasRewrittenInPlace)
{
    const TemporaryFolder folder;
    const fs::path path = writeBytes(folder / "file", 4096, '\1');
    const auto file = MappedFile::open(path);
    REQUIRE(file);
    fs::last_write_time(
        path, fs::last_write_time(path) - std::chrono::hours(1)); // no clock to wait for
    const auto changed = file->checkIntact();
    REQUIRE(!changed);
    CHECK(holds(changed.error().message, "changed by another program"));
    const auto again = MappedFile::open(path);
    REQUIRE(again);
    fs::rename(path, folder / "moved"); // the same file under another name
    CHECK(again->checkIntact());
    fs::remove(folder / "moved");
    CHECK(again->checkIntact());
}

TEST(MappedFileTest, busErrorsElsewhereStillEndTheProcess)
{
    const TemporaryFolder folder;
    const fs::path path = writeBytes(folder / "foreign", 8192, '\1');
    const auto watched = MappedFile::open(writeBytes(folder / "ours", 8192, '\1'));
    REQUIRE(watched);
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit noCore{0, 0};
        ::setrlimit(RLIMIT_CORE, &noCore);
        ::close(STDERR_FILENO); // a sanitizer's report
        const int descriptor = ::open(path.c_str(), O_RDWR);
        const void* bytes = ::mmap(nullptr, 8192, PROT_READ, MAP_SHARED, descriptor, 0);
        if (bytes == MAP_FAILED || ::ftruncate(descriptor, 0) != 0)
            ::_exit(0);
        const int value = *static_cast<const volatile char*>(bytes);
        ::_exit(value == 0 ? 0 : 0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(!(WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

TEST(MappedFileTest, aModelWhoseFileShrinksGivesAnErrorAndNoAnswer)
{
    const TemporaryFolder folder;
    const fs::path golden = lectern::test::root() / "golden/text/scout/model.gguf";
    const fs::path path = folder / "scout.gguf";
    fs::copy_file(golden, path);
    const auto model = TextInspector::open(path, 2);
    REQUIRE(model);
    const std::vector<std::int32_t> tokens{1, 2, 3};
    REQUIRE((*model)->logits(tokens, LogitsOf::last, KvType::f32));
    fs::resize_file(path, fs::file_size(path) / 2);
    const auto result = (*model)->logits(tokens, LogitsOf::last, KvType::f32);
    REQUIRE(!result);
    CHECK(result.error().code == ErrorCode::cannotRead);
    CHECK_ROW(result.error().message.starts_with("scout.gguf: "), result.error().message);
}

TEST(MappedFileTest, readsTensorsBeyondFourGigabytes)
{
    // A header with two tensors: one of more than 4 GiB, sparse, and a small one behind it.
    constexpr std::uint64_t kColumns = 256;
    constexpr std::uint64_t kRows = 1024;
    constexpr std::uint64_t kSlices = 4200; // x 1 MiB
    const TemporaryFolder folder;
    const fs::path path = folder / "large.gguf";
    EditedGguf gguf;
    gguf.keys["general.architecture"] = std::string("llama4");
    gguf.tensors.push_back({"large", TensorType::f32, {kColumns, kRows, 1}, {}});
    gguf.tensors.push_back({"last", TensorType::f32, {kColumns}, {}});
    std::string header = gguf.bytes();
    // The edit has no bytes of tensors, so sizes and the second offset are put in here.
    const std::size_t dims = header.find("large") + 5 + 4;
    const std::uint64_t slices = kSlices;
    std::memcpy(&header[dims + 16], &slices, 8);
    const std::uint64_t offset = kColumns * kRows * kSlices * 4;
    std::memcpy(&header[header.find("last") + 4 + 4 + 8 + 4], &offset, 8);
    std::ofstream(path, std::ios::binary) << header;
    std::error_code error;
    fs::resize_file(path, header.size() + offset + kColumns * 4, error);
    if (error) {
        std::printf("  SKIP: files of over 4 GiB: %s\n", error.message().c_str());
        return;
    }
    std::vector<float> ones(kColumns, 1.0F);
    std::vector<float> twos(kColumns, 2.0F);
    {
        const int descriptor = ::open(path.c_str(), O_WRONLY);
        const auto put = [&](const std::vector<float>& row, std::uint64_t at) {
            return ::pwrite(
                       descriptor, row.data(), kColumns * 4, static_cast<off_t>(header.size() + at))
                == static_cast<ssize_t>(kColumns * 4);
        };
        CHECK(put(ones, offset - kColumns * 4)); // the last row of the last slice
        CHECK(put(twos, offset));
        ::close(descriptor);
    }
    struct stat status { };
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK_ROW(status.st_blocks * 512 < 1 << 20, "the file is not sparse");

    const auto file = ModelFile::open(path);
    CHECK_ROW(file.has_value(), file ? "" : file.error().message);
    REQUIRE(file);
    CHECK((*file)->byteSize() > std::uint64_t{4} << 30U);
    const auto large = (*file)->require("large", {kColumns, kRows, kSlices});
    const auto last = (*file)->require("last", {kColumns});
    REQUIRE(large && last);
    std::vector<float> got(kColumns);
    std::memcpy(got.data(), last->data, kColumns * 4);
    CHECK(got == twos);
    for (const SimdLevel level : {SimdLevel::scalar, detectedSimdLevel()}) {
        const auto backend = createCpuBackend({1, level});
        const auto matrix = backend->matrix(*large);
        REQUIRE(matrix);
        // Row 1023 of slice 4199, by slice and row, and as a row of all slices in one.
        std::vector<float> out(kRows);
        backend->matmul({out.data(), 1, static_cast<std::int64_t>(kRows)},
            matrix->slice(kSlices - 1), {ones.data(), 1, static_cast<std::int64_t>(kColumns)}, {});
        CHECK(out[kRows - 1] == 256.0F);
        CHECK(out[kRows - 2] == 0.0F);
        Matrix table = *matrix;
        table.rows = static_cast<std::int64_t>(kRows * kSlices);
        table.slices = 1;
        const std::vector<std::int32_t> ids{static_cast<std::int32_t>(table.rows - 1)};
        backend->embed({got.data(), 1, static_cast<std::int64_t>(kColumns)}, table, ids);
        CHECK(got == ones);
    }
    // Cut below the last tensor, the header says so.
    fs::resize_file(path, header.size() + offset);
    const auto cut = ModelFile::open(path);
    REQUIRE(!cut);
    CHECK(cut.error().code == ErrorCode::truncated);
}
