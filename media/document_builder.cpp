// SPDX-License-Identifier: Apache-2.0
// Parts, spans, and the sentences about what was left out.
#include "media/document_builder.h"

#include "media/file.h"
#include "media/utf8.h"

#include <fmt/format.h>
#include <utility>

namespace lectern::media {

namespace {

constexpr std::size_t kPreviewCharacters = 60;

bool isBlank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

} // namespace

std::string removedSentence(const RemovedCharacters& removed)
{
    std::string kinds;
    const auto add = [&](std::size_t count, std::string_view name) {
        if (count > 0)
            kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", formatCount(count), name);
    };
    add(removed.zeroWidth, "zero-width");
    add(removed.bidi, "text-direction");
    add(removed.tags, "tag");
    add(removed.control, "control");
    const bool one = removed.total() == 1;
    return fmt::format("{} invisible {} removed ({}).", formatCount(removed.total()),
        one ? "character was" : "characters were", kinds);
}

DocumentBuilder::DocumentBuilder(const ReadOptions& options, std::stop_token stop)
    : m_options(options), m_stop(std::move(stop))
{
}

void DocumentBuilder::moveTo(Provenance place, Join join)
{
    if (m_cleaner.textSize() > 0) {
        if (join == Join::paragraph)
            endParagraph();
        endPart();
    }
    m_place = std::move(place);
}

void DocumentBuilder::append(std::string_view text)
{
    if (m_full)
        return;
    for (std::size_t at = 0; at < text.size();) {
        m_hasLetters = m_hasLetters || !isBlank(text[at]);
        m_cleaner.push(nextCodePoint(text, at));
    }
    m_full = m_begin + m_cleaner.textSize() > m_options.maxTextBytes;
}

void DocumentBuilder::endParagraph()
{
    const std::string& text = m_cleaner.text();
    if (text.empty() || text.ends_with("\n\n"))
        return;
    append(text.ends_with('\n') ? "\n" : "\n\n");
}

bool DocumentBuilder::appendPicture(SharedImage image)
{
    if (!takesPictures()) {
        ++m_picturesLeftOut;
        return false;
    }
    endPart();
    Provenance where = m_place;
    where.begin = where.end = m_begin;
    m_reading.parts.emplace_back(ImagePart{std::move(image), std::move(where)});
    ++m_pictures;
    return true;
}

void DocumentBuilder::hide(std::string_view text)
{
    TextCleaner cleaner;
    for (std::size_t at = 0; at < text.size();) {
        const char32_t c = nextCodePoint(text, at);
        const bool space = c <= U' ';
        if (!space || (!cleaner.text().empty() && !cleaner.text().ends_with(' ')))
            cleaner.push(space ? U' ' : c);
    }
    cleaner.finish();
    std::string seen = std::move(cleaner.text());
    if (seen.ends_with(' '))
        seen.pop_back();
    m_hiddenCharacters += codePoints(seen);
    const std::size_t held = codePoints(m_hiddenPreview);
    if (seen.empty() || held > kPreviewCharacters)
        return;
    if (!m_hiddenPreview.empty())
        m_hiddenPreview += ' ';
    std::size_t at = 0;
    for (std::size_t i = held; i <= kPreviewCharacters && at < seen.size(); ++i)
        (void)nextCodePoint(seen, at);
    m_hiddenPreview += seen.substr(0, at);
}

void DocumentBuilder::addRemoved(const RemovedCharacters& removed)
{
    m_removedBefore += removed;
}

void DocumentBuilder::fact(std::string name, std::string value)
{
    m_reading.facts.emplace_back(std::move(name), std::move(value));
}

void DocumentBuilder::warn(std::string sentence)
{
    m_reading.warnings.push_back(std::move(sentence));
}

void DocumentBuilder::endPart()
{
    m_cleaner.finish();
    std::string text = std::exchange(m_cleaner.text(), {});
    if (text.empty())
        return;
    Provenance where = m_place;
    where.begin = m_begin;
    where.end = m_begin += text.size();
    m_reading.parts.emplace_back(TextPart{std::move(text), std::move(where)});
}

Result<Reading> DocumentBuilder::finish(std::string format)
{
    if (m_stop.stop_requested())
        return cancelled();
    if (m_full)
        return fail(ErrorCode::tooLarge,
            fmt::format("The document holds more than {} of text, which is as much as Lectern "
                        "reads of one file. Split it.",
                formatBytes(m_options.maxTextBytes)));
    endPart();
    if (m_hiddenCharacters > 0) {
        const bool cut = codePoints(m_hiddenPreview) > kPreviewCharacters
            || codePoints(m_hiddenPreview) < m_hiddenCharacters;
        warn(fmt::format("Hidden text was left out: {} that a reader of the document would not see "
                         "(\"{}{}\").",
            m_hiddenCharacters == 1 ? "1 character"
                                    : formatCount(m_hiddenCharacters) + " characters",
            m_hiddenPreview, cut ? "..." : ""));
    }
    addRemoved(m_cleaner.removed());
    if (m_removedBefore.total() > 0)
        warn(removedSentence(m_removedBefore));
    if (m_picturesLeftOut > 0)
        warn(fmt::format("{} not looked at.",
            m_picturesLeftOut == 1 ? "1 picture in the document was"
                                   : formatCount(m_picturesLeftOut)
                    + " pictures in the document "
                      "were"));
    if (!m_hasLetters && m_pictures == 0)
        return fail(ErrorCode::empty,
            m_hiddenCharacters > 0 ? "The document contains no text that a person would see."
                                   : "The document contains no text.");
    m_reading.kind = Kind::text;
    m_reading.format = std::move(format);
    return std::move(m_reading);
}

} // namespace lectern::media
