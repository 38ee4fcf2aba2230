// SPDX-License-Identifier: Apache-2.0
// One video stream of one file through FFmpeg, the only place that calls libavformat and
// libavcodec.
#pragma once

#include "media/error.h"
#include "media/image.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern::media {

struct VideoInfo {
    std::string codec;         // for people: "H.264"
    int width = 0, height = 0; // as shown: aspect ratio and rotation applied
    double headerDuration = 0; // seconds as the file claims, 0 if it does not
    bool rotated = false;      // the file asks for a turn or a mirror image
    bool hasSound = false;
    bool hasSubtitles = false;
};

// What going through all packets showed; nothing is decoded for it. Times are in seconds from the
// beginning of the file's own time line.
struct VideoTimes {
    std::vector<double> frames; // presentation times, ascending, each once
    double end = 0;             // of the last frame
};

struct VideoFrame {
    Image image; // upright, its longest side at most kMaxFrameSide
    double seconds = 0;
};

// Longest side of a decoded frame, in pixels: four tiles of 336. Larger frames are scaled down.
constexpr int kMaxFrameSide = 1344;

// Thread: any one at a time. Every call polls the stop token given to open().
class VideoDecoder {
public:
    // `demuxer` is FFmpeg's name of the container; nothing else is tried. No network, no other
    // file.
    [[nodiscard]] static Result<VideoDecoder> open(const std::filesystem::path& path,
        const char* demuxer, std::uint64_t maxPixels, std::stop_token stop);

    VideoDecoder(VideoDecoder&&) noexcept;
    VideoDecoder& operator=(VideoDecoder&&) noexcept;
    ~VideoDecoder();

    [[nodiscard]] const VideoInfo& info() const;

    // Call it once, before frame().
    [[nodiscard]] Result<VideoTimes> times();

    // The frame with the given index in VideoTimes::frames, or the next one that can be decoded;
    // nothing if there is none. Fast for ascending indices.
    [[nodiscard]] Result<std::optional<VideoFrame>> frame(std::size_t index);

    // Packets and frames that were damaged so far.
    [[nodiscard]] std::size_t damageCount() const;

private:
    struct State;
    explicit VideoDecoder(std::unique_ptr<State> state);

    std::unique_ptr<State> m_state;
};

} // namespace lectern::media
