// SPDX-License-Identifier: Apache-2.0
// The vision tower against the golden stages, its file variants, its refusals and cancelling.
#include "inference/cpu/cpu_backend.h"
#include "inference/models/llama4_vision.h"
#include "tests/inference/gguf_edit.h"
#include "tests/inference/test.h"

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

using namespace lectern::inference;
using lectern::test::EditedGguf;
using lectern::test::TemporaryFolder;

namespace {

std::filesystem::path golden(const std::string& name)
{
    return lectern::test::root() / "golden/vision" / name;
}

struct Tower {
    std::unique_ptr<Backend> backend;
    std::unique_ptr<ModelFile> file;
    std::unique_ptr<Llama4Vision> vision;
    Error error{};
};

Tower open(const std::filesystem::path& path)
{
    Tower tower;
    tower.backend = createCpuBackend();
    auto file = ModelFile::open(path);
    if (!file) {
        tower.error = file.error();
        return tower;
    }
    tower.file = std::move(*file);
    auto vision = Llama4Vision::load(*tower.file, *tower.backend);
    if (vision)
        tower.vision = std::move(*vision);
    else
        tower.error = vision.error();
    return tower;
}

float maxDifference(std::span<const float> a, std::span<const float> b)
{
    float most = a.size() == b.size() ? 0.0F : 1e9F;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        most = std::max(most, std::isnan(a[i]) ? 1e9F : std::abs(a[i] - b[i]));
    return most;
}

bool close(const std::vector<float>& values, std::size_t first, const nlohmann::json& expected)
{
    for (std::size_t i = 0; i < expected.size(); ++i)
        if (!(std::abs(values.at(first + i) - expected[i].get<float>()) < 1e-3F))
            return false;
    return true;
}

std::vector<float> embed(Tower& tower, std::span<const float> pixels)
{
    auto result = tower.vision->encode(pixels);
    if (!result)
        lectern::test::fail(__FILE__, __LINE__, result.error().message);
    return result.value_or(std::vector<float>{});
}

} // namespace

TEST(Llama4VisionTest, everyStageAgreesWithTheReference)
{
    for (const std::string name : {"v56", "v112"}) {
        Tower tower = open(golden(name + "/mmproj.gguf"));
        REQUIRE(tower.vision != nullptr);
        const auto ref =
            nlohmann::json::parse(lectern::test::fileBytes(golden(name + "/ref.json")));
        const auto pixels = lectern::test::fileFloats(golden(name + "/pixels.f32"));
        const auto tileValues = static_cast<std::size_t>(tower.vision->config().tileValues());
        std::vector<float> all;
        for (std::size_t tile = 0; tile < 2; ++tile) {
            std::size_t stagesSeen = 0;
            const auto check = [&](std::string_view stage, Rows rows) {
                const std::string row =
                    name + " tile " + std::to_string(tile) + " " + std::string(stage);
                if (!ref["stages"].contains(stage)) {
                    lectern::test::fail(__FILE__, __LINE__, "no such stage: " + row);
                    return;
                }
                ++stagesSeen;
                const auto& expected = ref["stages"][std::string(stage)];
                std::vector<float> values(static_cast<std::size_t>(rows.count * rows.width));
                tower.backend->download(values, rows);
                double sum = 0;
                for (const float value : values)
                    sum += static_cast<double>(value) * static_cast<double>(value);
                const double l2 = expected["l2_per_tile"][tile].get<double>();
                CHECK_ROW(std::abs(std::sqrt(sum) - l2) < 1e-4 * l2, row);
                CHECK_ROW(close(values, 0, expected["first_token"][tile]), row);
                CHECK_ROW(close(values, static_cast<std::size_t>((rows.count - 1) * rows.width),
                              expected["last_token"][tile]),
                    row);
            };
            const auto embeddings = tower.vision->encode(
                std::span(pixels).subspan(tile * tileValues, tileValues), {}, check);
            REQUIRE(embeddings.has_value());
            all.insert(all.end(), embeddings->begin(), embeddings->end());
            // Every stage of the file but the projector's output, which is the result itself.
            CHECK_ROW(stagesSeen + 1 >= ref["stages"].size(), name);
        }
        const auto expected = lectern::test::fileFloats(golden(name + "/embeddings.f32"));
        const float difference = maxDifference(all, expected);
        std::printf(
            "  %s embeddings: max difference %g\n", name.c_str(), static_cast<double>(difference));
        CHECK_ROW(difference < 1e-3F, name);
        CHECK_ROW(maxDifference(embed(tower, pixels), all) == 0.0F, name); // both tiles at once
    }
}

TEST(Llama4VisionTest, describesItsTiles)
{
    Tower tower = open(golden("v56/mmproj.gguf"));
    REQUIRE(tower.vision != nullptr);
    const TileSpec spec = tower.vision->tileSpec();
    CHECK(spec.tileSize == 56);
    CHECK(spec.patchSize == 14);
    CHECK(spec.maxTiles == 16);
    CHECK(spec.tokensPerTile() == 4);
    Tower nano = open(lectern::test::root() / "../resources/models/nano/mmproj-nano-f16.gguf");
    REQUIRE(nano.vision != nullptr);
    CHECK(nano.vision->tileSpec().maxTiles == 1);
    CHECK(nano.vision->tileSpec().tileSize == 112);
}

TEST(Llama4VisionTest, normalisesWithTheFilesMeanAndDeviation)
{
    const TemporaryFolder folder;
    EditedGguf edited = EditedGguf::load(golden("v56/mmproj.gguf"));
    edited.keys["clip.vision.image_mean"] = std::vector<double>{0.5, 0.25, 0.0};
    edited.keys["clip.vision.image_std"] = std::vector<double>{0.5, 0.25, 1.0};
    Tower tower = open(edited.save(folder / "a.gguf"));
    REQUIRE(tower.vision != nullptr);
    std::vector<std::uint8_t> pixels(3 * 56 * 56, 255);
    pixels[0] = 0;
    const auto values = tower.vision->normalise(pixels);
    CHECK(values[0] == -1.0F);
    CHECK(values[1] == 1.0F);
    CHECK(values[56 * 56] == 3.0F);
    CHECK(values[2 * 56 * 56] == 1.0F);

    // The golden tile as bytes gives the golden pixels.
    Tower golden56 = open(golden("v56/mmproj.gguf"));
    const auto joint = nlohmann::json::parse(lectern::test::fileBytes(golden("v56/joint.json")));
    CHECK(joint["runs"].size() == 2);
    const std::string bytes = lectern::test::fileBytes(golden("v56/one-tile.tiles.u8"));
    const std::vector<std::uint8_t> tile(bytes.begin(), bytes.end());
    const auto normal = golden56.vision->normalise(tile);
    for (std::size_t i = 0; i < tile.size(); ++i)
        CHECK(normal[i] == (static_cast<float>(tile[i]) / 255.0F - 0.5F) / 0.5F);
}

TEST(Llama4VisionTest, readsTheOtherNamesAndShapesOfReleasedFiles)
{
    const TemporaryFolder folder;
    const auto pixels = lectern::test::fileFloats(golden("v56/pixels.f32"));
    Tower plain = open(golden("v56/mmproj.gguf"));
    REQUIRE(plain.vision != nullptr);
    const auto expected = embed(plain, pixels);
    EditedGguf edited = EditedGguf::load(golden("v56/mmproj.gguf"));
    auto* kernel = edited.find("v.patch_embd.weight");
    REQUIRE(kernel != nullptr && kernel->dims.size() == 2);
    kernel->dims = {14, 14, 3, kernel->dims[1]};
    for (auto& tensor : edited.tensors)
        if (const auto at = tensor.name.find(".ln2."); at != std::string::npos)
            tensor.name.replace(at, 5, ".attn_post_norm.");
    CHECK(edited.find("v.blk.0.attn_post_norm.bias") != nullptr);
    Tower released = open(edited.save(folder / "released.gguf"));
    REQUIRE(released.vision != nullptr);
    CHECK(maxDifference(embed(released, pixels), expected) == 0.0F);
}

TEST(Llama4VisionTest, refusesUnusableFilesWithASentence)
{
    const TemporaryFolder folder;
    struct Row {
        const char* name;
        ErrorCode code;
        const char* says;
        std::function<void(EditedGguf&)> change;
    };
    const std::vector<Row> rows{
        {"text-model", ErrorCode::unsupportedArchitecture, "llama4",
            [](EditedGguf& g) { g.keys["general.architecture"] = std::string("llama4"); }},
        {"no-architecture", ErrorCode::missingKey, "general.architecture",
            [](EditedGguf& g) { g.keys.erase("general.architecture"); }},
        {"audio", ErrorCode::unsupportedArchitecture, "vision encoder",
            [](EditedGguf& g) { g.keys["clip.has_vision_encoder"] = false; }},
        {"projector", ErrorCode::unsupportedArchitecture, "gemma3",
            [](EditedGguf& g) { g.keys["clip.projector_type"] = std::string("gemma3"); }},
        {"no-size", ErrorCode::missingKey, "clip.vision.image_size",
            [](EditedGguf& g) { g.keys.erase("clip.vision.image_size"); }},
        {"size-zero", ErrorCode::malformed, "clip.vision.image_size",
            [](EditedGguf& g) { g.keys["clip.vision.image_size"] = std::uint64_t{0}; }},
        {"size-odd", ErrorCode::malformed, "patches",
            [](EditedGguf& g) { g.keys["clip.vision.image_size"] = std::uint64_t{70}; }},
        {"size-huge", ErrorCode::malformed, "clip.vision.image_size",
            [](EditedGguf& g) { g.keys["clip.vision.image_size"] = ~std::uint64_t{0}; }},
        {"patch-one", ErrorCode::malformed, "",
            [](EditedGguf& g) {
                g.keys["clip.vision.image_size"] = std::uint64_t{8192};
                g.keys["clip.vision.patch_size"] = std::uint64_t{1};
            }},
        {"heads", ErrorCode::malformed, "heads",
            [](EditedGguf& g) { g.keys["clip.vision.attention.head_count"] = std::uint64_t{5}; }},
        {"scale", ErrorCode::malformed, "scale_factor",
            [](EditedGguf& g) { g.keys["clip.vision.projector.scale_factor"] = std::uint64_t{3}; }},
        {"mean-two", ErrorCode::malformed, "image_mean",
            [](EditedGguf& g) {
                g.keys["clip.vision.image_mean"] = std::vector<double>{0.5, 0.5};
            }},
        {"std-zero", ErrorCode::malformed, "image_std",
            [](EditedGguf& g) {
                g.keys["clip.vision.image_std"] = std::vector<double>{0.5, 0.0, 0.5};
            }},
        {"eps-nan", ErrorCode::malformed, "epsilon",
            [](EditedGguf& g) {
                g.keys["clip.vision.attention.layer_norm_epsilon"] =
                    std::numeric_limits<double>::quiet_NaN();
            }},
        {"layers", ErrorCode::missingTensor, "v.blk.",
            [](EditedGguf& g) { g.keys["clip.vision.block_count"] = std::uint64_t{9}; }},
        {"missing", ErrorCode::missingTensor, "v.blk.1.attn_k.bias",
            [](EditedGguf& g) { g.remove("v.blk.1.attn_k.bias"); }},
        {"missing-adapter", ErrorCode::missingTensor, "mm.model.mlp.2.weight",
            [](EditedGguf& g) { g.remove("mm.model.mlp.2.weight"); }},
        {"missing-position", ErrorCode::missingTensor, "v.position_embd.weight",
            [](EditedGguf& g) { g.remove("v.position_embd.weight"); }},
        {"shape", ErrorCode::wrongShape, "v.pre_ln.weight",
            [](EditedGguf& g) {
                auto* tensor = g.find("v.pre_ln.weight");
                tensor->dims = {tensor->dims[0] / 2, 2};
            }},
        {"kernel-shape", ErrorCode::wrongShape, "v.patch_embd.weight",
            [](EditedGguf& g) {
                auto* tensor = g.find("v.patch_embd.weight");
                tensor->dims = {3, 14, 14, tensor->dims[1]};
            }},
    };
    for (const Row& row : rows) {
        EditedGguf edited = EditedGguf::load(golden("v56/mmproj.gguf"));
        row.change(edited);
        const Tower tower = open(edited.save(folder / "bad.gguf"));
        CHECK_ROW(tower.vision == nullptr, row.name);
        CHECK_ROW(tower.error.code == row.code, row.name);
        CHECK_ROW(tower.error.message.find(row.says) != std::string::npos,
            std::string(row.name) + ": " + tower.error.message);
        CHECK_ROW(tower.error.message.find("bad.gguf") == 0, tower.error.message);
    }
}

TEST(Llama4VisionTest, refusesPixelsThatAreNotWholeTiles)
{
    Tower tower = open(golden("v56/mmproj.gguf"));
    REQUIRE(tower.vision != nullptr);
    for (const std::size_t count : {0U, 1U, 3U * 56 * 56 - 1, 3U * 56 * 56 + 1}) {
        const auto result = tower.vision->encode(std::vector<float>(count));
        CHECK(!result && result.error().code == ErrorCode::invalidRequest);
    }
}

TEST(Llama4VisionTest, stopsAtTheNextLayerAndWorksAfterwards)
{
    Tower tower = open(golden("v112/mmproj.gguf"));
    REQUIRE(tower.vision != nullptr);
    const auto pixels = lectern::test::fileFloats(golden("v112/pixels.f32"));
    const auto expected = embed(tower, pixels);
    for (const std::string at : {"patch_embedding", "layer_0", "layer_1", "adapter"}) {
        std::stop_source stop;
        std::string last;
        const auto result =
            tower.vision->encode(pixels, stop.get_token(), [&](std::string_view stage, Rows) {
                last = stage;
                if (stage == at)
                    stop.request_stop();
            });
        CHECK_ROW(!result && result.error().code == ErrorCode::cancelled, at);
        CHECK_ROW(last.substr(0, 5) != "layer" || last == at, last); // no layer after the stop
        CHECK_ROW(maxDifference(embed(tower, pixels), expected) == 0.0F, at);
    }
}
