// SPDX-License-Identifier: Apache-2.0
// Files that cannot be used: each gives its reason in a sentence that names the file.
#include "tests/inference/engine_fixture.h"

#include <algorithm>

using namespace lectern::inference;
using lectern::test::EditedGguf;
using lectern::test::nano;
using lectern::test::nanoOptions;
using lectern::test::TemporaryFolder;

namespace {

Error errorOf(const LocalEngineOptions& options, std::stop_token stop = {})
{
    const auto engine = LocalEngine::open(options, std::move(stop));
    return engine ? Error{ErrorCode::unavailable, "it opened"} : engine.error();
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

LocalEngineOptions withModel(const std::filesystem::path& model)
{
    LocalEngineOptions options;
    options.model = model;
    return options;
}

} // namespace

TEST(LocalEngineErrorsTest, truncatedFilesSayWhereTheyEnd)
{
    const TemporaryFolder folder;
    const std::string whole = lectern::test::fileBytes(nano("nano-text-f16.gguf"));
    REQUIRE(whole.size() > 1000000);
    for (const std::size_t size :
        {std::size_t{0}, std::size_t{2}, std::size_t{7}, std::size_t{24}, std::size_t{500},
            std::size_t{20000}, std::size_t{60000}, whole.size() / 2, whole.size() - 33}) {
        const auto path = folder / "cut.gguf";
        std::ofstream(path, std::ios::binary) << whole.substr(0, size);
        const Error error = errorOf(withModel(path));
        const std::string row = std::to_string(size) + ": " + error.message;
        CHECK_ROW(
            error.code == ErrorCode::truncated || (size < 4 && error.code == ErrorCode::notGguf),
            row);
        CHECK_ROW(contains(error.message, "cut.gguf"), row);
    }
    const std::string vision = lectern::test::fileBytes(nano("mmproj-nano-f16.gguf"));
    const auto path = folder / "cut-mmproj.gguf";
    std::ofstream(path, std::ios::binary) << vision.substr(0, vision.size() - 100);
    LocalEngineOptions options = nanoOptions();
    options.mmproj = path;
    const Error error = errorOf(options);
    CHECK(error.code == ErrorCode::truncated);
    CHECK(contains(error.message, "cut-mmproj.gguf"));
}

TEST(LocalEngineErrorsTest, unusableModelsSayWhy)
{
    const TemporaryFolder folder;
    struct Row {
        const char* name;
        ErrorCode code;
        const char* says;
        std::function<void(EditedGguf&)> change;
    };
    const std::vector<Row> rows{
        {"architecture", ErrorCode::unsupportedArchitecture, "mamba",
            [](EditedGguf& g) { g.keys["general.architecture"] = std::string("mamba"); }},
        {"missing-tensor", ErrorCode::missingTensor, "blk.3.attn_k.weight",
            [](EditedGguf& g) { g.remove("blk.3.attn_k.weight"); }},
        {"missing-expert", ErrorCode::missingTensor, "blk.0.ffn_up_exps.weight",
            [](EditedGguf& g) { g.remove("blk.0.ffn_up_exps.weight"); }},
        {"shape", ErrorCode::wrongShape, "blk.0.attn_q.weight",
            [](EditedGguf& g) {
                auto* tensor = g.find("blk.0.attn_q.weight");
                tensor->dims = {tensor->dims[0] * 2, tensor->dims[1] / 2};
            }},
        {"split", ErrorCode::malformed, "part 2 of 3",
            [](EditedGguf& g) {
                g.keys["split.count"] = std::uint64_t{3};
                g.keys["split.no"] = std::uint64_t{1};
            }},
        {"missing-key", ErrorCode::missingKey, "block_count",
            [](EditedGguf& g) { g.keys.erase("llama4.block_count"); }},
        {"tokenizer", ErrorCode::missingKey, "tokenizer.ggml",
            [](EditedGguf& g) { g.keys.erase("tokenizer.ggml.tokens"); }},
        {"other-tokenizer", ErrorCode::unsupportedArchitecture, "",
            [](EditedGguf& g) { g.keys["tokenizer.ggml.model"] = std::string("t5"); }},
    };
    for (const Row& row : rows) {
        EditedGguf edited = EditedGguf::load(nano("nano-text-f16.gguf"));
        row.change(edited);
        const Error error = errorOf(withModel(edited.save(folder / "bad.gguf")));
        const std::string what = std::string(row.name) + ": " + error.message;
        CHECK_ROW(error.code == row.code, what);
        CHECK_ROW(contains(error.message, row.says), what);
        CHECK_ROW(contains(error.message, "bad.gguf"), what);
    }
}

TEST(LocalEngineErrorsTest, swappedAndForeignFilesAreTold)
{
    const Error visionAsModel = errorOf(withModel(nano("mmproj-nano-f16.gguf")));
    CHECK(visionAsModel.code == ErrorCode::unsupportedArchitecture);
    CHECK(contains(visionAsModel.message, "vision file"));

    LocalEngineOptions options = nanoOptions();
    options.mmproj = options.model;
    const Error modelAsVision = errorOf(options);
    CHECK(modelAsVision.code == ErrorCode::unsupportedArchitecture);
    CHECK(contains(modelAsVision.message, "not a vision file"));

    options.mmproj = lectern::test::root() / "golden/vision/v56/mmproj.gguf";
    const Error otherWidth = errorOf(options);
    CHECK(otherWidth.code == ErrorCode::wrongShape);
    CHECK(contains(otherWidth.message, "width 48") && contains(otherWidth.message, "width 192"));

    CHECK(errorOf(withModel("/no/such/model.gguf")).code == ErrorCode::cannotRead);
    CHECK(errorOf(withModel(lectern::test::root())).code == ErrorCode::cannotRead);
    CHECK(
        errorOf(withModel(lectern::test::root() / "golden/README.md")).code == ErrorCode::notGguf);
    options.mmproj = "/no/such/mmproj.gguf";
    CHECK(errorOf(options).code == ErrorCode::cannotRead);
    options = nanoOptions();
    options.tiler = nullptr;
    CHECK(errorOf(options).code == ErrorCode::invalidRequest);
}

TEST(LocalEngineErrorsTest, aModelLargerThanMemoryIsRefusedInBytes)
{
    const TemporaryFolder folder;
    EditedGguf edited = EditedGguf::load(nano("nano-text-f16.gguf"));
    constexpr std::uint64_t kBytes = 8000000000000; // a hole in the file: takes no space
    lectern::test::EditedTensor huge{"huge", TensorType::f32, {1000000, kBytes / 4 / 1000000}, {}};
    edited.tensors.push_back(huge);
    const auto path = edited.save(folder / "huge.gguf");
    std::error_code failed;
    std::filesystem::resize_file(path, std::filesystem::file_size(path) + kBytes, failed);
    if (failed) {
        std::printf("SKIP: this file system has no files of 8 TB\n");
        return;
    }
    const Error error = errorOf(withModel(path));
    CHECK(error.code == ErrorCode::outOfMemory || error.code == ErrorCode::cannotRead);
    if (error.code == ErrorCode::outOfMemory)
        CHECK(contains(error.message, "huge.gguf needs 8000.0 GB of memory and"));
    std::printf("  %s\n", error.message.c_str());
}

TEST(LocalEngineErrorsTest, openingCanBeStopped)
{
    std::stop_source stop;
    stop.request_stop();
    CHECK(errorOf(nanoOptions(), stop.get_token()).code == ErrorCode::cancelled);
}
