// SPDX-License-Identifier: Apache-2.0
// The command line's look inside gives the golden logits and embeddings.
#include "inference/inspect.h"
#include "tests/inference/gguf_edit.h"
#include "tests/inference/test.h"

#include <cmath>
#include <nlohmann/json.hpp>

using namespace lectern::inference;
using lectern::test::fileBytes;
using lectern::test::fileFloats;

namespace {

std::filesystem::path golden(const std::string& name)
{
    return lectern::test::root() / "golden" / name;
}

float maxDifference(std::span<const float> a, std::span<const float> b)
{
    float most = a.size() == b.size() ? 0.0F : 1e9F;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        most = std::max(most, std::isnan(a[i]) ? 1e9F : std::abs(a[i] - b[i]));
    return most;
}

} // namespace

TEST(InspectTest, givesTheGoldenLogits)
{
    const auto ref = nlohmann::json::parse(fileBytes(golden("text/scout/ref.json")));
    const auto expected = fileFloats(golden("text/scout/logits.f32"));
    auto inspector = TextInspector::open(golden("text/scout/model.gguf"), 1);
    REQUIRE(inspector.has_value());
    const auto vocabulary = static_cast<std::size_t>((*inspector)->vocabulary());
    CHECK(vocabulary == 448);
    int rows = 0;
    for (const auto& prompt : ref["prompts"]) {
        const auto ids = prompt["ids"].get<std::vector<std::int32_t>>();
        std::int64_t seen = 0;
        const auto all =
            (*inspector)->logits(ids, LogitsOf::all, KvType::f32, {}, [&](std::int64_t done) {
                seen = done;
            });
        const auto last = (*inspector)->logits(ids, LogitsOf::last);
        REQUIRE(all.has_value() && last.has_value());
        CHECK(seen == static_cast<std::int64_t>(ids.size()));
        REQUIRE(all->size() == ids.size() * vocabulary && last->size() == vocabulary);
        CHECK(maxDifference(*last, std::span(*all).last(vocabulary)) < 1e-4F);
        std::size_t row = prompt["logits_row"].get<std::size_t>();
        for (const auto& position : prompt["logit_positions"]) {
            const auto ours =
                std::span(*all).subspan(position.get<std::size_t>() * vocabulary, vocabulary);
            CHECK(maxDifference(ours, std::span(expected).subspan(row++ * vocabulary, vocabulary))
                < 2e-3F);
            ++rows;
        }
    }
    CHECK(rows > 5);
}

TEST(InspectTest, refusesTokensThatCannotBe)
{
    auto inspector = TextInspector::open(golden("text/scout/model.gguf"), 1);
    REQUIRE(inspector.has_value());
    for (const std::vector<std::int32_t>& ids :
        {std::vector<std::int32_t>{}, {-1}, {448}, {0, 1, 1000000}}) {
        const auto result = (*inspector)->logits(ids, LogitsOf::last);
        CHECK(!result && result.error().code == ErrorCode::invalidRequest);
    }
    std::stop_source stop;
    stop.request_stop();
    const auto result =
        (*inspector)->logits(std::vector{1, 2, 3}, LogitsOf::last, KvType::f32, stop.get_token());
    CHECK(!result && result.error().code == ErrorCode::cancelled);
}

TEST(InspectTest, givesTheGoldenEmbeddings)
{
    for (const std::string name : {"v56", "v112"}) {
        auto inspector = VisionInspector::open(golden("vision/" + name + "/mmproj.gguf"), 1);
        REQUIRE(inspector.has_value());
        const auto pixels = fileFloats(golden("vision/" + name + "/pixels.f32"));
        const auto expected = fileFloats(golden("vision/" + name + "/embeddings.f32"));
        const auto ours = (*inspector)->embed(pixels);
        REQUIRE(ours.has_value());
        CHECK_ROW(maxDifference(*ours, expected) < 1e-3F, name);
        CHECK_ROW(static_cast<std::int64_t>(expected.size())
                == 2 * (*inspector)->tileSpec().tokensPerTile() * (*inspector)->width(),
            name);

        // Cut tiles are normalised first: as floats or as bytes, the same picture.
        const std::string bytes = fileBytes(golden("vision/" + name + "/one-tile.tiles.u8"));
        ImageTiles tiles;
        tiles.tileSize = (*inspector)->tileSpec().tileSize;
        tiles.pixels.assign(bytes.begin(), bytes.end());
        std::vector<float> normalised;
        for (const std::uint8_t value : tiles.pixels)
            normalised.push_back((static_cast<float>(value) / 255.0F - 0.5F) / 0.5F);
        const auto fromTiles = (*inspector)->embed(tiles);
        const auto fromPixels = (*inspector)->embed(normalised);
        REQUIRE(fromTiles.has_value() && fromPixels.has_value());
        CHECK_ROW(maxDifference(*fromTiles, *fromPixels) == 0.0F, name);
        tiles.tileSize += 14;
        CHECK_ROW(!(*inspector)->embed(tiles), name);
    }
}

TEST(InspectTest, wrongKindsOfFilesGiveASentence)
{
    const auto text = TextInspector::open(golden("vision/v56/mmproj.gguf"));
    CHECK(!text && text.error().code == ErrorCode::unsupportedArchitecture);
    const auto vision = VisionInspector::open(golden("text/scout/model.gguf"));
    CHECK(!vision && vision.error().code == ErrorCode::unsupportedArchitecture);
    CHECK(!TextInspector::open(golden("no-such.gguf")));
    CHECK(!VisionInspector::open(golden("README.md")));
}
