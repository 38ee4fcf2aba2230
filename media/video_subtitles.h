// SPDX-License-Identifier: Apache-2.0
// The subtitle track inside a video: its packets to text with times.
#pragma once

#include "media/video_input.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::media {

struct TimedText {
    double begin = 0, end = 0; // seconds
    std::string text;          // lines without markup, cleaned of invisible characters
};

// Thread: any one at a time. Borrows nothing: the demuxer may be closed and opened anew.
class SubtitleDecoder {
public:
    // The track a player would show: the default one, else the first of text. Nothing when the file
    // has none.
    [[nodiscard]] static std::optional<SubtitleDecoder> open(const AVFormatContext& format);

    [[nodiscard]] int stream() const { return m_stream; }
    [[nodiscard]] const std::string& language() const { return m_language; } // "eng", may be empty

    // A packet of that stream.
    void decode(const AVPacket& packet);

    // By time; seconds of the stream's own clock.
    [[nodiscard]] std::vector<TimedText> take();
    [[nodiscard]] std::size_t invisibleCharacters() const { return m_invisible; } // left out

private:
    SubtitleDecoder(int stream, AVRational timeBase, CodecPtr codec, std::string language);

    int m_stream;
    AVRational m_timeBase;
    CodecPtr m_codec;
    std::string m_language;
    std::vector<TimedText> m_texts;
    std::size_t m_bytes = 0;
    std::size_t m_invisible = 0;
};

// One event of FFmpeg's own form, "0,0,Default,,0,0,0,,{\\i1}Hello\\Nthere", to "Hello\nthere".
[[nodiscard]] std::string textOfEvent(std::string_view event);

// "English" in what people read; the code itself where it is not known.
[[nodiscard]] std::string languageName(std::string_view code);

} // namespace lectern::media
