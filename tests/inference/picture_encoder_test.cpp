// SPDX-License-Identifier: Apache-2.0
// Pictures through a counting tiler: what is cut and encoded again, and what is remembered.
#include "inference/cpu/cpu_backend.h"
#include "inference/picture_encoder.h"
#include "tests/inference/test.h"

using namespace lectern::inference;

namespace {

struct Fixture {
    std::unique_ptr<Backend> backend = createCpuBackend({.threads = 1});
    std::unique_ptr<ModelFile> file;
    std::unique_ptr<PictureEncoder> encoder;
    int cuts = 0;
    ImageTiles tiles; // what the tiler gives
};

// A tower of 56-pixel tiles; the tiler answers with `rows` x `columns` tiles of the picture's
// first byte.
std::unique_ptr<Fixture> fixture(std::uint64_t cacheBytes = 1U << 20U)
{
    auto f = std::make_unique<Fixture>();
    auto file = ModelFile::open(lectern::test::root() / "golden/vision/v56/mmproj.gguf");
    if (!file)
        return nullptr;
    f->file = std::move(*file);
    auto vision = Llama4Vision::load(*f->file, *f->backend);
    if (!vision)
        return nullptr;
    f->tiles.tileSize = 56;
    const Tiler tiler = [f = f.get()](const Picture& picture, const TileSpec& spec) {
        ++f->cuts;
        ImageTiles tiles = f->tiles;
        if (tiles.pixels.empty())
            tiles.pixels.assign(static_cast<std::size_t>(tiles.tileCount())
                    * static_cast<std::size_t>(3 * spec.tileSize * spec.tileSize),
                picture.rgb[0]);
        return tiles;
    };
    f->encoder =
        std::make_unique<PictureEncoder>(*f->backend, std::move(*vision), tiler, cacheBytes);
    return f;
}

Picture picture(std::uint8_t value, std::uint64_t hash)
{
    Picture result;
    result.width = 2;
    result.height = 1;
    result.rgb.assign(6, value);
    result.hash = hash;
    return result;
}

} // namespace

TEST(PictureEncoderTest, remembersWhatItHasSeen)
{
    const auto f = fixture();
    REQUIRE(f != nullptr);
    const auto a = f->encoder->encode(picture(10, 1), {});
    const auto b = f->encoder->encode(picture(200, 2), {});
    const auto again = f->encoder->encode(picture(10, 1), {});
    REQUIRE(a && b && again);
    CHECK(f->cuts == 2);
    CHECK(*a == *again);
    CHECK((*a)->rows.count == 4 && (*a)->rows.width == 48);
    CHECK((*a)->rows.data[0] != (*b)->rows.data[0]);
}

TEST(PictureEncoderTest, theGridCostsOneCut)
{
    const auto f = fixture();
    REQUIRE(f != nullptr);
    f->tiles.rows = 2;
    f->tiles.columns = 3;
    for (int i = 0; i < 3; ++i) {
        const auto grid = f->encoder->grid(picture(10, 1));
        REQUIRE(grid.has_value());
        CHECK(grid->rows == 2 && grid->columns == 3);
    }
    const auto encoded = f->encoder->encode(picture(10, 1), {});
    REQUIRE(encoded.has_value());
    CHECK((*encoded)->rows.count == 7 * 4); // six tiles and the global one
    CHECK(f->cuts == 1);
    for (std::uint64_t i = 2; i < 5; ++i)
        CHECK(f->encoder->grid(picture(10, i)));
    for (std::uint64_t i = 2; i < 5; ++i)
        CHECK(f->encoder->encode(picture(10, i), {}));
    CHECK(f->cuts == 4);
    CHECK(f->encoder->grid(picture(10, 5)));
    f->encoder->forgetTiles();
    CHECK(f->encoder->encode(picture(10, 5), {}));
    CHECK(f->cuts == 6);
}

TEST(PictureEncoderTest, forgetsTheLeastRecentlyUsed)
{
    const auto probe = fixture();
    REQUIRE(probe != nullptr);
    const auto one = probe->encoder->encode(picture(1, 1), {});
    REQUIRE(one.has_value());
    const auto f = fixture(2 * (*one)->buffer.reserved());
    REQUIRE(f != nullptr);
    REQUIRE(f->encoder->encode(picture(1, 1), {}).has_value());
    const auto second = f->encoder->encode(picture(2, 2), {});
    REQUIRE(f->encoder->encode(picture(1, 1), {}).has_value()); // 2 is now the oldest
    REQUIRE(f->encoder->encode(picture(3, 3), {}).has_value()); // 2 goes
    CHECK(f->cuts == 3);
    REQUIRE(f->encoder->encode(picture(1, 1), {}).has_value());
    CHECK(f->cuts == 3);
    const auto anew = f->encoder->encode(picture(2, 2), {});
    CHECK(f->cuts == 4);
    REQUIRE(second && anew);
    CHECK((*second)->rows.data[5] == (*anew)->rows.data[5]); // the old one is still readable
    // A picture larger than the cache is simply not kept.
    const auto tiny = fixture(1);
    REQUIRE(tiny != nullptr);
    CHECK(tiny->encoder->encode(picture(1, 1), {}));
    CHECK(tiny->encoder->encode(picture(1, 1), {}));
    CHECK(tiny->cuts == 2);
}

TEST(PictureEncoderTest, picturesWithoutAHashAreToldApart)
{
    CHECK(pictureKey(picture(1, 0)) != pictureKey(picture(2, 0)));
    CHECK(pictureKey(picture(1, 0)) == pictureKey(picture(1, 0)));
    CHECK(pictureKey(picture(1, 7)) == 7);
    Picture turned = picture(1, 0);
    std::swap(turned.width, turned.height);
    CHECK(pictureKey(turned) != pictureKey(picture(1, 0)));
}

TEST(PictureEncoderTest, refusesBrokenPicturesAndTiles)
{
    const auto f = fixture();
    REQUIRE(f != nullptr);
    Picture bad = picture(1, 1);
    bad.rgb.pop_back();
    const auto short1 = f->encoder->grid(bad);
    CHECK(!short1 && short1.error().code == ErrorCode::invalidRequest);
    bad = picture(1, 2);
    bad.width = -2;
    CHECK(!f->encoder->encode(bad, {}));
    CHECK(!f->encoder->grid(Picture{}));
    CHECK(f->cuts == 0);

    struct Row {
        const char* name;
        int rows;
        int columns;
        int tileSize;
        std::size_t bytes;
    };
    for (const Row& row :
        {Row{"size", 1, 1, 112, 3 * 112 * 112}, Row{"none", 0, 1, 56, 0},
            Row{"many", 5, 4, 56, 21 * 3 * 56 * 56}, Row{"overflow", 1 << 20, 1 << 20, 56, 1},
            Row{"bytes", 1, 1, 56, 3 * 56 * 56 - 1}, Row{"no-global", 1, 2, 56, 2 * 3 * 56 * 56}}) {
        f->tiles.rows = row.rows;
        f->tiles.columns = row.columns;
        f->tiles.tileSize = row.tileSize;
        f->tiles.pixels.assign(row.bytes, 1);
        const auto result = f->encoder->encode(picture(1, 3), {});
        CHECK_ROW(!result && result.error().code == ErrorCode::invalidRequest, row.name);
    }
}

TEST(PictureEncoderTest, aStoppedPictureIsNotRemembered)
{
    const auto f = fixture();
    REQUIRE(f != nullptr);
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = f->encoder->encode(picture(1, 1), stop.get_token());
    CHECK(!stopped && stopped.error().code == ErrorCode::cancelled);
    const auto fresh = f->encoder->encode(picture(1, 1), {});
    REQUIRE(fresh.has_value());
    CHECK(f->cuts == 2);
}
