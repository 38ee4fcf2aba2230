// SPDX-License-Identifier: Apache-2.0
// A gumbo parse whose memory is ours: bounded, never freed node by node (gumbo's own destruction
// recurses as deep as the page is nested), left at once when stopped.
#pragma once

#include "media/error.h"

#include <cstddef>
#include <gumbo.h>
#include <memory>
#include <stop_token>
#include <string_view>
#include <vector>

namespace lectern::media {

class HtmlTree {
public:
    // The text must outlive the tree. Errors: cancelled, tooLarge.
    [[nodiscard]] static Result<HtmlTree> parse(std::string_view html, const std::stop_token& stop);

    [[nodiscard]] const GumboNode& document() const { return *m_output->document; }

private:
    using Block = std::unique_ptr<std::byte[]>;

    HtmlTree() = default;
    std::vector<Block> m_blocks; // all of the tree
    const GumboOutput* m_output = nullptr;

    friend struct HtmlArena;
};

} // namespace lectern::media
