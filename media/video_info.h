// SPDX-License-Identifier: Apache-2.0
// What a video's headers say: how it is shown, how it is coded, what else the file holds.
#pragma once

#include "media/video_frame.h"

#include <string>
#include <vector>

extern "C" {
#include <libavformat/avformat.h>
}

namespace lectern::media {

struct VideoInfo {
    std::string codec;         // for people: "H.264"
    int width = 0, height = 0; // as shown: aspect ratio and rotation applied
    double headerDuration = 0; // seconds as the file claims, 0 if it does not
    bool rotated = false;      // the file asks for a turn or a mirror image
    bool interlaced = false;
    const char* dynamicRange = nullptr; // for people, "HDR (PQ)"; none for the ordinary one
    bool hasSound = false;
    std::vector<std::string> unreadSubtitles; // their languages, "" where not known
    struct Chapter {
        double seconds;
        std::string title;
    };
    std::vector<Chapter> chapters;
};

// Of the video stream `stream`; the subtitle track `subtitleStream` (-1: none) is read.
[[nodiscard]] VideoInfo describeVideo(
    const AVFormatContext& format, const AVStream& stream, int subtitleStream);

[[nodiscard]] std::string codecName(AVCodecID id); // for people

[[nodiscard]] Orientation orientationOf(const AVStream& stream);

} // namespace lectern::media
