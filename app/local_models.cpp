// SPDX-License-Identifier: Apache-2.0
// From a choice of files to an engine.
#include "app/local_models.h"

#include "app/installation.h"
#include "inference/local_engine.h"
#include "media/tiles.h"

namespace lectern::app {

inference::Tiler mediaTiler()
{
    return [](const inference::Picture& picture, const inference::TileSpec& spec) {
        const auto layout =
            media::tileLayout(picture.width, picture.height, spec.tileSize, spec.maxTiles);
        const media::Image image{picture.width, picture.height, picture.rgb};
        return inference::ImageTiles{layout.rows, layout.columns, spec.tileSize,
            media::cutTiles(image, layout, spec.tileSize)};
    };
}

OpenEngine openLocalModels(LocalModelOptions options)
{
    return [options = std::move(options)](const OpenRequest& request,
               std::stop_token stop) -> inference::Result<std::unique_ptr<inference::Engine>> {
        const ModelChoice& choice = request.choice;
        inference::LocalEngineOptions local;
        local.model = choice.model;
        local.mmproj = choice.mmproj;
        if (choice.model.empty()) {
            const auto builtIn = builtInModel();
            if (!builtIn)
                return inference::fail(inference::ErrorCode::cannotRead,
                    "The built-in model is not installed beside the program.");
            local.model = builtIn->model;
            if (choice.mmproj.empty())
                local.mmproj = builtIn->mmproj;
        }
        local.tiler = mediaTiler();
        local.threads = options.threads;
        local.contextLength = options.contextLength;
        if (request.preferences.contextLength > 0)
            local.contextLength = request.preferences.contextLength;
        local.kvType = request.preferences.kvType;
        local.weights = request.preferences.weights;
        local.device = options.device;
        if (request.onProgress)
            local.onLoad = [&request](std::uint64_t done, std::uint64_t total) {
                request.onProgress(
                    total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0);
            };
        local.snapshotFolder = options.contextFolder;
        auto engine = inference::LocalEngine::open(local, std::move(stop));
        if (!engine)
            return tl::unexpected(engine.error());
        return std::unique_ptr<inference::Engine>(std::move(*engine));
    };
}

} // namespace lectern::app
