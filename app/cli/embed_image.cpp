// SPDX-License-Identifier: Apache-2.0
// lectern-cli embed-image: what a vision tower makes of a picture.
#include "app/attachment_reading.h"
#include "app/cli/commands.h"
#include "app/cli/output.h"
#include "app/installation.h"
#include "app/local_models.h"
#include "inference/inspect.h"

#include <cstring>
#include <fmt/format.h>

namespace lectern::app::cli {
namespace {

using Embeddings = inference::Result<std::vector<float>>;

Embeddings embedPicture(inference::VisionInspector& vision, const std::string& file)
{
    const auto attachment = readAttachment(file, {}, {}, {});
    if (!attachment)
        return inference::fail(inference::ErrorCode::cannotRead,
            fmt::format("{}: {}", file, attachment.error().message));
    if (attachment->content->pictures.empty())
        return inference::fail(
            inference::ErrorCode::invalidRequest, fmt::format("{} is no picture.", file));
    return vision.embed(mediaTiler()(*attachment->content->pictures.front(), vision.tileSpec()));
}

Embeddings embedPixels(inference::VisionInspector& vision, const std::string& file)
{
    const auto bytes = readWhole(file);
    if (!bytes || bytes->size() % sizeof(float) != 0)
        return inference::fail(inference::ErrorCode::invalidRequest,
            fmt::format("{} holds no whole float32 values.", file));
    std::vector<float> pixels(bytes->size() / sizeof(float));
    std::memcpy(pixels.data(), bytes->data(), bytes->size());
    return vision.embed(pixels);
}

} // namespace

void addEmbedImage(CLI::App& program, Run& run)
{
    struct Options {
        std::string mmproj, image, pixels, out, device = "cpu";
    };
    auto options = std::make_shared<Options>(); // CLI11 keeps the callbacks
    CLI::App* command =
        program.add_subcommand("embed-image", "Write the embeddings of a picture as raw float32.");
    command->add_option("--mmproj", options->mmproj, "Vision file")->type_name("GGUF");
    auto* source = command->add_option_group("source");
    source->add_option("--image", options->image, "Picture")->type_name("FILE");
    source->add_option("--pixels", options->pixels, "Normalised pixels [tiles, 3, S, S]")
        ->type_name("FILE.f32");
    source->require_option(1);
    command->add_option("--out", options->out, "Output")->type_name("FILE.f32")->required();
    command->add_option("--device", options->device, "Where to compute (cpu)")
        ->check(CLI::IsMember(deviceNames()));
    command->callback([options, &run] {
        run = [options] {
            std::filesystem::path mmproj = options->mmproj;
            if (mmproj.empty())
                if (const auto builtIn = builtInModel())
                    mmproj = builtIn->mmproj;
            auto vision = inference::VisionInspector::open(mmproj, 0,
                inference::parseDeviceChoice(options->device)
                    .value_or(inference::DeviceChoice::cpu));
            if (!vision)
                return fail(vision.error().message);
            remarkOnDevice((*vision)->whyNoGpu());
            const Embeddings embeddings = options->image.empty()
                ? embedPixels(**vision, options->pixels)
                : embedPicture(**vision, options->image);
            if (!embeddings)
                return fail(embeddings.error().message);
            return writeFloats(options->out, *embeddings) ? kDone : kFailed;
        };
    });
}

} // namespace lectern::app::cli
