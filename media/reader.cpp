// SPDX-License-Identifier: Apache-2.0
// How places in files are written.
#include "media/reader.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace lectern::media {

std::string placeName(const Provenance& where)
{
    std::string name;
    const auto add = [&](const std::string& place) {
        if (!name.empty())
            name += ", ";
        name += place;
    };
    if (where.page)
        add(fmt::format("page {}", *where.page)
            + (where.pageLabel.empty() ? std::string() : fmt::format(" ({})", where.pageLabel)));
    if (where.slide)
        add(fmt::format("slide {}", *where.slide));
    if (!where.sheet.empty())
        add("sheet " + where.sheet);
    if (!where.cells.empty())
        add(where.sheet.empty() ? "cells " + where.cells : where.cells);
    if (where.seconds)
        add(formatTimestamp(*where.seconds));
    return name;
}

std::string formatTimestamp(double seconds)
{
    // Frame times are rationals in floating point: 2.9999999 stands for 3.
    constexpr double kTolerance = 1e-6;
    const auto whole = static_cast<std::int64_t>(
        std::isfinite(seconds) ? std::clamp(std::floor(seconds + kTolerance), 0.0, 1e15) : 0.0);
    const std::int64_t hours = whole / 3600, minutes = whole / 60 % 60, rest = whole % 60;
    return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, rest)
                     : fmt::format("{:02}:{:02}", minutes, rest);
}

} // namespace lectern::media
