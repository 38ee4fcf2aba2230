// SPDX-License-Identifier: Apache-2.0
// Rendering of turns, and the fitting of attachments into the context.
#include "app/prompt_builder.h"

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

constexpr int kLeastDocumentTokens = 48; // less of a document than this is of no use
constexpr int kDialogueShare = 8; // of the room stays free for further questions when files are cut
constexpr int kMergeMargin = 16;  // texts that join may tokenise a little differently

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

std::string documentHead(std::string_view fileName)
{
    return fmt::format("<document name=\"{}\">\n", sanitizedFileName(fileName));
}

std::string_view documentFoot(std::string_view text)
{
    return text.ends_with('\n') ? "</document>\n\n" : "\n</document>\n\n";
}

std::string renderDocument(std::string_view fileName, std::string_view text)
{
    return fmt::format(
        "{}{}{}", documentHead(fileName), text, documentFoot(text.empty() ? "\n" : text));
}

std::string frameLabel(double seconds)
{
    return fmt::format("[{}]", media::formatTimestamp(seconds));
}

// Which of `all` frames stand for a video that is thinned to `count`: spread evenly.
std::size_t thinnedIndex(std::size_t i, std::size_t count, std::size_t all)
{
    return count >= all ? i : (2 * i + 1) * all / (2 * count);
}

std::size_t unitsOf(const AttachmentContent& content)
{
    switch (content.kind) {
    case AttachmentKind::text:
        return content.text.size();
    case AttachmentKind::image:
        return content.pictures.size();
    case AttachmentKind::video:
        return content.frames.size();
    }
    return 0;
}

// Counts as the engine does.
class Counter {
public:
    explicit Counter(const PromptBudget& budget)
        : m_budget(budget), m_lineEnds(budget.countTokens("\n\n"))
    {
    }
    [[nodiscard]] int text(std::string_view text) const { return m_budget.countTokens(text); }
    [[nodiscard]] int picture(const inference::Picture& picture) const
    {
        return m_budget.tiles ? pictureTokens(picture, *m_budget.tiles) : 0;
    }
    [[nodiscard]] bool seeing() const { return m_budget.tiles.has_value(); }
    [[nodiscard]] int header(Role role) const { return 2 + text(roleName(role)) + m_lineEnds; }
    [[nodiscard]] int message(const Message& message) const
    {
        int tokens = header(message.role) + 1;
        for (const auto& part : message.parts) {
            if (const auto* image = std::get_if<ImagePart>(&part))
                tokens += picture(*image->picture);
            else
                tokens += text(std::get<TextPart>(part).text);
        }
        return tokens;
    }
    // The beginning of text, and the header of the answer.
    [[nodiscard]] int frame() const { return 1 + header(Role::assistant); }
    [[nodiscard]] int frames(const AttachmentContent& content, std::size_t count) const
    {
        int tokens = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const Frame& frame = content.frames[thinnedIndex(i, count, content.frames.size())];
            tokens += text(frameLabel(frame.seconds)) + picture(*frame.picture) + text("\n");
        }
        return tokens;
    }
    // Pictures within the first `units` bytes of a document.
    [[nodiscard]] int picturesIn(const AttachmentContent& content, std::size_t units) const
    {
        int tokens = 0;
        for (const PlacedPicture& placed : content.inText)
            if (placed.at <= units)
                tokens += picture(*placed.picture);
        return tokens;
    }
    [[nodiscard]] int attachment(
        std::string_view fileName, const AttachmentContent& content, std::size_t units) const
    {
        switch (content.kind) {
        case AttachmentKind::text:
            return text(renderDocument(fileName, std::string_view(content.text).substr(0, units)))
                + picturesIn(content, units);
        case AttachmentKind::image: {
            int tokens = 0;
            for (const auto& picture_ : content.pictures)
                tokens += picture(*picture_);
            return tokens;
        }
        case AttachmentKind::video:
            return frames(content, units);
        }
        return 0;
    }

private:
    const PromptBudget& m_budget;
    int m_lineEnds;
};

void appendDocument(Message& message, std::string_view fileName, const AttachmentContent& content,
    std::size_t units, bool seeing)
{
    const std::string_view text = std::string_view(content.text).substr(0, units);
    appendText(message, documentHead(fileName));
    std::size_t at = 0;
    for (const PlacedPicture& placed : content.inText) {
        if (!seeing || placed.at > units)
            break;
        appendText(message, text.substr(at, placed.at - at));
        message.parts.emplace_back(ImagePart{placed.picture});
        at = placed.at;
    }
    appendText(message, text.substr(at));
    appendText(message, documentFoot(text.empty() ? "\n" : text));
}

void appendAttachment(
    Message& message, const PromptAttachment& attachment, const Inclusion& inclusion, bool seeing)
{
    if (inclusion.extent == Inclusion::Extent::leftOut || !attachment.content)
        return;
    const AttachmentContent& content = *attachment.content;
    const std::size_t units = std::min(inclusion.units, unitsOf(content));
    switch (content.kind) {
    case AttachmentKind::text:
        appendDocument(message, attachment.fileName, content, units, seeing);
        break;
    case AttachmentKind::image:
        for (const auto& picture : content.pictures)
            message.parts.emplace_back(ImagePart{picture});
        break;
    case AttachmentKind::video:
        for (std::size_t i = 0; i < units; ++i) {
            const Frame& frame = content.frames[thinnedIndex(i, units, content.frames.size())];
            appendText(message, frameLabel(frame.seconds));
            message.parts.emplace_back(ImagePart{frame.picture});
            appendText(message, "\n");
        }
        break;
    }
}

// An answer that never began says nothing.
bool isSkipped(const Turn& turn)
{
    return turn.role == Role::assistant && turn.text.empty();
}

// One attachment whose extent this prompt decides.
struct Open {
    const PromptAttachment* attachment;
    Inclusion* inclusion;
};

void finish(Open open, std::size_t units, const Counter& counter, int contextLength)
{
    Inclusion& in = *open.inclusion;
    in.units = units;
    const std::size_t unseen = counter.seeing() ? 0 : open.attachment->content->inText.size();
    if (units >= in.ofUnits) {
        in.extent = unseen > 0 ? Inclusion::Extent::cut : Inclusion::Extent::whole;
        in.tokens = in.ofTokens;
        if (unseen > 0)
            in.sentence = fmt::format("This model cannot see pictures, so it did not look at {} in "
                                      "\"{}\".",
                unseen == 1 ? std::string("the picture") : fmt::format("the {} pictures", unseen),
                open.attachment->fileName);
        return;
    }
    in.extent = Inclusion::Extent::cut;
    in.tokens = counter.attachment(open.attachment->fileName, *open.attachment->content, units);
    if (open.attachment->content->kind == AttachmentKind::video)
        in.sentence = fmt::format("Only {} of the {} frames of \"{}\" were looked at ({} of {} "
                                  "tokens), because the model holds {} tokens.",
            units, in.ofUnits, open.attachment->fileName, in.tokens, in.ofTokens, contextLength);
    else
        in.sentence = fmt::format("Only the first {} % of \"{}\" was read ({} of {} tokens), "
                                  "because the model holds {} tokens.",
            units * 100 / in.ofUnits, open.attachment->fileName, in.tokens, in.ofTokens,
            contextLength);
}

class Builder {
public:
    Builder(const PromptInput& input, const PromptBudget& budget)
        : m_input(input), m_budget(budget), m_counter(budget)
    {
    }

    tl::expected<Prompt, PromptError> build()
    {
        m_prompt.inclusions.resize(m_input.turns.size());
        for (std::size_t i = 0; i < m_input.turns.size(); ++i)
            m_prompt.inclusions[i].resize(m_input.turns[i].attachments.size());
        if (auto sorted = sortAttachments(); !sorted)
            return tl::unexpected(sorted.error());
        if (auto fitted = fit(); !fitted)
            return tl::unexpected(fitted.error());
        render();
        if (m_prompt.tokens > room())
            return tl::unexpected(tooLong(m_prompt.tokens));
        return std::move(m_prompt);
    }

private:
    [[nodiscard]] int room() const { return m_budget.contextLength - m_budget.answerTokens; }

    [[nodiscard]] PromptError tooLong(int needed) const
    {
        return {
            fmt::format("This needs {} tokens, but the model holds {}, of which {} are kept for "
                        "the answer. {}",
                needed, m_budget.contextLength, m_budget.answerTokens,
                m_input.turns.size() > 1 ? "Start a new conversation, or ask with fewer files."
                                         : "Ask a shorter question, or with fewer files.")};
    }

    // Splits the attachments into those with a fixed extent and those this prompt decides.
    tl::expected<void, PromptError> sortAttachments()
    {
        for (std::size_t t = 0; t < m_input.turns.size(); ++t) {
            const Turn& turn = m_input.turns[t];
            const bool question = t + 1 == m_input.turns.size();
            for (std::size_t a = 0; a < turn.attachments.size(); ++a) {
                const PromptAttachment& attachment = turn.attachments[a];
                Inclusion& in = m_prompt.inclusions[t][a];
                if (!attachment.content) {
                    in.extent = Inclusion::Extent::leftOut;
                    in.sentence = fmt::format("\"{}\" could not be read again, so this answer does "
                                              "not use it.",
                        attachment.fileName);
                    continue;
                }
                const bool picture = attachment.content->kind != AttachmentKind::text;
                if (picture && !m_budget.tiles) {
                    if (question)
                        return tl::unexpected(
                            PromptError{fmt::format("This model cannot see pictures, so it cannot "
                                                    "look at \"{}\". Remove the file, or choose a "
                                                    "model with a vision file (mmproj).",
                                attachment.fileName)});
                    in.extent = Inclusion::Extent::leftOut;
                    in.sentence =
                        fmt::format("This model cannot see pictures, so this answer does not use "
                                    "\"{}\".",
                            attachment.fileName);
                    continue;
                }
                if (attachment.inclusion
                    && attachment.inclusion->extent != Inclusion::Extent::leftOut) {
                    in = *attachment.inclusion;
                    in.units = std::min(in.units, unitsOf(*attachment.content));
                    m_fixed +=
                        m_counter.attachment(attachment.fileName, *attachment.content, in.units);
                    continue;
                }
                in.ofUnits = unitsOf(*attachment.content);
                in.ofTokens =
                    m_counter.attachment(attachment.fileName, *attachment.content, in.ofUnits);
                if (attachment.content->kind == AttachmentKind::text)
                    m_documents.push_back({&attachment, &in});
                else if (attachment.content->kind == AttachmentKind::video)
                    m_videos.push_back({&attachment, &in});
                else {
                    m_fixed += in.ofTokens;
                    finish({&attachment, &in}, in.ofUnits, m_counter, m_budget.contextLength);
                }
            }
        }
        return {};
    }

    // Everything but the attachments.
    [[nodiscard]] int dialogueTokens() const
    {
        int tokens = m_counter.frame();
        if (!m_input.system.empty())
            tokens += m_counter.header(Role::system) + 1 + m_counter.text(m_input.system);
        for (const Turn& turn : m_input.turns)
            if (!isSkipped(turn))
                tokens += m_counter.header(turn.role) + 1 + m_counter.text(turn.text);
        return tokens;
    }

    tl::expected<void, PromptError> fit()
    {
        m_fixed += dialogueTokens();
        int all = m_fixed;
        int leastDocuments = 0;
        int mergeMargin = kMergeMargin;
        for (const Open& open : m_documents) {
            mergeMargin += 2 * static_cast<int>(open.attachment->content->inText.size());
            all += open.inclusion->ofTokens;
            leastDocuments += std::min(open.inclusion->ofTokens, kLeastDocumentTokens);
        }
        for (const Open& open : m_videos)
            all += open.inclusion->ofTokens;
        const int margin = all + mergeMargin > room() ? mergeMargin : 0;
        int available = room() - m_fixed - margin;
        if (available < 0)
            return tl::unexpected(tooLong(all));
        // What is cut stays as it is for the whole conversation.
        if (const int spare = room() / kDialogueShare;
            margin > 0 && available - spare >= available / 2)
            available -= spare;

        for (std::size_t v = 0; v < m_videos.size(); ++v) {
            const Open& open = m_videos[v];
            const AttachmentContent& content = *open.attachment->content;
            const int mine = (available - leastDocuments) / static_cast<int>(m_videos.size() - v);
            std::size_t count = content.frames.size();
            while (count > 0 && m_counter.frames(content, count) > mine)
                --count;
            if (count == 0 && open.inclusion->ofUnits > 0)
                return tl::unexpected(tooLong(all));
            finish(open, count, m_counter, m_budget.contextLength);
            available -= open.inclusion->tokens;
        }

        std::vector<int> needs;
        for (const Open& open : m_documents)
            needs.push_back(open.inclusion->ofTokens);
        const std::vector<int> shares = shareTokens(needs, available);
        for (std::size_t d = 0; d < m_documents.size(); ++d) {
            const Open& open = m_documents[d];
            if (shares[d] < std::min(needs[d], kLeastDocumentTokens))
                return tl::unexpected(tooLong(all));
            const AttachmentContent& content = *open.attachment->content;
            const int tag = m_counter.text(renderDocument(open.attachment->fileName, "")) + 2;
            const std::size_t bytes = shares[d] >= needs[d]
                ? content.text.size()
                : fitPrefix(
                    content.text, needs[d] - tag, shares[d] - tag, [&](std::string_view prefix) {
                        return m_counter.text(prefix)
                            + m_counter.picturesIn(content, prefix.size());
                    });
            finish(open, bytes, m_counter, m_budget.contextLength);
        }
        return {};
    }

    void render()
    {
        m_prompt.tokens = m_counter.frame();
        if (!m_input.system.empty()) {
            Message system{Role::system, {}};
            appendText(system, m_input.system);
            m_prompt.tokens += m_counter.message(system);
            m_prompt.messages.push_back(std::move(system));
        }
        for (std::size_t t = 0; t < m_input.turns.size(); ++t) {
            const Turn& turn = m_input.turns[t];
            if (isSkipped(turn))
                continue;
            Message message{turn.role, {}};
            for (std::size_t a = 0; a < turn.attachments.size(); ++a)
                appendAttachment(
                    message, turn.attachments[a], m_prompt.inclusions[t][a], m_counter.seeing());
            appendText(message, turn.text);
            m_prompt.tokens += m_counter.message(message);
            m_prompt.messages.push_back(std::move(message));
        }
    }

    const PromptInput& m_input;
    const PromptBudget& m_budget;
    Counter m_counter;
    Prompt m_prompt;
    std::vector<Open> m_documents;
    std::vector<Open> m_videos;
    int m_fixed = 0; // tokens that nothing can change
};

} // namespace

tl::expected<Prompt, PromptError> buildPrompt(const PromptInput& input, const PromptBudget& budget)
{
    return Builder(input, budget).build();
}

int pictureTokens(const inference::Picture& picture, const inference::TileSpec& spec)
{
    const auto layout =
        media::tileLayout(picture.width, picture.height, spec.tileSize, spec.maxTiles);
    return media::tileTokenCount(layout, spec.tokensPerTile());
}

int attachmentTokens(
    std::string_view fileName, const AttachmentContent& content, const PromptBudget& budget)
{
    return Counter(budget).attachment(fileName, content, unitsOf(content));
}

} // namespace lectern::app
