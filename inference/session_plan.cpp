// SPDX-License-Identifier: Apache-2.0
// Laying out a request's prompt: its tokens, and where its pictures stand.
#include "inference/session.h"

namespace lectern::inference {

Result<Session::Plan> Session::plan(const Request& request, const std::stop_token& stop)
{
    Plan plan;
    std::vector<PictureShape> shapes;
    std::vector<std::uint64_t> keys;
    for (const Message& message : request.messages) {
        for (const Part& part : message.parts) {
            const auto* image = std::get_if<ImagePart>(&part);
            if (image == nullptr)
                continue;
            if (!m_eyes)
                return fail(ErrorCode::invalidRequest,
                    "This model cannot see pictures, because no vision file (mmproj) was loaded "
                    "with it; choose one under Models or remove the picture.");
            if (!image->picture)
                return fail(ErrorCode::invalidRequest, "The message holds an empty picture.");
            if (stop.stop_requested())
                return fail(ErrorCode::cancelled, "Stopped while preparing the pictures.");
            const auto grid = m_eyes->grid(*image->picture);
            if (!grid)
                return tl::unexpected(grid.error());
            shapes.push_back({grid->rows, grid->columns, m_eyes->tileSpec().tokensPerTile()});
            keys.push_back(pictureKey(*image->picture));
            plan.pictures.push_back(image->picture);
        }
    }
    const auto prompt = m_format->prompt(request.messages, shapes);
    if (!prompt)
        return tl::unexpected(prompt.error());
    for (const TokenId id : prompt->ids)
        plan.items.push_back({id, 0});
    for (const PatchSlot& slot : prompt->slots) {
        const auto picture = static_cast<std::size_t>(slot.picture);
        plan.patches.push_back({static_cast<std::int64_t>(slot.position), picture,
            std::int64_t{slot.tile} * slot.tokens});
        for (std::size_t i = 0; i < static_cast<std::size_t>(slot.tokens); ++i)
            plan.items[slot.position + i].picture = pictureItem(keys[picture]);
    }
    return plan;
}

// A picture means what the vision tower makes of it; snapshots outlive the choice of a tower.
std::uint64_t Session::pictureItem(std::uint64_t pictureKey) const
{
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15ULL;
    const std::uint64_t mixed = pictureKey ^ m_visionIdentity * kOdd;
    return mixed != 0 ? mixed : kOdd;
}

} // namespace lectern::inference
