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

OpenEngine openLocalModels()
{
    return [](const OpenRequest& request,
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
        local.contextLength = request.preferences.contextLength;
        local.kvType = request.preferences.kvType;
        auto engine = inference::LocalEngine::open(local, std::move(stop));
        if (!engine)
            return tl::unexpected(engine.error());
        return std::unique_ptr<inference::Engine>(std::move(*engine));
    };
}

} // namespace lectern::app
