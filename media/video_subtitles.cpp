// SPDX-License-Identifier: Apache-2.0
// Choosing the track, decoding its packets, taking the markup out.
#include "media/video_subtitles.h"

#include "media/text_cleaner.h"

#include <algorithm>
#include <memory>
#include <QLocale>
#include <QString>

extern "C" {
#include <libavcodec/codec_desc.h>
}

namespace lectern::media {

namespace {

constexpr std::size_t kMaxTextBytes = 16 << 20; // a thousand hours of talk
constexpr double kNoEnd = 5;                    // seconds a line stays where the file does not say

struct FreeSubtitle {
    void operator()(AVSubtitle* subtitle) const
    {
        avsubtitle_free(subtitle);
        delete subtitle;
    }
};

bool isText(const AVStream& stream)
{
    const AVCodecDescriptor* descriptor = avcodec_descriptor_get(stream.codecpar->codec_id);
    return stream.codecpar->codec_type == AVMEDIA_TYPE_SUBTITLE && descriptor != nullptr
        && (descriptor->props & AV_CODEC_PROP_TEXT_SUB) != 0;
}

std::string cleaned(const std::string& text, std::size_t& invisible)
{
    TextCleaner cleaner;
    for (const char32_t c : QString::fromStdString(text).toUcs4())
        cleaner.push(c);
    cleaner.finish();
    invisible += cleaner.removed().total();
    return std::move(cleaner.text());
}

std::string trimmed(std::string text)
{
    constexpr auto kSpace = " \t\n";
    text.erase(text.find_last_not_of(kSpace) + 1);
    return text.substr(std::min(text.find_first_not_of(kSpace), text.size()));
}

} // namespace

std::string textOfEvent(std::string_view event)
{
    constexpr int kFieldsBefore = 8;
    for (int field = 0; field < kFieldsBefore; ++field) {
        const std::size_t comma = event.find(',');
        if (comma == std::string_view::npos)
            return {};
        event.remove_prefix(comma + 1);
    }
    std::string text;
    for (std::size_t at = 0; at < event.size(); ++at) {
        const char next = at + 1 < event.size() ? event[at + 1] : '\0';
        if (event[at] == '{' && next == '\\') {
            const std::size_t close = event.find('}', at);
            if (close == std::string_view::npos)
                break;
            at = close;
        } else if (event[at] == '\\' && (next == 'N' || next == 'n' || next == 'h')) {
            text += next == 'h' ? ' ' : '\n';
            ++at;
        } else if (event[at] == '\\' && (next == '{' || next == '}')) {
            text += next; // a brace that is none of the markup's
            ++at;
        } else if (event[at] != '\r') {
            text += event[at];
        }
    }
    return text;
}

std::string languageName(std::string_view code)
{
    const QString wanted =
        QString::fromUtf8(code.data(), static_cast<qsizetype>(code.size())).toLower();
    const QLocale locale(wanted);
    if (wanted.isEmpty() || wanted == QLatin1String("und"))
        return {};
    if (locale.language() == QLocale::C || locale.language() == QLocale::AnyLanguage)
        return std::string(code);
    return QLocale::languageToString(locale.language()).toStdString();
}

SubtitleDecoder::SubtitleDecoder(
    int stream, AVRational timeBase, CodecPtr codec, std::string language)
    : m_stream(stream)
    , m_timeBase(timeBase)
    , m_codec(std::move(codec))
    , m_language(std::move(language))
{
}

std::optional<SubtitleDecoder> SubtitleDecoder::open(const AVFormatContext& format)
{
    const AVStream* chosen = nullptr;
    for (unsigned i = 0; i < format.nb_streams; ++i) {
        const AVStream* stream = format.streams[i];
        const bool better = chosen == nullptr
            || ((stream->disposition & AV_DISPOSITION_DEFAULT) != 0
                && (chosen->disposition & AV_DISPOSITION_DEFAULT) == 0);
        if (isText(*stream) && better)
            chosen = stream;
    }
    const AVCodec* decoder =
        chosen != nullptr ? avcodec_find_decoder(chosen->codecpar->codec_id) : nullptr;
    CodecPtr codec(decoder != nullptr ? avcodec_alloc_context3(decoder) : nullptr);
    if (codec == nullptr || avcodec_parameters_to_context(codec.get(), chosen->codecpar) < 0)
        return std::nullopt;
    codec->pkt_timebase = chosen->time_base;
    if (avcodec_open2(codec.get(), decoder, nullptr) < 0)
        return std::nullopt;
    const AVDictionaryEntry* language = av_dict_get(chosen->metadata, "language", nullptr, 0);
    return SubtitleDecoder(chosen->index, chosen->time_base, std::move(codec),
        language != nullptr ? language->value : "");
}

void SubtitleDecoder::decode(const AVPacket& packet)
{
    if (packet.pts == AV_NOPTS_VALUE || packet.size <= 0 || m_bytes > kMaxTextBytes)
        return;
    const std::unique_ptr<AVSubtitle, FreeSubtitle> subtitle(new AVSubtitle{});
    int got = 0;
    // The decoder does not change the packet; its interface is older than const.
    if (avcodec_decode_subtitle2(
            m_codec.get(), subtitle.get(), &got, const_cast<AVPacket*>(&packet))
            < 0
        || got == 0)
        return;
    std::string text;
    for (unsigned i = 0; i < subtitle->num_rects; ++i) {
        const AVSubtitleRect& rect = *subtitle->rects[i];
        if (rect.type == SUBTITLE_ASS && rect.ass != nullptr)
            text += textOfEvent(rect.ass) + '\n';
        else if (rect.type == SUBTITLE_TEXT && rect.text != nullptr)
            text += std::string(rect.text) + '\n';
    }
    text = trimmed(cleaned(text, m_invisible));
    if (text.empty())
        return;
    const double begin = static_cast<double>(packet.pts) * av_q2d(m_timeBase)
        + subtitle->start_display_time / 1000.0;
    const double length = static_cast<double>(packet.duration) * av_q2d(m_timeBase);
    m_bytes += text.size();
    m_texts.push_back({begin, begin + (length > 0 ? length : kNoEnd), std::move(text)});
}

std::vector<TimedText> SubtitleDecoder::take()
{
    std::ranges::stable_sort(m_texts, {}, &TimedText::begin);
    return std::move(m_texts);
}

} // namespace lectern::media
