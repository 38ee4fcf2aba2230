// SPDX-License-Identifier: Apache-2.0
// Which frames are chosen, on made-up times: scenes first, even steps, and what decoding costs.
#include "media/frame_choice.h"

#include <algorithm>
#include <QTest>

using namespace lectern::media;

namespace {

constexpr std::uint64_t kFullHd = 1920 * 1080;

// A second a frame, a key frame every so many.
VideoTimes everySecond(std::size_t count, std::size_t keyEvery)
{
    VideoTimes times;
    for (std::size_t i = 0; i < count; ++i) {
        times.frames.push_back(static_cast<double>(i));
        if (i % keyEvery == 0)
            times.keys.push_back(i);
    }
    times.end = static_cast<double>(count);
    return times;
}

using Indices = std::vector<std::size_t>;

} // namespace

class FrameChoiceTest : public QObject {
    Q_OBJECT

private slots:
    void takesAllWhereTheBudgetAllows()
    {
        QCOMPARE(chooseFrames(everySecond(3, 3), {}, 8, 100).frames, (Indices{0, 1, 2}));
        QCOMPARE(chooseFrames(everySecond(1, 1), {}, 1, 100).frames, (Indices{0}));
    }

    void stepsEvenlyWithoutScenes()
    {
        QCOMPARE(chooseFrames(everySecond(40, 10), {}, 4, 100).frames, (Indices{0, 10, 20, 30}));
        QCOMPARE(chooseFrames(everySecond(40, 10), {}, 1, 100).frames, (Indices{0}));
    }

    void givesScenesTheirFramesFirst()
    {
        const VideoTimes times = everySecond(100, 10);
        QCOMPARE(chooseFrames(times, {3, 7, 50}, 4, 100).frames, (Indices{0, 3, 7, 50}));
        // Two more: one to each of the longest stretches, 7 to 50 and 50 to 100.
        QCOMPARE(chooseFrames(times, {3, 7, 50}, 6, 100).frames, (Indices{0, 3, 7, 28, 50, 75}));
    }

    void leavesTheShortestScenesOut()
    {
        const FrameChoice choice = chooseFrames(everySecond(100, 10), {40, 42, 44, 90}, 3, 100);
        QCOMPARE(choice.frames, (Indices{0, 44, 90}));
        QCOMPARE(choice.scenesLeftOut, 2U);
    }

    void ignoresSceneStartsOutside()
    {
        QCOMPARE(chooseFrames(everySecond(10, 10), {0, 10, 99}, 2, 100).frames, (Indices{0, 5}));
    }

    void movesToKeyFramesWhenExactTimesAreDear()
    {
        const VideoTimes times = everySecond(15'000, 250);
        const FrameChoice cheap = chooseFrames(times, {}, 32, 64 * 48);
        QVERIFY(!cheap.movedToKeys);
        QCOMPARE(cheap.frames.at(1), 468U);
        const FrameChoice dear = chooseFrames(times, {}, 32, kFullHd);
        QVERIFY(dear.movedToKeys);
        QCOMPARE(dear.frames.size(), 32U);
        QVERIFY(
            std::ranges::all_of(dear.frames, [](std::size_t frame) { return frame % 250 == 0; }));
    }

    void staysExactWhereThereIsOneKeyFrame()
    {
        const FrameChoice choice = chooseFrames(everySecond(1000, 1000), {}, 4, kFullHd);
        QCOMPARE(choice.frames, (Indices{0, 250, 500, 750}));
        QVERIFY(!choice.incomplete);
    }

    void givesUpWhatNoBudgetReaches()
    {
        // Three hours behind one key frame.
        const FrameChoice choice = chooseFrames(everySecond(270'000, 270'000), {}, 16, kFullHd);
        QVERIFY(choice.incomplete);
        QVERIFY(!choice.frames.empty() && choice.frames.size() < 16);
        QVERIFY(choice.frames.back() * kFullHd < 61'000'000'000U);
    }

    void countsWhatDecodingTakes()
    {
        const VideoTimes times = everySecond(100, 10);
        QCOMPARE(decodingSteps(times, 0, -1), 1U);
        QCOMPARE(decodingSteps(times, 15, -1), 6U);
        QCOMPARE(decodingSteps(times, 15, 12), 3U);
        QCOMPARE(decodingSteps(times, 15, 3), 6U); // back to the key frame between
        VideoTimes none = times;
        none.keys.clear(); // broken: only from the beginning
        QCOMPARE(decodingSteps(none, 15, -1), 16U);
    }

    void looksWhereItCanAfford()
    {
        QVERIFY(chooseLook(everySecond(2, 1), kFullHd) == Look::nowhere);
        QVERIFY(chooseLook(everySecond(100, 10), kFullHd) == Look::everyFrame);
        QVERIFY(chooseLook(everySecond(15'000, 250), kFullHd) == Look::keyFrames);
        QVERIFY(chooseLook(everySecond(1'000'000, 1'000'000), 1) == Look::nowhere);
        QVERIFY(chooseLook(everySecond(15'000, 15'000), kFullHd) == Look::nowhere);
        QCOMPARE(keysToLookAt(everySecond(15'000, 250)).size(), 60U);
        const Indices some = keysToLookAt(everySecond(15'000, 1)); // all are key frames
        QVERIFY(some.size() > 100 && some.size() <= 160);
        QVERIFY(std::ranges::is_sorted(some) && some.back() > 14'800);
    }
};

QTEST_APPLESS_MAIN(FrameChoiceTest)
#include "frame_choice_test.moc"
