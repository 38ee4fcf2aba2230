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

    AttachmentContent content;
    content.kind = attachment.kind;
    for (const media::Part& part : reading.parts) {
        if (const auto* text = std::get_if<media::TextPart>(&part)) {
            content.text += text->text;
            continue;
        }
        const auto* frame = std::get_if<media::FramePart>(&part);
        const media::Image& image = frame ? *frame->image : *std::get<media::ImagePart>(part).image;
        if (!attachment.thumbnail)
            attachment.thumbnail = makeThumbnail(image);
        if (frame)
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
