// SPDX-License-Identifier: Apache-2.0
// Split models: opened by any part they are the whole model; wrong parts are refused by name.
#include "inference/split_gguf.h"

#include "inference/inspect.h"
#include "inference/model_info.h"
#include "tests/inference/fuzz_replay.h"
#include "tests/inference/gguf_edit.h"

#include <algorithm>

using namespace lectern::inference;
using lectern::test::EditedGguf;
using lectern::test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kParts = 3;

fs::path scoutFile()
{
    return lectern::test::root() / "golden/text/scout/model.gguf";
}

fs::path partPath(const TemporaryFolder& folder, std::uint64_t part, std::uint64_t count = kParts)
{
    return folder / splitFileName({"scout", part, count});
}

// As the usual tool splits: keys in the first part only, which here holds `firstTensors`.
std::vector<EditedGguf> split(const EditedGguf& whole, std::size_t firstTensors)
{
    std::vector<EditedGguf> parts(kParts);
    parts[0].keys = whole.keys;
    const std::size_t rest = (whole.tensors.size() - firstTensors + kParts - 2) / (kParts - 1);
    for (std::size_t i = 0; i < whole.tensors.size(); ++i) {
        const std::size_t part = i < firstTensors ? 0 : 1 + (i - firstTensors) / rest;
        parts[part].tensors.push_back(whole.tensors[i]);
    }
    for (std::uint64_t i = 0; i < kParts; ++i) {
        parts[i].keys["split.no"] = i;
        parts[i].keys["split.count"] = kParts;
        parts[i].keys["split.tensors.count"] = static_cast<std::uint64_t>(whole.tensors.size());
    }
    return parts;
}

void save(const std::vector<EditedGguf>& parts, const TemporaryFolder& folder)
{
    for (std::uint64_t i = 0; i < parts.size(); ++i)
        parts[i].save(partPath(folder, i));
}

// The refusal of opening `path`: empty when it opens.
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

TEST(SplitGgufTest, readsAndWritesNames)
{
    const auto name = parseSplitName("Scout-Q4_K_M-00002-of-00012.gguf");
    REQUIRE(name);
    CHECK(name->prefix == "Scout-Q4_K_M");
    CHECK(name->part == 1);
    CHECK(name->count == 12);
    CHECK(splitFileName(*name) == "Scout-Q4_K_M-00002-of-00012.gguf");
    for (const char* other :
        {"", "a.gguf", "-of-00002.gguf", "a-00003-of-00002.gguf", "a-00000-of-00002.gguf",
            "a-0001-of-00002.gguf", "a-00001-of-0002.gguf", "a-00001-of-00002.ggu",
            "a00001-of-00002.gguf", "a-00001of-00002.gguf", "a-0000x-of-00002.gguf"})
        CHECK_ROW(!parseSplitName(other), other);
    CHECK(parseSplitName("-00001-of-00001.gguf")->prefix.empty());
}

TEST(SplitGgufTest, anyPartOpensTheWholeModel)
{
    const auto whole = ModelFile::open(scoutFile());
    REQUIRE(whole);
    const EditedGguf scout = EditedGguf::load(scoutFile());
    for (const std::size_t firstTensors : {std::size_t{0}, std::size_t{5}}) {
        const TemporaryFolder folder;
        save(split(scout, firstTensors), folder);
        for (std::uint64_t given = 0; given < kParts; ++given) {
            const auto file = ModelFile::open(partPath(folder, given));
            CHECK_ROW(file.has_value(), file ? "" : file.error().message);
            if (!file)
                continue;
            CHECK((*file)->partCount() == kParts);
            CHECK((*file)->path() == partPath(folder, 0));
            std::uint64_t bytes = 0;
            for (std::uint64_t i = 0; i < kParts; ++i)
                bytes += fs::file_size(partPath(folder, i));
            CHECK((*file)->byteSize() == bytes);
            CHECK((*file)->gguf().tensors.size() == (*whole)->gguf().tensors.size());
            for (const GgufTensor& tensor : (*whole)->gguf().tensors) {
                const TensorView got = (*file)->tensor(tensor.name);
                const TensorView wanted = (*whole)->tensor(tensor.name);
                CHECK_ROW(got && got.dims == wanted.dims
                        && std::memcmp(got.data, wanted.data, tensor.byteSize) == 0,
                    tensor.name);
            }
            CHECK(!whyNotRunnable(**file));
            CHECK(holds(modelReport(**file, nullptr, 0),
                "scout-00001-of-00003.gguf and its 2 other parts"));
        }
    }
}

TEST(SplitGgufTest, aSplitModelComputesWhatTheWholeDoes)
{
    const TemporaryFolder folder;
    save(split(EditedGguf::load(scoutFile()), 0), folder);
    const std::vector<std::int32_t> tokens{1, 17, 300, 4, 5, 99};
    std::vector<std::vector<float>> logits;
    for (const fs::path& path : {scoutFile(), partPath(folder, 0)}) {
        const auto model = TextInspector::open(path, 1);
        REQUIRE(model);
        const auto result = (*model)->logits(tokens, LogitsOf::all, KvType::f32);
        REQUIRE(result);
        logits.push_back(*result);
    }
    CHECK(!logits[0].empty());
    CHECK(logits[0] == logits[1]);
}

TEST(SplitGgufTest, namesThePartThatIsMissingOrCut)
{
    const TemporaryFolder folder;
    save(split(EditedGguf::load(scoutFile()), 2), folder);
    const fs::path last = partPath(folder, 2);
    fs::resize_file(last, fs::file_size(last) - 100);
    std::string sentence = refusal(partPath(folder, 0), ErrorCode::truncated);
    CHECK_ROW(sentence.starts_with("scout-00003-of-00003.gguf: The file is truncated"), sentence);
    fs::resize_file(last, 10);
    sentence = refusal(partPath(folder, 1), ErrorCode::truncated);
    CHECK_ROW(sentence.starts_with("scout-00003-of-00003.gguf: "), sentence);
    fs::remove(last);
    sentence = refusal(partPath(folder, 0), ErrorCode::cannotRead);
    CHECK_ROW(holds(sentence,
                  "scout-00003-of-00003.gguf: Part 3 of the 3 parts of this model is "
                  "missing"),
        sentence);
    fs::create_directory(last);
    sentence = refusal(partPath(folder, 0), ErrorCode::cannotRead);
    CHECK_ROW(holds(sentence, "scout-00003-of-00003.gguf: The file is a folder"), sentence);
}

TEST(SplitGgufTest, refusesPartsInTheWrongOrder)
{
    const TemporaryFolder folder;
    save(split(EditedGguf::load(scoutFile()), 2), folder);
    fs::rename(partPath(folder, 1), folder / "other");
    fs::rename(partPath(folder, 2), partPath(folder, 1));
    fs::rename(folder / "other", partPath(folder, 2));
    std::string sentence = refusal(partPath(folder, 0), ErrorCode::malformed);
    CHECK_ROW(holds(sentence,
                  "scout-00002-of-00003.gguf: The file should be part 2 of 3 and says "
                  "that it is part 3 of 3"),
        sentence);
    sentence = refusal(partPath(folder, 1), ErrorCode::malformed);
    CHECK_ROW(holds(sentence,
                  "By its name this is part 2 of 3 of a split model, but it holds part "
                  "3 of 3"),
        sentence);
}

TEST(SplitGgufTest, asksForTheNameThatTheOthersAreFoundBy)
{
    const TemporaryFolder folder;
    const auto parts = split(EditedGguf::load(scoutFile()), 2);
    const std::string sentence =
        refusal(parts[1].save(folder / "renamed.gguf"), ErrorCode::malformed);
    CHECK_ROW(
        holds(sentence, "part 2 of 3") && holds(sentence, "\"-00002-of-00003.gguf\""), sentence);
    // A whole file may have any name, also that of a part.
    CHECK(ModelFile::open(EditedGguf::load(scoutFile()).save(folder / "a-00002-of-00003.gguf")));
}

TEST(SplitGgufTest, refusesPartsOfAnotherModel)
{
    const EditedGguf scout = EditedGguf::load(scoutFile());
    const auto good = split(scout, 2);
    const auto refused = [&](const EditedGguf& second, std::string_view words) {
        const TemporaryFolder folder;
        save(good, folder);
        second.save(partPath(folder, 1));
        const std::string sentence = refusal(partPath(folder, 0), ErrorCode::malformed);
        CHECK_ROW(holds(sentence, words), sentence);
        CHECK_ROW(holds(sentence, "scout-0000"), sentence);
    };
    EditedGguf part = good[1];
    part.keys["split.tensors.count"] = std::uint64_t{7};
    refused(part, "scout-00002-of-00003.gguf: The file is a part of another model");
    part = good[1];
    part.keys.erase("split.tensors.count");
    refused(part, "differ in how many tensors");
    part = good[1];
    part.keys["split.count"] = std::uint64_t{4};
    refused(part, "says that it is part 2 of 4");
    part = good[1];
    part.keys["general.name"] = std::string("Another");
    EditedGguf first = good[0];
    refused(part, first.keys.contains("general.name") ? "differ in \"general.name\"" : "");
    part = good[1];
    part.keys["llama4.block_count"] = std::uint64_t{99};
    refused(part,
        "scout-00002-of-00003.gguf: The file is a part of another model than "
        "scout-00001-of-00003.gguf: they differ in \"llama4.block_count\"");
    part = good[1];
    part.tensors.push_back(good[2].tensors[0]);
    refused(part, "which scout-00002-of-00003.gguf holds too");
    part = good[1];
    part.tensors.pop_back();
    refused(part, "tensors together where");
    refused(scout, "says that it is part 1 of 1"); // a whole file
}

TEST(SplitGgufTest, refusesHeadersThatLieAboutTheSplit)
{
    const EditedGguf scout = EditedGguf::load(scoutFile());
    const TemporaryFolder folder;
    EditedGguf part = scout;
    part.keys["split.count"] = std::uint64_t{2};
    std::string sentence = refusal(part.save(partPath(folder, 0)), ErrorCode::malformed);
    CHECK_ROW(holds(sentence, "but not which"), sentence);
    part.keys["split.no"] = std::uint64_t{2};
    sentence = refusal(part.save(partPath(folder, 0)), ErrorCode::malformed);
    CHECK_ROW(holds(sentence, "but not which"), sentence);
    part.keys["split.no"] = std::uint64_t{0};
    part.keys["split.count"] = std::numeric_limits<std::uint64_t>::max();
    sentence = refusal(part.save(partPath(folder, 0)), ErrorCode::malformed);
    CHECK_ROW(holds(sentence, "mixed up"), sentence);
    part.keys["split.count"] = std::uint64_t{99'999}; // stops at the first that is missing
    sentence = refusal(part.save(partPath(folder, 0, 99'999)), ErrorCode::cannotRead);
    CHECK_ROW(holds(sentence, "Part 2 of the 99999 parts"), sentence);
    part.keys["split.count"] = std::uint64_t{1}; // what the tool writes when there is one part
    CHECK(ModelFile::open(part.save(folder / "whole.gguf")));
}

TEST(SplitGgufTest, replaysTheFuzzCorpus)
{
    CHECK(lectern::test::replayCorpus("split_gguf") >= 14);
}
