// SPDX-License-Identifier: Apache-2.0
// Readings to attachments: texts joined, pictures shared with the engine, a thumbnail.
#include "app/attachment_reading.h"

#include "media/tiles.h"

#include <algorithm>
#include <xxhash.h>

namespace lectern::app {
namespace {

constexpr int kThumbnailSide = 256;

SharedPicture makePicture(media::Image image)
{
    inference::Picture picture;
    picture.width = image.width;
    picture.height = image.height;
    picture.rgb = std::move(image.rgb);
    const auto size =
        static_cast<XXH64_hash_t>(picture.width) << 32U | static_cast<XXH64_hash_t>(picture.height);
    picture.hash = XXH3_64bits_withSeed(picture.rgb.data(), picture.rgb.size(), size);
    return std::make_shared<const inference::Picture>(std::move(picture));
}

SharedPicture makeThumbnail(const media::Image& image)
{
    const int longest = std::max(image.width, image.height);
    if (longest <= 0)
        return nullptr;
    if (longest <= kThumbnailSide)
        return makePicture(image);
    const auto scaled = [&](int side) {
        return std::max(
            1, static_cast<int>(static_cast<std::int64_t>(side) * kThumbnailSide / longest));
    };
    return makePicture(media::resize(image, scaled(image.width), scaled(image.height)));
}

AttachmentKind kindOf(media::Kind kind)
{
    switch (kind) {
    case media::Kind::text:
        return AttachmentKind::text;
    case media::Kind::image:
        return AttachmentKind::image;
    case media::Kind::video:
        return AttachmentKind::video;
    }
    return AttachmentKind::text;
}

// Names the places of a document in its text, so that an answer can cite them.
class PlaceMarker {
public:
    void mark(const media::Provenance& where, std::string& text)
    {
        std::string name = media::placeName(where);
        if (name == m_last)
            return;
        m_last = std::move(name);
        if (m_last.empty())
            return;
        if (!text.empty() && !text.ends_with('\n'))
            text += '\n';
        // A subtitle stands behind its time; pages begin with a line of their own.
        text += '[' + m_last + (where.seconds ? "] " : "]\n");
    }

private:
    std::string m_last;
};

// Line ends could pass for the next time or frame.
std::string oneLine(std::string text)
{
    std::ranges::replace(text, '\n', ' ');
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

bool hasText(const media::Reading& reading)
{
    return std::ranges::any_of(reading.parts,
        [](const media::Part& part) { return std::holds_alternative<media::TextPart>(part); });
}

} // namespace

Attachment attachmentFrom(media::Reading reading, std::string fileName)
{
    Attachment attachment;
    attachment.fileName = std::move(fileName);
    attachment.sha256 = std::move(reading.sha256);
    attachment.byteSize = reading.fileBytes;
    attachment.kind = kindOf(reading.kind);
    attachment.format = std::move(reading.format);
    attachment.facts = std::move(reading.facts);
    attachment.warnings = std::move(reading.warnings);

    if (attachment.kind == AttachmentKind::text && !hasText(reading))
        attachment.kind = AttachmentKind::image; // a scan: nothing but pages as pictures
    AttachmentContent content;
    content.kind = attachment.kind;
    PlaceMarker marker;
    for (const media::Part& part : reading.parts) {
        if (const auto* text = std::get_if<media::TextPart>(&part)) {
            if (text->where.seconds)
                content.subtitles.push_back({*text->where.seconds, oneLine(text->text)});
            if (content.kind == AttachmentKind::video)
                continue;
            marker.mark(text->where, content.text);
            content.text += text->text;
            continue;
        }
        const auto* frame = std::get_if<media::FramePart>(&part);
        const auto* picture = std::get_if<media::ImagePart>(&part);
        const media::Image& image = frame ? *frame->image : *picture->image;
        if (!attachment.thumbnail)
            attachment.thumbnail = makeThumbnail(image);
        if (content.kind == AttachmentKind::text) {
            marker.mark(frame ? frame->where : picture->where, content.text);
            content.inText.push_back({content.text.size(), makePicture(image)});
        } else if (frame)
            content.frames.push_back({frame->seconds, makePicture(image)});
        else
            content.pictures.push_back(makePicture(image));
    }
    attachment.content = std::make_shared<const AttachmentContent>(std::move(content));
    return attachment;
}

media::Result<Attachment> readAttachment(const std::filesystem::path& path,
    const std::string& fileName, std::stop_token stop, const media::ProgressFn& progress)
{
    auto reading = media::readFile(path, fileName, {}, std::move(stop), progress);
    if (!reading)
        return tl::unexpected(reading.error());
    return attachmentFrom(std::move(*reading), fileName);
}

const char* kindName(AttachmentKind kind)
{
    switch (kind) {
    case AttachmentKind::text:
        return "text";
    case AttachmentKind::image:
        return "image";
    case AttachmentKind::video:
        return "video";
    }
    return "text";
}

} // namespace lectern::app
