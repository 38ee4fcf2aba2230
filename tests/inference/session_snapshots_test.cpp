// SPDX-License-Identifier: Apache-2.0
// Saved contexts through the engine: a restart costs no second reading, pictures included; several
// engines, a writer that is killed, and files that vanish change no answer.
#include "inference/snapshot_folder.h"
#include "tests/inference/engine_fixture.h"

#include <atomic>
#include <csignal>
#include <sys/wait.h>

using namespace lectern::inference;
using namespace lectern::test;

namespace {

LocalEngineOptions keeping(LocalEngineOptions options, const std::filesystem::path& folder)
{
    options.snapshotFolder = folder;
    return options;
}

LocalEngineOptions chunk16Options()
{
    LocalEngineOptions options;
    options.model = root() / "golden/text/chunk16/model.gguf";
    return options;
}

std::vector<Message> dialogueOf(int number, int turns)
{
    std::vector<Message> messages{says(Role::system, "Read the document."),
        says(Role::user,
            "A document that several questions are about, number " + std::to_string(number % 4)
                + ", of some length.")};
    for (int i = 0; i < turns; ++i)
        messages.push_back(says(
            i % 2 == 0 ? Role::assistant : Role::user, "turn " + std::to_string(number * 7 + i)));
    return messages;
}

bool sawPictures(const Caller& caller)
{
    const auto progress = caller.progress();
    return std::any_of(progress.begin(), progress.end(),
        [](const Progress& p) { return p.stage == Stage::vision; });
}

} // namespace

TEST(SessionSnapshotsTest, aRestartReadsNothingTwiceAndLooksAtNoPictureAgain)
{
    const TemporaryFolder folder;
    const auto options = keeping(nanoOptions(), folder / "kept");
    for (const GoldenCase& golden : goldenCases()) {
        if (golden.pictures == 0 && golden.id % 3 != 0)
            continue;
        const std::string row = std::to_string(golden.id);
        std::vector<Message> dialogue = golden.messages;
        int held = 0;
        std::string expected;
        {
            const auto engine = openEngine(options);
            REQUIRE(engine != nullptr);
            Caller first(*engine, greedy(dialogue));
            REQUIRE(first.wait().has_value());
            CHECK_ROW(first.text() == golden.output, row);
            CHECK_ROW(first.wait()->warnings.empty(), row);
            held = first.wait()->contextUsed;
            dialogue.push_back(says(Role::assistant, first.text()));
            dialogue.push_back(says(Role::user, "How many shapes are there?"));
            Caller second(*engine, greedy(dialogue));
            REQUIRE(second.wait().has_value());
            CHECK_ROW(second.wait()->timings.cachedTokens == held, row);
            CHECK_ROW(second.wait()->timings.restoredTokens == 0, row);
            expected = second.text();
        }
        const auto engine = openEngine(options);
        REQUIRE(engine != nullptr);
        Caller again(*engine, greedy(dialogue));
        REQUIRE(again.wait().has_value());
        const Timings& t = again.wait()->timings;
        CHECK_ROW(again.text() == expected, row + ": " + again.text());
        CHECK_ROW(t.restoredTokens == t.cachedTokens && t.cachedTokens >= held, row);
        CHECK_ROW(!sawPictures(again), row);
        // Asked once more, the context in memory is enough.
        Caller repeated(*engine, greedy(dialogue));
        REQUIRE(repeated.wait().has_value());
        CHECK_ROW(repeated.wait()->timings.restoredTokens == 0, row);
        CHECK_ROW(repeated.text() == expected, row);
    }
}

TEST(SessionSnapshotsTest, aPictureIsNotTakenForAnotherNorSeenByAnotherTower)
{
    const TemporaryFolder folder;
    auto options = keeping(nanoOptions(), folder / "kept");
    const auto all = goldenCases();
    const auto golden =
        *std::find_if(all.begin(), all.end(), [](const GoldenCase& c) { return c.pictures > 0; });
    int prompt = 0;
    {
        const auto engine = openEngine(options);
        REQUIRE(engine != nullptr);
        Caller caller(*engine, greedy(golden.messages));
        REQUIRE(caller.wait().has_value());
        prompt = caller.wait()->timings.promptTokens;
    }
    auto other = golden.messages;
    for (Message& message : other) {
        for (Part& part : message.parts) {
            if (auto* image = std::get_if<ImagePart>(&part)) {
                auto inverted = std::make_shared<Picture>(*image->picture);
                for (std::uint8_t& value : inverted->rgb)
                    value = static_cast<std::uint8_t>(255 - value);
                inverted->hash = 999;
                image->picture = inverted;
            }
        }
    }
    const auto askAnew = [&](const std::vector<Message>& messages) {
        const auto engine = openEngine(options);
        if (!engine)
            return std::pair(0, false);
        Caller caller(*engine, greedy(messages));
        const auto& result = caller.wait();
        return std::pair(result ? result->timings.restoredTokens : -1, sawPictures(caller));
    };
    CHECK(askAnew(golden.messages).first == prompt - 1);
    CHECK(!askAnew(golden.messages).second);
    CHECK(askAnew(other).first < prompt - 10);
    CHECK(askAnew(other).second == false); // by now the other one is saved too
    EditedGguf vision = EditedGguf::load(options.mmproj);
    vision.tensors.back().bytes[8] ^= 1;
    options.mmproj = vision.save(folder / "mmproj.gguf");
    const auto [restored, saw] = askAnew(golden.messages);
    CHECK(restored < prompt - 10 && saw);
}

TEST(SessionSnapshotsTest, anEditedModelFileOfTheSameNameStartsAnew)
{
    const TemporaryFolder folder;
    EditedGguf edited = EditedGguf::load(chunk16Options().model);
    auto options = keeping(chunk16Options(), folder / "kept");
    options.model = edited.save(folder / "model.gguf");
    const auto askAnew = [&] {
        const auto engine = openEngine(options);
        if (!engine)
            return -1;
        Caller caller(*engine, greedy(dialogueOf(1, 2), 8));
        return caller.wait() ? caller.wait()->timings.restoredTokens : -1;
    };
    CHECK(askAnew() == 0);
    CHECK(askAnew() > 16);
    edited.tensors.front().bytes[100] ^= 1;
    edited.save(folder / "model.gguf");
    CHECK(askAnew() == 0);
    CHECK(askAnew() > 16);
    options.kvType = KvType::q8_0;
    CHECK(askAnew() == 0);
}

// Conversations taking turns in one context, each found again on disk.
TEST(SessionSnapshotsTest, switchingConversationsReadsFromDiskAndAnswersTheSame)
{
    const TemporaryFolder folder;
    auto options = chunk16Options();
    options.threads = 1;
    options.speculate = false;
    const auto plain = openEngine(options);
    const auto kept = openEngine(keeping(options, folder / "kept"));
    REQUIRE(plain && kept);
    int restored = 0;
    for (int round = 0; round < 24; ++round) {
        const auto request = greedy(dialogueOf(round % 3, round / 3), 12);
        Caller caller(*kept, request);
        REQUIRE(caller.wait().has_value());
        restored += caller.wait()->timings.restoredTokens;
        CHECK_ROW(caller.text() == answer(*plain, request), std::to_string(round));
        CHECK_ROW(caller.wait()->warnings.empty(), std::to_string(round));
    }
    CHECK(restored > 24 * 16);
}

TEST(SessionSnapshotsTest, enginesShareAFolderWhoseFilesComeAndGo)
{
    const TemporaryFolder folder;
    auto options = chunk16Options();
    options.threads = 1;
    options.kvType = KvType::f32;
    const auto plain = openEngine(options);
    auto shared = keeping(options, folder / "kept");
    shared.snapshotQuotaBytes = 120'000; // a few conversations
    const std::unique_ptr<LocalEngine> engines[] = {openEngine(shared), openEngine(shared)};
    REQUIRE(plain && engines[0] && engines[1]);
    for (int round = 0; round < 16; ++round) {
        const auto one = greedy(dialogueOf(round % 5, 3), 10);
        const auto two = greedy(dialogueOf((round * 3 + 1) % 5, 3), 10);
        Caller first(*engines[0], one);
        Caller second(*engines[1], two);
        REQUIRE(first.wait().has_value() && second.wait().has_value());
        CHECK_ROW(first.text() == answer(*plain, one), std::to_string(round));
        CHECK_ROW(second.text() == answer(*plain, two), std::to_string(round));
        if (round % 6 == 5) // another process clears up
            for (const auto& entry : std::filesystem::directory_iterator(folder / "kept"))
                std::filesystem::remove(entry.path());
    }
}

TEST(SessionSnapshotsTest, aFolderThatCannotBeUsedIsAWarningWithTheAnswer)
{
    const TemporaryFolder folder;
    std::ofstream(folder / "taken") << "x";
    const auto engine = openEngine(keeping(nanoOptions(), folder / "taken/below"));
    REQUIRE(engine != nullptr);
    const auto all = goldenCases();
    Caller caller(*engine, greedy(all.front().messages));
    REQUIRE(caller.wait().has_value());
    CHECK(caller.text() == all.front().output);
    CHECK(caller.wait()->warnings.size() == 1);
    Caller again(*engine, greedy(all.front().messages));
    REQUIRE(again.wait().has_value());
    CHECK(again.wait()->warnings.empty()); // said once
}

// A process that saves one conversation after another is killed at any moment: every file under a
// final name is whole, half ones are cleared away, and answers are as ever.
TEST(SessionSnapshotsTest, aKilledWriterLeavesAUsableFolder)
{
    const TemporaryFolder folder;
    auto options = chunk16Options();
    options.threads = 1;
    options.kvType = KvType::f32;
    std::uint32_t state = 20260;
    int whole = 0;
    for (int round = 0; round < 12; ++round) {
        int told[2];
        REQUIRE(::pipe(told) == 0);
        const pid_t writer = ::fork();
        REQUIRE(writer >= 0);
        if (writer == 0) {
            ::close(told[0]);
            const auto engine = openEngine(keeping(options, folder / "kept"));
            for (int i = 0; engine; ++i) {
                (void)answer(*engine, greedy(dialogueOf(round * 1000 + i, i % 5), 6));
                if (::write(told[1], "x", 1) != 1)
                    break;
            }
            ::_exit(1);
        }
        ::close(told[1]);
        state = state * 1664525U + 1013904223U;
        const int answers = 1 + static_cast<int>((state >> 16U) % 12);
        char byte = 0;
        for (int i = 0; i < answers; ++i)
            REQUIRE(::read(told[0], &byte, 1) == 1);
        ::usleep((state >> 8U) % 3000);
        ::kill(writer, SIGKILL);
        int status = 0;
        ::waitpid(writer, &status, 0);
        ::close(told[0]);
        CHECK(WIFSIGNALED(status));

        const SnapshotFolder kept(folder / "kept", std::uint64_t{1} << 30U);
        CHECK(kept.prepare().has_value());
        for (const auto& entry : std::filesystem::directory_iterator(folder / "kept")) {
            const std::string name = entry.path().filename().string();
            CHECK_ROW(!name.starts_with("tmp-"), name);
            CHECK_ROW(kept.open(name).has_value(), name);
            ++whole;
        }
    }
    CHECK(whole > 0);
    const auto plain = openEngine(options);
    const auto engine = openEngine(keeping(options, folder / "kept"));
    REQUIRE(plain && engine);
    int restored = 0;
    for (int i = 0; i < 5; ++i) {
        const auto request = greedy(dialogueOf(i, i % 5), 6);
        Caller caller(*engine, request);
        REQUIRE(caller.wait().has_value());
        restored += caller.wait()->timings.restoredTokens;
        CHECK_ROW(caller.text() == answer(*plain, request), std::to_string(i));
    }
    CHECK(restored > 0);
}

// A stop is answered while a context is being saved, and what it had read by then is kept.
TEST(SessionSnapshotsTest, aStoppedRequestKeepsWhatItHadRead)
{
    const TemporaryFolder folder;
    const auto options = keeping(chunk16Options(), folder / "kept");
    std::vector<Message> messages = dialogueOf(2, 40);
    int promptTokens = 0;
    {
        const auto engine = openEngine(options);
        REQUIRE(engine != nullptr);
        std::atomic<RequestId> running = 0;
        Caller caller(*engine, greedy(messages, 200), [&](const Progress& p) {
            if (p.stage == Stage::decode && running != 0)
                engine->cancel(running);
        });
        running = caller.id();
        REQUIRE(caller.wait().has_value());
        promptTokens = caller.wait()->timings.promptTokens;
    }
    const auto engine = openEngine(options);
    REQUIRE(engine != nullptr);
    Caller caller(*engine, greedy(messages, 4));
    REQUIRE(caller.wait().has_value());
    CHECK(promptTokens > 200);
    CHECK(
        caller.wait()->timings.restoredTokens > promptTokens - 1 - 8); // a shorter tail is not kept
}
