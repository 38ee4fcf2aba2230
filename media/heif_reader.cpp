// SPDX-License-Identifier: Apache-2.0
// The reader for HEIC and AVIF, the pictures of phones and of the web, through libheif.
#include "media/file.h"
#include "media/format_readers.h"
#include "media/picture_pixels.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <memory>
#include <QColorSpace>
#include <QImage>

#include <libheif/heif.h>

namespace lectern::media {

namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t kMaxHeifBytes = 200'000'000; // held in memory while decoding
// What libheif keeps of a pixel: planes of luma and chroma, and its RGBA beside Qt's view of it.
constexpr int kBytesPerPixel = 3 + 4;

struct FreeContext {
    void operator()(heif_context* context) const { heif_context_free(context); }
};
struct FreeHandle {
    void operator()(heif_image_handle* handle) const { heif_image_handle_release(handle); }
};
struct FreeHeifImage {
    void operator()(heif_image* image) const { heif_image_release(image); }
};
using ContextPtr = std::unique_ptr<heif_context, FreeContext>;
using HandlePtr = std::unique_ptr<heif_image_handle, FreeHandle>;
using HeifImagePtr = std::unique_ptr<heif_image, FreeHeifImage>;

// ISO/IEC 23008-12: the file type box names what the file is for.
const char* formatName(std::span<const std::byte> head)
{
    const std::string_view bytes(reinterpret_cast<const char*>(head.data()), head.size());
    if (bytes.size() < 12 || bytes.substr(4, 4) != "ftyp"sv)
        return nullptr;
    constexpr std::array kHeic{"heic"sv, "heix"sv, "heim"sv, "heis"sv, "hevc"sv, "hevx"sv};
    const std::string_view brand = bytes.substr(8, 4);
    if (brand == "avif"sv || brand == "avis"sv)
        return "AVIF image";
    if (std::ranges::find(kHeic, brand) != kHeic.end())
        return "HEIC image";
    if (brand == "mif1"sv || brand == "msf1"sv)
        return bytes.substr(0, 64).find("avif"sv) != std::string_view::npos ? "AVIF image"
                                                                            : "HEIF image";
    return nullptr;
}

tl::unexpected<Error> reason(const heif_error& error)
{
    switch (error.code) {
    case heif_error_Unsupported_feature:
    case heif_error_Unsupported_filetype:
        return fail(ErrorCode::unsupported,
            "The picture uses a feature that the installed library (libheif) cannot decode.");
    case heif_error_Memory_allocation_error:
        return fail(ErrorCode::tooLarge, "There is not enough memory to decode the picture.");
    default:
        return fail(ErrorCode::damaged, "The picture is damaged and cannot be decoded.");
    }
}

QColorSpace profileOf(const heif_image_handle* handle)
{
    const std::size_t size = heif_image_handle_get_raw_color_profile_size(handle);
    if (size == 0)
        return {};
    QByteArray profile(static_cast<qsizetype>(size), '\0');
    if (heif_image_handle_get_raw_color_profile(handle, profile.data()).code != heif_error_Ok)
        return {};
    return QColorSpace::fromIccProfile(profile);
}

class HeifReader final : public Reader {
public:
    bool sniff(const Source& source) const override { return formatName(source.head) != nullptr; }

    Result<Reading> read(const Source& source, const ReadOptions& options, std::stop_token stop,
        const ProgressFn& progress) const override
    {
        const auto file = RegularFile::open(source.path);
        if (!file)
            return tl::unexpected(file.error());
        if (file->bytes() > kMaxHeifBytes)
            return fail(ErrorCode::tooLarge,
                fmt::format("The picture is too large: {}, and Lectern reads up to {}.",
                    formatBytes(file->bytes()), formatBytes(kMaxHeifBytes)));
        const auto bytes = file->readAll(stop);
        if (!bytes)
            return tl::unexpected(bytes.error());
        auto image = decode(*bytes, options);
        if (!image)
            return tl::unexpected(image.error());
        if (stop.stop_requested())
            return cancelled();
        Reading reading;
        reading.kind = Kind::image;
        const char* name = formatName(source.head);
        reading.format = name != nullptr ? name : "HEIF image";
        reading.facts.emplace_back(
            "size", fmt::format("{} x {}", image->pixels.width, image->pixels.height));
        if (image->count > 1)
            reading.warnings.push_back(fmt::format(
                "Only the main one of {} pictures was read.", formatCount(image->count)));
        reading.parts.emplace_back(
            ImagePart{std::make_shared<const Image>(std::move(image->pixels)), {}});
        if (progress)
            progress(bytes->size(), bytes->size());
        return reading;
    }

private:
    struct Decoded {
        Image pixels;
        std::size_t count; // pictures in the file
    };

    // The main picture, turned upright by the library.
    static Result<Decoded> decode(const std::vector<std::byte>& bytes, const ReadOptions& options)
    {
        const ContextPtr context(heif_context_alloc());
        heif_image_handle* rawHandle = nullptr;
        heif_error error = heif_context_read_from_memory_without_copy(
            context.get(), bytes.data(), bytes.size(), nullptr);
        if (error.code == heif_error_Ok)
            error = heif_context_get_primary_image_handle(context.get(), &rawHandle);
        const HandlePtr handle(rawHandle);
        if (error.code != heif_error_Ok)
            return reason(error);
        const QSize size(
            heif_image_handle_get_width(handle.get()), heif_image_handle_get_height(handle.get()));
        if (const auto fits = checkPictureSize(size, kBytesPerPixel, bytes.size(), options); !fits)
            return tl::unexpected(fits.error());

        const bool alpha = heif_image_handle_has_alpha_channel(handle.get()) != 0;
        heif_image* rawImage = nullptr;
        error = heif_decode_image(handle.get(), &rawImage, heif_colorspace_RGB,
            alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB, nullptr);
        const HeifImagePtr image(rawImage);
        if (error.code != heif_error_Ok)
            return reason(error);
        int line = 0;
        const std::uint8_t* plane =
            heif_image_get_plane_readonly(image.get(), heif_channel_interleaved, &line);
        const int width = heif_image_get_width(image.get(), heif_channel_interleaved);
        const int height = heif_image_get_height(image.get(), heif_channel_interleaved);
        if (plane == nullptr || width <= 0 || height <= 0)
            return fail(ErrorCode::damaged, "The picture is damaged and cannot be decoded.");
        QImage view(
            plane, width, height, line, alpha ? QImage::Format_RGBA8888 : QImage::Format_RGB888);
        view.setColorSpace(profileOf(handle.get()));
        const int count = heif_context_get_number_of_top_level_images(context.get());
        return Decoded{
            toImage(view, {.toSrgb = true}), static_cast<std::size_t>(std::max(count, 1))};
    }
};

} // namespace

void warmUpHeif()
{
    heif_init(nullptr); // looks for plug-ins
}

std::unique_ptr<const Reader> makeHeifReader()
{
    return std::make_unique<HeifReader>();
}

} // namespace lectern::media
