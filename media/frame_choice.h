// SPDX-License-Identifier: Apache-2.0
// Which frames of a video are read, under a budget of frames and of decoding. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lectern::media {

// What going through all packets showed; nothing is decoded for it. Times are in seconds from the
// beginning of the file's own time line.
struct VideoTimes {
    std::vector<double> frames;    // presentation times, ascending, each once
    std::vector<std::size_t> keys; // which of them decode by themselves, ascending
    double end = 0;                // of the last frame
};

// How many frames have to be decoded for one of these, coming from `from` (-1: from a key frame).
[[nodiscard]] std::size_t decodingSteps(
    const VideoTimes& times, std::size_t frame, std::ptrdiff_t from);

// How scene changes are looked for.
enum class Look { everyFrame, keyFrames, nowhere };

// By what decoding costs. `pixels` is the size of a frame.
[[nodiscard]] Look chooseLook(const VideoTimes& times, std::uint64_t pixels);

// The key frames that are looked at: all, or so many spread evenly over time.
[[nodiscard]] std::vector<std::size_t> keysToLookAt(const VideoTimes& times);

struct FrameChoice {
    std::vector<std::size_t> frames; // ascending
    std::size_t scenesLeftOut = 0;   // for want of budget; the longest have frames
    bool movedToKeys = false;        // exact times would have taken too long
    bool incomplete = false;         // frames that no budget of decoding reaches are missing
};

// Each scene gets its first frame, then the longest stretches are divided evenly until `budget` is
// spent. Without scenes these are the frames on screen at i * duration / budget.
//   sceneStarts  frames that begin a scene, ascending; the first frame begins one without saying
//   budget       >= 1
[[nodiscard]] FrameChoice chooseFrames(const VideoTimes& times,
    const std::vector<std::size_t>& sceneStarts, std::size_t budget, std::uint64_t pixels);

} // namespace lectern::media
