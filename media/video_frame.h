// SPDX-License-Identifier: Apache-2.0
// A decoded FFmpeg frame to an upright RGB picture in its right proportions.
#pragma once

#include "media/error.h"
#include "media/image.h"
#include "media/video_tone.h"

#include <cstdint>
#include <memory>

extern "C" {
#include <libavutil/frame.h>
#include <libavutil/rational.h>
}

struct SwsContext;

namespace lectern::media {

struct FreeFrame {
    void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
using FramePtr = std::unique_ptr<AVFrame, FreeFrame>;

// One of the eight ways to turn and mirror: first the axes are swapped, then each may be reversed.
struct Orientation {
    bool swapAxes = false;
    bool reverseX = false; // of the result
    bool reverseY = false;
    [[nodiscard]] bool isUpright() const { return !swapAxes && !reverseX && !reverseY; }
};

// From a display matrix (9 values, 16.16 fixed point; ISO 14496-12), to the nearest right angle.
[[nodiscard]] Orientation orientationFromMatrix(const std::int32_t* matrix);

[[nodiscard]] Image orient(Image image, const Orientation& orientation);

struct Size {
    int width = 0, height = 0;
};

// Of the picture as shown: with square pixels and upright.
[[nodiscard]] Size shownSize(
    int width, int height, AVRational pixelAspect, const Orientation& orientation);

[[nodiscard]] Transfer transferOf(AVColorTransferCharacteristic characteristic);

// Keeps its scaler from frame to frame. Thread: any one at a time.
class FrameConverter {
public:
    enum class Quality { best, fast };
    explicit FrameConverter(Quality quality);
    ~FrameConverter();
    FrameConverter(const FrameConverter&) = delete;
    FrameConverter& operator=(const FrameConverter&) = delete;

    // Scales down so that no side exceeds maxSide; transparency goes over white. Of an interlaced
    // frame the field that was first in time is taken, of high dynamic range what a screen shows.
    [[nodiscard]] Result<Image> convert(
        const AVFrame& frame, AVRational pixelAspect, const Orientation& orientation, int maxSide);

private:
    Quality m_quality;
    SwsContext* m_scaler = nullptr; // owned; sws_getCachedContext replaces it
};

} // namespace lectern::media
