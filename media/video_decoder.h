// SPDX-License-Identifier: Apache-2.0
// One video stream of one file through FFmpeg, the only place that calls libavformat and
// libavcodec.
#pragma once

#include "media/frame_choice.h"
#include "media/reader.h"
#include "media/video_info.h"
#include "media/video_subtitles.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern::media {

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

    // Goes through all packets, those of the subtitles too. Call it once, before what follows.
    // Progress is in bytes.
    [[nodiscard]] Result<VideoTimes> times(const ProgressFn& progress);

    // After times(): the subtitle track, in seconds of the video.
    [[nodiscard]] std::vector<TimedText> takeSubtitles();
    [[nodiscard]] std::string subtitleLanguage() const;     // for people, may be empty
    [[nodiscard]] std::size_t invisibleInSubtitles() const; // characters, left out

    // A small picture (kLookSide of media/scene_cuts.h) of every frame, or of these key frames,
    // with its index in VideoTimes::frames; what cannot be decoded is passed over.
    using LookFn = std::function<void(std::size_t index, const Image& small)>;
    [[nodiscard]] Result<void> lookAtAll(const LookFn& look);
    [[nodiscard]] Result<void> lookAtKeys(const std::vector<std::size_t>& keys, const LookFn& look);

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
