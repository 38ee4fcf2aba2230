// SPDX-License-Identifier: Apache-2.0
// Opening model files: what is refused, in which words, and what the views show.
#include "inference/model_file.h"
#include "tests/inference/test.h"

#include <cstring>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace lectern::inference;
namespace fs = std::filesystem;

namespace {

// A folder that is removed with the object.
class TemporaryFolder {
public:
    TemporaryFolder()
    {
        std::string pattern = (fs::temp_directory_path() / "lectern-test-XXXXXX").string();
        m_path = ::mkdtemp(pattern.data());
    }
    ~TemporaryFolder()
    {
        std::error_code ignored;
        fs::remove_all(m_path, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] fs::path write(const std::string& name, std::string_view bytes) const
    {
        std::ofstream(m_path / name, std::ios::binary) << bytes;
        return m_path / name;
    }
    [[nodiscard]] const fs::path& path() const { return m_path; }

private:
    fs::path m_path;
};

fs::path golden(const char* name)
{
    return lectern::test::root() / "golden" / name;
}

std::string bytesOf(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// The refusal's sentence, or nothing when the file opened.
std::string refusal(const fs::path& path, ErrorCode code)
{
    const auto file = ModelFile::open(path);
    if (file)
        return {};
    CHECK_ROW(file.error().code == code, file.error().message);
    return file.error().message;
}

bool holds(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST(ModelFileTest, opensTheGoldenModelsAndShowsTheirTensors)
{
    const auto file = ModelFile::open(golden("text/scout/model.gguf"));
    REQUIRE(file);
    CHECK((*file)->gguf().version == 3);
    CHECK((*file)->byteSize() == fs::file_size(golden("text/scout/model.gguf")));
    REQUIRE((*file)->gguf().string("general.architecture") != nullptr);
    CHECK(*(*file)->gguf().string("general.architecture") == "llama4");
    const auto norm = (*file)->tensor("output_norm.weight");
    REQUIRE(norm);
    CHECK(norm.type == TensorType::f32);
    CHECK(norm.rowBytes == norm.dims[0] * 4);
    CHECK(!(*file)->tensor("no.such.tensor"));
}

TEST(ModelFileTest, viewsBeginAtTheTensorsBytes)
{
    const fs::path path = golden("quant/Q4_K.gguf");
    const auto file = ModelFile::open(path);
    REQUIRE(file);
    const auto view = (*file)->tensor("blk.0.ffn_up.weight");
    REQUIRE(view);
    CHECK(view.rowBytes == 144);
    const std::string bytes = bytesOf(path);
    const GgufTensor* tensor = (*file)->gguf().findTensor("blk.0.ffn_up.weight");
    REQUIRE(tensor != nullptr);
    CHECK(tensor->byteSize == 8 * 144);
    CHECK(std::memcmp(bytes.data() + tensor->offset, view.data, tensor->byteSize) == 0);
}

TEST(ModelFileTest, requireNamesWhatIsWrong)
{
    const auto file = ModelFile::open(golden("quant/Q4_K.gguf"));
    REQUIRE(file);
    CHECK((*file)->require("blk.0.ffn_up.weight", {256, 8}));
    const auto missing = (*file)->require("blk.9.ffn_up.weight", {256, 8});
    REQUIRE(!missing);
    CHECK(missing.error().code == ErrorCode::missingTensor);
    CHECK(holds(missing.error().message, "\"blk.9.ffn_up.weight\""));
    CHECK(holds(missing.error().message, "Q4_K.gguf"));
    const auto shape = (*file)->require("blk.0.ffn_up.weight", {256, 9});
    REQUIRE(!shape);
    CHECK(shape.error().code == ErrorCode::wrongShape);
    CHECK(holds(shape.error().message, "[256, 8]"));
    CHECK(holds(shape.error().message, "[256, 9]"));

    // The same file, saying that its blocks are of integers: I8, of which more than enough bytes
    // are there once the rows are half as long.
    const TemporaryFolder folder;
    std::string bytes = bytesOf(golden("quant/Q4_K.gguf"));
    const std::string name = "blk.0.ffn_up.weight";
    const std::size_t at = bytes.find(name) + name.size() + 4; // u32 count of dimensions
    bytes[at] = '\x40';                                        // u64 256 -> 64
    bytes[at + 1] = '\0';
    bytes[at + 16] = '\x18'; // u32 type: 12 -> 24
    const auto other = ModelFile::open(folder.write("integers.gguf", bytes));
    REQUIRE(other);
    const auto type = (*other)->require(name, {64, 8});
    REQUIRE(!type);
    CHECK(type.error().code == ErrorCode::unsupportedType);
    CHECK(holds(type.error().message, "I8"));
}

TEST(ModelFileTest, refusesWhatIsNotAnOrdinaryFile)
{
    const TemporaryFolder folder;
    CHECK(holds(refusal(folder.path() / "absent.gguf", ErrorCode::cannotRead), "absent.gguf"));
    CHECK(holds(refusal(folder.path(), ErrorCode::cannotRead), "is a folder"));
    CHECK(holds(refusal(folder.write("empty.gguf", ""), ErrorCode::truncated), "is empty"));
    const fs::path pipe = folder.path() / "pipe.gguf";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(holds(refusal(pipe, ErrorCode::cannotRead), "not an ordinary file"));
    CHECK(holds(refusal("/dev/zero", ErrorCode::cannotRead), "not an ordinary file"));
}

TEST(ModelFileTest, refusesAFileItMayNotRead)
{
    if (::geteuid() == 0) {
        std::printf("  SKIP: root may read everything\n");
        return;
    }
    const TemporaryFolder folder;
    const fs::path path = folder.write("secret.gguf", "GGUF");
    fs::permissions(path, fs::perms::none);
    CHECK(holds(refusal(path, ErrorCode::cannotRead), "cannot be opened"));
}

TEST(ModelFileTest, saysWhichOtherFormatAFileHas)
{
    const TemporaryFolder folder;
    const auto says = [&](const char* name, std::string_view bytes, std::string_view words) {
        CHECK_ROW(holds(refusal(folder.write(name, bytes), ErrorCode::notGguf), words), name);
    };
    using namespace std::string_view_literals;
    says("model.zip", "PK\x03\x04rest", "ZIP");
    says("model.pt", "PK\x03\x04rest", "PyTorch");
    says("old.bin", "\x80\x02\x8a\x0alF", "pickle");
    says("model.safetensors", "\x10\x00\x00\x00\x00\x00\x00\x00{\"a\":1}"sv, "safetensors");
    says("model.ggml", "lmgg1234", "older than GGUF");
    says("lfs.gguf", "version https://git-lfs.github.com/spec/v1\n", "Git LFS");
    says("page.gguf", "<!DOCTYPE html><html>", "web page");
    says("noise.gguf", "0123456789", "not a GGUF model");
}

TEST(ModelFileTest, saysThatBigEndianAndOtherVersionsAreNotSupported)
{
    const TemporaryFolder folder;
    using namespace std::string_view_literals;
    CHECK(holds(refusal(folder.write("big.gguf", "GGUF\0\0\0\3"sv), ErrorCode::unsupportedVersion),
        "big-endian"));
    CHECK(holds(refusal(folder.write("one.gguf", "GGUF\1\0\0\0"sv), ErrorCode::unsupportedVersion),
        "version 1"));
}

TEST(ModelFileTest, saysAtWhichByteAFileIsTruncated)
{
    const TemporaryFolder folder;
    const std::string whole = bytesOf(golden("quant/Q4_K.gguf"));
    REQUIRE(whole.size() > 2000);
    const fs::path path = folder.write("half.gguf", std::string_view(whole).substr(0, 2000));
    const std::string sentence = refusal(path, ErrorCode::truncated);
    CHECK(holds(sentence, "half.gguf"));
    CHECK(holds(sentence, "truncated at byte 2000 of " + std::to_string(whole.size())));
}
