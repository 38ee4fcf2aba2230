// SPDX-License-Identifier: Apache-2.0
// Rendering of attachments, and counting of what was rendered.
#include "app/prompt_parts.h"

#include "app/file_name.h"
#include "media/reader.h"
#include "media/tiles.h"

#include <algorithm>
#include <fmt/format.h>

namespace lectern::app {
namespace {

using inference::ImagePart;
using inference::Message;
using inference::Role;
using inference::TextPart;

std::string_view roleName(Role role)
{
    switch (role) {
    case Role::system:
        return "system";
    case Role::user:
        return "user";
    case Role::assistant:
        return "assistant";
    case Role::tool:
        return "ipython";
    }
    return "user";
}

std::string documentHead(std::string_view fileName)
{
    return fmt::format("<document name=\"{}\">\n", sanitizedFileName(fileName));
}

std::string_view documentFoot(std::string_view text)
{
    return text.ends_with('\n') ? "</document>\n\n" : "\n</document>\n\n";
}

// Which of `all` frames stand for a video that is thinned to `count`: spread evenly.
std::size_t thinnedIndex(std::size_t i, std::size_t count, std::size_t all)
{
    return count >= all ? i : (2 * i + 1) * all / (2 * count);
}

void appendDocument(Message& message, std::string_view fileName, const AttachmentContent& content,
    std::size_t bytes, bool seeing)
{
    const std::string_view text = std::string_view(content.text).substr(0, bytes);
    appendText(message, documentHead(fileName));
    std::size_t at = 0;
    for (const PlacedPicture& placed : content.inText) {
        if (!seeing || placed.at > bytes)
            break;
        appendText(message, text.substr(at, placed.at - at));
        message.parts.emplace_back(ImagePart{placed.picture});
        at = placed.at;
    }
    appendText(message, text.substr(at));
    appendText(message, documentFoot(text.empty() ? "\n" : text));
}

void appendClip(Message& message, const AttachmentContent& content, Units units, bool seeing)
{
    std::size_t subtitle = 0;
    const auto appendSubtitles = [&](auto before) {
        for (; subtitle < units.subtitles && before(content.subtitles[subtitle].seconds);
             ++subtitle) {
            const Subtitle& said = content.subtitles[subtitle];
            appendText(
                message, fmt::format("[{}] {}\n", media::formatTimestamp(said.seconds), said.text));
        }
    };
    for (std::size_t i = 0; seeing && i < units.main; ++i) {
        const Frame& frame = content.frames[thinnedIndex(i, units.main, content.frames.size())];
        appendSubtitles([&](double seconds) { return seconds < frame.seconds; });
        appendText(message, fmt::format("[{}]", media::formatTimestamp(frame.seconds)));
        message.parts.emplace_back(ImagePart{frame.picture});
        appendText(message, "\n");
    }
    appendSubtitles([](double) { return true; });
}

} // namespace

Units allOf(const AttachmentContent& content)
{
    switch (content.kind) {
    case AttachmentKind::text:
        return {content.text.size(), 0};
    case AttachmentKind::image:
        return {content.pictures.size(), 0};
    case AttachmentKind::video:
        return {content.frames.size(), content.subtitles.size()};
    }
    return {};
}

void appendText(Message& message, std::string_view text)
{
    if (text.empty())
        return;
    if (!message.parts.empty())
        if (auto* last = std::get_if<TextPart>(&message.parts.back())) {
            last->text += text;
            return;
        }
    message.parts.emplace_back(TextPart{std::string(text)});
}

void appendAttachment(Message& message, std::string_view fileName, const AttachmentContent& content,
    Units units, bool seeing)
{
    switch (content.kind) {
    case AttachmentKind::text:
        appendDocument(message, fileName, content, units.main, seeing);
        break;
    case AttachmentKind::image:
        for (const auto& picture : content.pictures)
            message.parts.emplace_back(ImagePart{picture});
        break;
    case AttachmentKind::video:
        appendClip(message, content, units, seeing);
        break;
    }
}

std::string emptyDocument(std::string_view fileName)
{
    return documentHead(fileName) + std::string(documentFoot("\n"));
}

PromptCounter::PromptCounter(const PromptBudget& budget)
    : m_budget(budget), m_lineEnds(budget.countTokens("\n\n"))
{
}

int PromptCounter::picture(const inference::Picture& picture) const
{
    return m_budget.tiles ? pictureTokens(picture, *m_budget.tiles) : 0;
}

int PromptCounter::header(Role role) const
{
    return 2 + text(roleName(role)) + m_lineEnds;
}

int PromptCounter::parts(const Message& message) const
{
    int tokens = 0;
    for (const auto& part : message.parts) {
        if (const auto* image = std::get_if<ImagePart>(&part))
            tokens += picture(*image->picture);
        else
            tokens += text(std::get<TextPart>(part).text);
    }
    return tokens;
}

int PromptCounter::message(const Message& message) const
{
    return header(message.role) + 1 + parts(message);
}

int PromptCounter::picturesIn(const AttachmentContent& content, std::size_t bytes) const
{
    int tokens = 0;
    for (const PlacedPicture& placed : content.inText)
        if (placed.at <= bytes)
            tokens += picture(*placed.picture);
    return tokens;
}

int PromptCounter::attachment(
    std::string_view fileName, const AttachmentContent& content, Units units) const
{
    // A document is counted as one text; where pictures cut it, a few tokens more are allowed for.
    if (content.kind == AttachmentKind::text) {
        const std::string_view read = std::string_view(content.text).substr(0, units.main);
        return text(documentHead(fileName) + std::string(read)
                   + std::string(documentFoot(read.empty() ? "\n" : read)))
            + picturesIn(content, units.main);
    }
    Message alone{Role::user, {}};
    appendAttachment(alone, fileName, content, units, seeing());
    return parts(alone);
}

} // namespace lectern::app
