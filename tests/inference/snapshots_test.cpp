// SPDX-License-Identifier: Apache-2.0
// Saved contexts: what comes back is bit for bit what was held; what is not right never counts.
#include "tests/inference/snapshot_fixture.h"

#include <csignal>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace lectern::inference;
using namespace lectern::test;

TEST(SnapshotsTest, restoredIsBitForBitWhatWasHeld)
{
    LoadedModel loaded;
    const auto items = someItems(120);
    for (const KvType type : kEveryKvType) {
        for (const std::size_t read : {8, 15, 16, 17, 31, 32, 33, 48, 77, 96}) {
            const std::string row = fmt::format("{}, {} positions", kvTypeName(type), read);
            const TemporaryFolder folder;
            std::string held;
            std::vector<float> expected;
            {
                Context first(loaded, type, folder / "kept");
                CHECK_ROW(first.begin(items) == 0, row);
                first.read(items, read);
                first.end();
                held = first.rows();
                expected = first.read(items, items.size());
            }
            Context second(loaded, type, folder / "kept");
            // The last chunk's tail is too short to be kept below 8 positions.
            const std::size_t kept = read % 16 < 8 ? read / 16 * 16 : read;
            // By now the first context has been saved to its end, but the request asks for less.
            CHECK_ROW(second.begin(items) == 112, row); // of 120: seven segments, no tail
            CHECK_ROW(second.kv.position() == 112, row);
            Context third(loaded, type, folder / "kept");
            const std::vector<SnapshotItem> cut(
                items.begin(), items.begin() + static_cast<std::ptrdiff_t>(read) + 1);
            CHECK_ROW(third.begin(cut) == static_cast<std::int64_t>(kept), row);
            if (kept == read)
                CHECK_ROW(third.rows() == held, row);
            third.read(items, read);
            CHECK_ROW(third.kv.position() == static_cast<std::int64_t>(read), row);
            CHECK_ROW(third.snapshots.begin(items, third.kv.position(), {}), row);
            const auto logits = third.read(items, items.size());
            if (kept == read)
                CHECK_ROW(sameBits(logits, expected), row);
            CHECK_ROW(third.snapshots.takeWarnings().empty(), row);
        }
    }
}

// The same with answers: every turn adds a tail behind the last one.
TEST(SnapshotsTest, aDialogueOfManyTurnsIsFoundAgainWhereverItStops)
{
    LoadedModel loaded(golden("text/chunk16/model.gguf"), SimdLevel::scalar);
    const auto items = someItems(90);
    const TemporaryFolder folder;
    {
        Context context(loaded, KvType::f16, folder / "kept");
        std::int64_t position = 0;
        for (const std::size_t turn : {9, 30, 45, 59, 60, 78}) {
            CHECK(context.begin(items, position) == 0);
            context.read(items, turn);
            context.end();
            position = context.kv.position();
        }
    }
    // 0-9 | 16-30 | 32-45 | 48-59 | 64-78 besides the segments.
    for (const auto& [asked, found] :
        std::vector<std::pair<std::size_t, std::int64_t>>{{10, 9}, {16, 9}, {17, 16}, {25, 24},
            {40, 39}, {60, 59}, {63, 59}, {64, 59}, {65, 64}, {70, 69}, {90, 78}}) {
        const std::string row = std::to_string(asked);
        const std::vector<SnapshotItem> cut(
            items.begin(), items.begin() + static_cast<std::ptrdiff_t>(asked));
        Context again(loaded, KvType::f16, folder / "kept");
        CHECK_ROW(again.begin(cut) == found, row + ": " + std::to_string(again.kv.position()));
        Context held(loaded, KvType::f16, folder / "none");
        held.begin(items);
        held.read(items, static_cast<std::size_t>(again.kv.position()));
        CHECK_ROW(held.rows() == again.rows(), row);
        const auto expected = held.read(items, asked);
        CHECK_ROW(sameBits(again.read(items, asked), expected), row);
        held.snapshots.flush();
        std::filesystem::remove_all(folder / "none");
    }
}

// A second conversation about the same document takes over what is common, inside a tail too.
TEST(SnapshotsTest, conversationsThatBeginAlikeShareWhatTheyHaveInCommon)
{
    LoadedModel loaded(golden("text/chunk16/model.gguf"), SimdLevel::scalar);
    const TemporaryFolder folder;
    auto first = someItems(60);
    auto second = first;
    for (std::size_t i = 44; i < second.size(); ++i)
        second[i].id = 399 - second[i].id;
    {
        Context context(loaded, KvType::f32, folder / "kept");
        context.begin(first);
        context.read(first, 47);
        context.end();
    }
    const std::size_t files = filesIn(folder / "kept").size();
    CHECK(files == 3); // two segments, a tail
    Context context(loaded, KvType::f32, folder / "kept");
    CHECK(context.begin(second) == 44);
    Context plain(loaded, KvType::f32, folder / "none");
    plain.begin(second);
    plain.read(second, 44);
    CHECK(plain.rows() == context.rows());
    CHECK(sameBits(plain.read(second, 60), context.read(second, 60)));
    context.end();
    CHECK(filesIn(folder / "kept").size() == files + 2); // its third segment, its tail

    // What the context holds already is not read again, and a longer one on disk beats it.
    Context some(loaded, KvType::f32, folder / "kept");
    some.begin(first, 0);
    CHECK(some.kv.position() == 47);
    CHECK(some.begin(second, 44) == 15); // the other conversation has been read to its end
    CHECK(some.kv.position() == 59);
    CHECK(some.rows().substr(0, 100) == context.rows().substr(0, 100));
}

// A model without local layers: segments of 2048 positions, here all in tails.
TEST(SnapshotsTest, modelsWithoutChunksAreKeptToo)
{
    const TemporaryFolder folder;
    EditedGguf edited = EditedGguf::load(golden("text/chunk16/model.gguf"));
    edited.keys["llama4.attention.sliding_window"] = std::uint64_t{0};
    LoadedModel loaded(edited.save(folder / "plain.gguf"));
    CHECK(loaded.identity.segmentLength == 2048);
    const auto items = someItems(90);
    std::vector<float> expected;
    {
        Context context(loaded, KvType::f16, folder / "kept");
        context.begin(items);
        context.read(items, 50);
        context.end();
        expected = context.read(items, 90);
    }
    Context context(loaded, KvType::f16, folder / "kept");
    const std::vector<SnapshotItem> cut(items.begin(), items.begin() + 51);
    CHECK(context.begin(cut) == 50);
    CHECK(sameBits(context.read(items, 90), expected));
}

namespace {

// A folder with a segment and a tail, and a context that holds the first 5 positions of them.
struct Damaged {
    LoadedModel& loaded;
    const TemporaryFolder folder;
    std::vector<SnapshotItem> items = someItems(40);
    std::string held;
    explicit Damaged(LoadedModel& model) : loaded(model)
    {
        Context context(loaded, KvType::f16, folder / "kept");
        context.begin(items);
        context.read(items, 30);
        context.end();
        Context five(loaded, KvType::f16, folder / "other");
        five.begin(items);
        five.read(items, 5);
        held = five.rows();
    }
    // What a context of 5 positions finds; its own rows must be as before when it finds nothing.
    std::int64_t restored(Context& context, const std::string& row)
    {
        context.kv.rewindTo(0);
        if (!context.snapshots.begin({}, 0, {}))
            return -1;
        context.read(items, 5);
        const std::int64_t found = context.begin(items, 5);
        CHECK_ROW(context.kv.position() == 5 + found, row);
        if (found == 0)
            CHECK_ROW(context.rows() == held, row);
        return found;
    }
};

} // namespace

TEST(SnapshotsTest, aChangedByteOfAHeaderOrOfRowsIsRefused)
{
    LoadedModel loaded;
    Damaged damaged(loaded);
    const auto segment = fileStarting(damaged.folder / "kept", "seg-");
    const auto tail = fileStarting(damaged.folder / "kept", "tail-");
    const std::string segmentBytes = fileBytes(segment);
    const std::string tailBytes = fileBytes(tail);
    {
        Context context(loaded, KvType::f16, damaged.folder / "kept");
        REQUIRE(damaged.restored(context, "untouched") == 25);
    }
    int flips = 0;
    for (const bool inTail : {false, true}) {
        const auto& path = inTail ? tail : segment;
        const std::string& bytes = inTail ? tailBytes : segmentBytes;
        std::uint32_t headerSize = 0;
        std::memcpy(&headerSize, bytes.data() + 12, sizeof headerSize);
        CHECK(headerSize > 300 && headerSize < 2000);
        for (std::size_t at = 0; at < bytes.size(); at += at < headerSize ? 1 : 97) {
            std::string changed = bytes;
            changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
            writeBytes(path, changed);
            Context context(loaded, KvType::f16, damaged.folder / "kept");
            CHECK_ROW(damaged.restored(context, std::to_string(at)) == (inTail ? 11 : 0),
                fmt::format("{} byte {}", path.filename().string(), at));
            CHECK_ROW(!std::filesystem::exists(path), std::to_string(at)); // gone for good
            writeBytes(segment, segmentBytes);
            writeBytes(tail, tailBytes);
            ++flips;
        }
    }
    std::printf("  %d changed bytes refused\n", flips);
    CHECK(flips > 1000);
}

TEST(SnapshotsTest, truncatedLongerEmptyAndForeignFilesAreRefused)
{
    LoadedModel loaded;
    Damaged damaged(loaded);
    const auto tail = fileStarting(damaged.folder / "kept", "tail-");
    const std::string bytes = fileBytes(tail);
    std::vector<std::string> contents{"", "x", bytes + "x", std::string(5000, '\0'),
        fileBytes(golden("text/chunk16/model.gguf")).substr(0, 5000)};
    for (std::size_t size = 1; size < bytes.size(); size = size * 3 / 2 + 1)
        contents.push_back(bytes.substr(0, size));
    contents.push_back(bytes.substr(0, bytes.size() - 1));
    for (const std::string& content : contents) {
        writeBytes(tail, content);
        Context context(loaded, KvType::f16, damaged.folder / "kept");
        CHECK_ROW(damaged.restored(context, "") == 11, std::to_string(content.size()));
    }
    // A segment under a tail's name, another tail's content, a folder, a pipe, a link.
    const auto segment = fileStarting(damaged.folder / "kept", "seg-");
    writeBytes(tail, fileBytes(segment));
    {
        Context context(loaded, KvType::f16, damaged.folder / "kept");
        CHECK(damaged.restored(context, "segment") == 11);
    }
    std::filesystem::remove(tail);
    std::filesystem::create_directory(tail);
    {
        Context context(loaded, KvType::f16, damaged.folder / "kept");
        CHECK(damaged.restored(context, "folder") == 11);
    }
    std::filesystem::remove(tail);
    CHECK(::mkfifo(tail.c_str(), 0600) == 0);
    {
        Context context(loaded, KvType::f16, damaged.folder / "kept");
        CHECK(damaged.restored(context, "pipe") == 11);
    }
    std::filesystem::remove(tail);
    writeBytes(damaged.folder / "elsewhere", bytes);
    std::filesystem::create_symlink(damaged.folder / "elsewhere", tail);
    {
        Context context(loaded, KvType::f16, damaged.folder / "kept");
        CHECK(damaged.restored(context, "link") == 11);
    }
    CHECK(fileBytes(damaged.folder / "elsewhere") == bytes);
    // Files that are not ours stay.
    writeBytes(damaged.folder / "kept" / "notes.txt", "mine");
    writeBytes(damaged.folder / "kept" / "seg-mine.lkv", "mine");
    Context context(loaded, KvType::f16, damaged.folder / "kept", 1);
    damaged.restored(context, "quota");
    context.end();
    CHECK(fileBytes(damaged.folder / "kept" / "notes.txt") == "mine");
    CHECK(fileBytes(damaged.folder / "kept" / "seg-mine.lkv") == "mine");
}

TEST(SnapshotsTest, anotherModelCacheTypeOrVersionFindsNothing)
{
    LoadedModel loaded;
    Damaged damaged(loaded);
    const auto none = [&](Context& context, const std::string& row) {
        CHECK_ROW(context.begin(damaged.items) == 0 && context.kv.position() == 0, row);
    };
    for (const KvType type : {KvType::f32, KvType::q8_0, KvType::q4_0}) {
        Context context(loaded, type, damaged.folder / "kept");
        none(context, std::string(kvTypeName(type)));
    }
    {
        LoadedModel scalar(golden("text/chunk16/model.gguf"), SimdLevel::scalar);
        Context context(scalar, KvType::f16, damaged.folder / "kept");
        none(context, "arithmetic");
    }
    LoadedModel changed;
    changed.identity.promptVersion += 1;
    {
        Context context(changed, KvType::f16, damaged.folder / "kept");
        none(context, "version");
    }
    // The same name, one weight changed; one setting changed.
    EditedGguf edited = EditedGguf::load(golden("text/chunk16/model.gguf"));
    edited.tensors[edited.tensors.size() / 2].bytes[1000] ^= 1;
    LoadedModel otherWeights(edited.save(damaged.folder / "model.gguf"));
    CHECK(!(otherWeights.identity.model == loaded.identity.model));
    {
        Context context(otherWeights, KvType::f16, damaged.folder / "kept");
        none(context, "weights");
    }
    edited = EditedGguf::load(golden("text/chunk16/model.gguf"));
    edited.keys["llama4.rope.freq_base"] = 499999.0;
    LoadedModel otherSettings(edited.save(damaged.folder / "model.gguf"));
    {
        Context context(otherSettings, KvType::f16, damaged.folder / "kept");
        none(context, "settings");
    }
    // A file of another model under the name this one looks for: refused by what it says itself.
    Context target(otherSettings, KvType::f16, damaged.folder / "renamed");
    target.begin(damaged.items);
    target.read(damaged.items, 30);
    target.end();
    const auto name = fileStarting(damaged.folder / "renamed", "seg-");
    writeBytes(name, fileBytes(fileStarting(damaged.folder / "kept", "seg-")));
    Context again(otherSettings, KvType::f16, damaged.folder / "renamed");
    none(again, "renamed");

    // Pictures: the same tokens, another picture.
    auto seen = someItems(40);
    for (std::size_t i = 4; i < 12; ++i)
        seen[i] = {7, 1234};
    {
        Context context(loaded, KvType::f16, damaged.folder / "pictures");
        context.begin(seen);
        context.read(seen, 30);
        context.end();
    }
    Context same(loaded, KvType::f16, damaged.folder / "pictures");
    CHECK(same.begin(seen) == 30);
    for (std::size_t i = 4; i < 12; ++i)
        seen[i].picture = 1235;
    Context other(loaded, KvType::f16, damaged.folder / "pictures");
    CHECK(other.begin(seen) == 0); // the segment is another one
}

TEST(SnapshotsTest, theQuotaKeepsWhatWasUsedLast)
{
    LoadedModel loaded;
    const TemporaryFolder folder;
    constexpr std::uint64_t kQuota = 200'000;
    for (std::uint32_t seed = 1; seed <= 12; ++seed) {
        const auto items = someItems(60, seed);
        Context context(loaded, KvType::f32, folder / "kept", kQuota);
        context.begin(items);
        context.read(items, 60);
        context.end();
        std::uint64_t bytes = 0;
        for (const auto& path : filesIn(folder / "kept"))
            bytes += std::filesystem::file_size(path);
        CHECK_ROW(bytes <= kQuota && bytes > 0, fmt::format("{}: {}", seed, bytes));
        Context first(loaded, KvType::f32, folder / "kept", kQuota); // the first one is used again
        CHECK_ROW(first.begin(someItems(60, 1)) == 59, std::to_string(seed));
    }
    Context last(loaded, KvType::f32, folder / "kept", kQuota);
    CHECK(last.begin(someItems(60, 12)) == 59);
    Context old(loaded, KvType::f32, folder / "kept", kQuota);
    CHECK(old.begin(someItems(60, 3)) == 0);

    // What does not fit at all is said, once.
    Context tooLarge(loaded, KvType::f32, folder / "tiny", 1000);
    const auto items = someItems(60);
    tooLarge.begin(items);
    tooLarge.read(items, 60);
    tooLarge.end();
    const auto warnings = tooLarge.snapshots.takeWarnings();
    CHECK(!warnings.empty() && warnings[0].find("limit") != std::string::npos);
    CHECK(tooLarge.snapshots.takeWarnings().empty());
    CHECK(filesIn(folder / "tiny").empty());
}

TEST(SnapshotsTest, whatCannotBeWrittenIsASentence)
{
    LoadedModel loaded;
    const TemporaryFolder folder;
    const auto items = someItems(40);
    const auto use = [&](const std::filesystem::path& path) {
        Context context(loaded, KvType::f16, path);
        CHECK(context.begin(items) == 0);
        CHECK(!context.read(items, 40).empty());
        context.end();
        return context.snapshots.takeWarnings();
    };
    // A file stands where the folder should be.
    writeBytes(folder / "file", "x");
    auto warnings = use(folder / "file");
    CHECK(warnings.size() == 1 && warnings[0].find("cannot be kept") != std::string::npos);
    warnings = use(folder / "file/below");
    CHECK(warnings.size() == 1 && warnings[0].find("not affected") != std::string::npos);

    // The system refuses to write on, as on a full disk.
    struct rlimit before { };
    ::getrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit little {
        2000, before.rlim_max
    };
    ::setrlimit(RLIMIT_FSIZE, &little);
    warnings = use(folder / "full");
    ::setrlimit(RLIMIT_FSIZE, &before);
    CHECK(!warnings.empty() && warnings[0].find("cannot be kept") != std::string::npos);
    CHECK(filesIn(folder / "full").empty()); // nothing half written
    CHECK(use(folder / "full").empty());     // with space again, it goes on
    CHECK(!filesIn(folder / "full").empty());

    // The folder vanishes.
    Context context(loaded, KvType::f16, folder / "vanishes");
    context.begin(items);
    context.read(items, 20);
    std::filesystem::remove_all(folder / "vanishes");
    CHECK(!context.read(items, 40).empty()); // one more segment to write
    context.end();
    CHECK(!context.snapshots.takeWarnings().empty());
}

// A file that a killed writer left is removed by the next; one that is being written is not.
TEST(SnapshotsTest, leftoversOfDeadWritersAreRemoved)
{
    const TemporaryFolder folder;
    const SnapshotFolder kept(folder / "kept", 1000);
    CHECK(kept.prepare().has_value());
    writeBytes(folder / "kept/tmp-1-0.lkv", "half");
    CHECK(kept.prepare().has_value());
    CHECK(filesIn(folder / "kept").empty());
    struct stat status { };
    CHECK(::stat((folder / "kept").c_str(), &status) == 0 && (status.st_mode & 0777) == 0700);
}

TEST(SnapshotsTest, aStopWhileReadingLeavesTheCacheAsItWas)
{
    LoadedModel loaded;
    Damaged damaged(loaded);
    Context context(loaded, KvType::f16, damaged.folder / "kept");
    CHECK(context.snapshots.begin(damaged.items, 0, {}));
    std::stop_source source;
    source.request_stop();
    CHECK(context.snapshots.restore(39, source.get_token()) == 0);
    CHECK(context.kv.position() == 0);
    CHECK(context.snapshots.restore(39, {}) == 30);
}
