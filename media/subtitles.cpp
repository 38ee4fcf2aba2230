// SPDX-License-Identifier: Apache-2.0
// Both formats are blocks between empty lines; the line with "-->" has the times, what follows is
// the text.
#include "media/subtitles.h"

#include "media/utf8.h"

#include <array>
#include <cctype>
#include <charconv>
#include <optional>

namespace lectern::media {

namespace {

using namespace std::string_view_literals;

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

std::string_view takeLine(std::string_view& rest)
{
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return line;
}

// "1:02:03,500", "02:03.500"
std::optional<double> parseTime(std::string_view text)
{
    double seconds = 0;
    int groups = 0;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end) {
        unsigned value = 0;
        const auto [next, error] = std::from_chars(at, end, value);
        if (error != std::errc() || ++groups > 3 || value > 1'000'000)
            return std::nullopt;
        seconds = seconds * 60 + value;
        at = next;
        if (at == end)
            break;
        if (*at == ',' || *at == '.') {
            double scale = 0.1;
            for (++at; at < end && std::isdigit(static_cast<unsigned char>(*at)); ++at) {
                seconds += (*at - '0') * scale;
                scale /= 10;
            }
            break;
        }
        if (*at++ != ':')
            return std::nullopt;
    }
    if (at != end || groups < 2)
        return std::nullopt;
    return seconds;
}

struct Entity {
    std::string_view name;
    std::string_view text;
};
constexpr std::array kEntities = std::to_array<Entity>(
    {{"&amp;"sv, "&"sv}, {"&lt;"sv, "<"sv}, {"&gt;"sv, ">"sv}, {"&nbsp;"sv, "\xC2\xA0"sv},
        {"&lrm;"sv, ""sv}, {"&rlm;"sv, ""sv}, {"&quot;"sv, "\""sv}, {"&#39;"sv, "'"sv}});

// "<i>", "</c.loud>", "<v Anna>", "<00:01.500>", "<font color=...>"; the speaker's name stays.
bool isMarkup(std::string_view inner)
{
    if (inner.empty() || inner.size() > 200)
        return false;
    const char c = inner.front();
    return c == '/' || c == '.' || std::isalnum(static_cast<unsigned char>(c)) != 0;
}

std::string withoutMarkup(std::string_view line, bool entities)
{
    std::string text;
    while (!line.empty()) {
        if (line.front() == '<') {
            const std::size_t close = line.find('>');
            const std::string_view inner =
                close == std::string_view::npos ? std::string_view() : line.substr(1, close - 1);
            if (isMarkup(inner)) {
                if (inner.starts_with("v ") || inner.starts_with("v."))
                    if (const std::size_t space = inner.find(' '); space != std::string_view::npos)
                        text += std::string(trimmed(inner.substr(space))) + ": ";
                line.remove_prefix(close + 1);
                continue;
            }
        }
        if (line.starts_with("{\\")) { // "{\an8}": a place on the picture
            const std::size_t close = line.find('}');
            if (close != std::string_view::npos) {
                line.remove_prefix(close + 1);
                continue;
            }
        }
        if (entities && line.front() == '&') {
            bool found = false;
            for (const Entity& entity : kEntities) {
                if (!line.starts_with(entity.name))
                    continue;
                text += entity.text;
                line.remove_prefix(entity.name.size());
                found = true;
                break;
            }
            if (found)
                continue;
        }
        text.push_back(line.front());
        line.remove_prefix(1);
    }
    return text;
}

} // namespace

bool looksLikeSubRip(std::string_view start)
{
    const std::size_t digits = start.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos)
        return false;
    start.remove_prefix(digits);
    while (!start.empty() && (start.front() == '\r' || start.front() == ' '))
        start.remove_prefix(1);
    if (!start.starts_with('\n'))
        return false;
    start.remove_prefix(1);
    const std::string_view line = start.substr(0, start.find('\n'));
    const std::size_t arrow = line.find("-->");
    return arrow != std::string_view::npos && parseTime(trimmed(line.substr(0, arrow))).has_value();
}

Subtitles readSubtitles(std::string_view text)
{
    Subtitles subtitles;
    const bool webVtt = text.starts_with("WEBVTT");
    while (!text.empty()) {
        const std::string_view line = takeLine(text);
        if (webVtt
            && (line.starts_with("NOTE") || line.starts_with("STYLE") || line.starts_with("REGION"))
            && line.find("-->") == std::string_view::npos) {
            while (!text.empty() && !trimmed(takeLine(text)).empty()) { }
            continue;
        }
        const std::size_t arrow = line.find("-->");
        if (arrow == std::string_view::npos)
            continue; // a number, a name, the header
        const std::string_view behind = trimmed(line.substr(arrow + 3));
        const auto begin = parseTime(trimmed(line.substr(0, arrow)));
        const auto end = parseTime(behind.substr(0, behind.find_first_of(" \t")));
        Cue cue;
        while (!text.empty()) {
            const std::string_view content = takeLine(text);
            if (trimmed(content).empty())
                break;
            const std::string shown = withoutMarkup(content, webVtt);
            if (trimmed(shown).empty())
                continue;
            cue.text += (cue.text.empty() ? "" : "\n") + std::string(trimmed(shown));
        }
        if (!begin || !end) {
            ++subtitles.unreadable;
        } else if (!cue.text.empty()) {
            cue.begin = *begin;
            cue.end = *end;
            subtitles.cues.push_back(std::move(cue));
        }
    }
    return subtitles;
}

} // namespace lectern::media
