// SPDX-License-Identifier: Apache-2.0
// Scenes first, the rest evenly; exact times while decoding them is cheap, key frames beyond.
#include "media/frame_choice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace lectern::media {

namespace {

// Pixels decoded. H.264 at 1080p takes 8 ms a frame and core (platform figures: 10 minutes in 124 s
// on one core), so a core does about 250 million a second.
constexpr std::uint64_t kFramePixels =
    12'500; // what a frame takes at least: 50 us for all but its pixels
constexpr std::uint64_t kLookPixels = 1'000'000'000;  // 2 s on two cores, for exact cuts
constexpr std::uint64_t kExactPixels = 1'500'000'000; // 3 s, for exact times
constexpr std::uint64_t kMostPixels = 60'000'000'000; // 2 minutes, where there is no other way
constexpr std::size_t kMostKeys = 160;                // looked at, about 15 ms each at 1080p
constexpr double kTolerance = 1e-6;                   // times are rationals in floating point

// The frame on screen at a time.
std::size_t frameAt(const VideoTimes& times, double seconds)
{
    const auto after = std::ranges::upper_bound(times.frames, seconds + kTolerance);
    return after == times.frames.begin()
        ? 0
        : static_cast<std::size_t>(after - times.frames.begin()) - 1;
}

std::size_t keyBefore(const VideoTimes& times, std::size_t frame)
{
    const auto after = std::ranges::upper_bound(times.keys, frame);
    return after == times.keys.begin() ? 0 : *std::prev(after);
}

struct Scene {
    std::size_t first; // frame
    double begin, end; // seconds
    std::size_t frames = 1;
    [[nodiscard]] double length() const { return end - begin; }
};

std::vector<Scene> scenesOf(const VideoTimes& times, const std::vector<std::size_t>& starts)
{
    std::vector<Scene> scenes{{0, times.frames.front(), times.end}};
    for (const std::size_t start : starts) {
        if (start == 0 || start >= times.frames.size())
            continue;
        scenes.back().end = times.frames[start];
        scenes.push_back({start, times.frames[start], times.end});
    }
    return scenes;
}

// The longest ones, in order of time; what is left out belongs to the scene before it.
void keepLongest(std::vector<Scene>& scenes, std::size_t count)
{
    while (scenes.size() > count) {
        const auto shortest = std::ranges::min_element(scenes, {}, &Scene::length);
        const auto heir = shortest == scenes.begin() ? std::next(shortest) : std::prev(shortest);
        if (shortest != scenes.begin())
            heir->end = shortest->end;
        scenes.erase(shortest);
    }
}

std::uint64_t costOf(const VideoTimes& times, const std::vector<std::size_t>& frames)
{
    std::uint64_t steps = 0;
    std::ptrdiff_t last = -1;
    for (const std::size_t frame : frames) {
        steps += decodingSteps(times, frame, last);
        last = static_cast<std::ptrdiff_t>(frame);
    }
    return steps;
}

void sortOut(std::vector<std::size_t>& frames)
{
    std::ranges::sort(frames);
    frames.erase(std::unique(frames.begin(), frames.end()), frames.end());
}

// To the key frame nearest in time, where that lies closer than half the way to the neighbours.
void moveToKeys(const VideoTimes& times, std::vector<std::size_t>& frames)
{
    const std::vector<std::size_t> wanted = frames;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const double here = times.frames[wanted[i]];
        const double before = i > 0 ? times.frames[wanted[i - 1]] : here - times.end;
        const double after = i + 1 < wanted.size() ? times.frames[wanted[i + 1]] : times.end;
        const double reach = std::min(here - before, std::max(after - here, kTolerance)) / 2;
        double nearest = std::numeric_limits<double>::infinity();
        const auto key = std::ranges::lower_bound(times.keys, wanted[i]);
        const auto consider = [&](std::size_t candidate) {
            const double distance = std::abs(times.frames[candidate] - here);
            if (distance <= reach && distance < nearest) {
                nearest = distance;
                frames[i] = candidate;
            }
        };
        if (key != times.keys.end())
            consider(*key);
        if (key != times.keys.begin())
            consider(*std::prev(key));
    }
    sortOut(frames);
}

} // namespace

std::size_t decodingSteps(const VideoTimes& times, std::size_t frame, std::ptrdiff_t from)
{
    const auto key = static_cast<std::ptrdiff_t>(keyBefore(times, frame));
    return static_cast<std::size_t>(
        static_cast<std::ptrdiff_t>(frame) - (from >= key ? from : key - 1));
}

Look chooseLook(const VideoTimes& times, std::uint64_t pixels)
{
    if (times.frames.size() < 3)
        return Look::nowhere;
    if (times.frames.size() * std::max(pixels, kFramePixels) <= kLookPixels)
        return Look::everyFrame;
    return times.keys.size() > 2 ? Look::keyFrames : Look::nowhere;
}

std::vector<std::size_t> keysToLookAt(const VideoTimes& times)
{
    if (times.keys.size() <= kMostKeys)
        return times.keys;
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < kMostKeys; ++i) {
        const double time = times.end * static_cast<double>(i) / kMostKeys;
        const auto after = std::ranges::upper_bound(times.keys, frameAt(times, time));
        chosen.push_back(after == times.keys.begin() ? times.keys.front() : *std::prev(after));
    }
    sortOut(chosen);
    return chosen;
}

FrameChoice chooseFrames(const VideoTimes& times, const std::vector<std::size_t>& sceneStarts,
    std::size_t budget, std::uint64_t pixels)
{
    FrameChoice choice;
    if (times.frames.size() <= budget) {
        choice.frames.resize(times.frames.size());
        std::iota(choice.frames.begin(), choice.frames.end(), 0U);
        return choice;
    }
    std::vector<Scene> scenes = scenesOf(times, sceneStarts);
    choice.scenesLeftOut = scenes.size() > budget ? scenes.size() - budget : 0;
    keepLongest(scenes, budget);
    for (std::size_t left = budget - scenes.size(); left > 0; --left)
        ++std::ranges::max_element(scenes, {}, [](const Scene& scene) {
            return scene.length() / static_cast<double>(scene.frames);
        })->frames;
    for (const Scene& scene : scenes)
        for (std::size_t i = 0; i < scene.frames; ++i)
            choice.frames.push_back(std::max(scene.first,
                frameAt(times,
                    scene.begin
                        + scene.length() * static_cast<double>(i)
                            / static_cast<double>(scene.frames))));
    sortOut(choice.frames);

    pixels = std::max<std::uint64_t>(pixels, 1);
    if (costOf(times, choice.frames) * pixels > kExactPixels && times.keys.size() > 1) {
        moveToKeys(times, choice.frames);
        choice.movedToKeys = true;
    }
    // A frame that lies too deep behind its key frame is given up; later ones may be cheap again.
    std::uint64_t spent = 0;
    std::ptrdiff_t last = -1;
    std::erase_if(choice.frames, [&](std::size_t frame) {
        const std::uint64_t cost = decodingSteps(times, frame, last) * pixels;
        if (spent + cost > kMostPixels) {
            choice.incomplete = true;
            return true;
        }
        spent += cost;
        last = static_cast<std::ptrdiff_t>(frame);
        return false;
    });
    return choice;
}

} // namespace lectern::media
