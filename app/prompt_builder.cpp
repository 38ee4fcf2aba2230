// SPDX-License-Identifier: Apache-2.0
// The turns of a dialogue, and the fitting of attachments into the context.
#include "app/prompt_builder.h"

#include "app/clip_subtitles.h"
#include "app/prompt_parts.h"
#include "media/file.h"
#include "media/tiles.h"

#include <algorithm>
#include <fmt/format.h>

namespace lectern::app {
namespace {

using inference::Message;
using inference::Role;

constexpr int kLeastDocumentTokens = 48; // less of a document than this is of no use
constexpr int kDialogueShare = 8; // of the room stays free for further questions when files are cut
constexpr int kMergeMargin = 16;  // texts that join may tokenise a little differently

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

// The largest number up to `most` for which `fits` holds, which it does for all smaller ones.
template <class Fits> std::size_t largest(std::size_t most, Fits fits)
{
    std::size_t fitting = 0;
    while (fitting < most) {
        const std::size_t middle = fitting + (most - fitting + 1) / 2;
        if (fits(middle))
            fitting = middle;
        else
            most = middle - 1;
    }
    return fitting;
}

// What of a clip goes into so many tokens. Subtitles come before frames: nothing tells what is not
// read of them, while fewer frames, spread evenly, still show all of the clip. They take half the
// room at most as long as frames need it, and leave room for one frame in any case.
Units fitClip(const Open& open, const PromptCounter& counter, int tokens)
{
    const AttachmentContent& content = *open.attachment->content;
    const Units all = allOf(content);
    const auto cost = [&](std::size_t frames, std::size_t subtitles) {
        return counter.attachment(open.attachment->fileName, content, {frames, subtitles});
    };
    if (cost(all.main, all.subtitles) <= tokens)
        return all;
    const int forSubtitles = std::max(tokens / 2, tokens - cost(all.main, 0));
    Units part;
    part.subtitles =
        largest(all.subtitles, [&](std::size_t n) { return cost(0, n) <= forSubtitles; });
    part.main = largest(all.main, [&](std::size_t n) { return cost(n, part.subtitles) <= tokens; });
    if (part.main == 0 && all.main > 0 && cost(1, 0) <= tokens) {
        part.main = 1;
        part.subtitles =
            largest(all.subtitles, [&](std::size_t n) { return cost(1, n) <= tokens; });
    }
    return part;
}

std::string clipSentence(const Open& open, Units units, const PromptCounter& counter, int context)
{
    const Inclusion& in = *open.inclusion;
    const std::string& name = open.attachment->fileName;
    const bool all = units.main >= in.ofUnits && units.subtitles >= in.ofSubtitles;
    if (!counter.seeing() && all)
        return fmt::format(
            "This model cannot see pictures, so only the subtitles of \"{}\" were read.", name);
    std::string parts;
    if (counter.seeing() && units.main < in.ofUnits)
        parts = fmt::format(
            "{} of the {} frames", media::formatCount(units.main), media::formatCount(in.ofUnits));
    if (units.subtitles < in.ofSubtitles)
        parts += fmt::format("{}{} of the {} subtitles", parts.empty() ? "" : " and the first ",
            media::formatCount(units.subtitles), media::formatCount(in.ofSubtitles));
    return fmt::format("Only {} of \"{}\" were {} ({} of {} tokens), because the model holds {} "
                       "tokens.{}",
        parts, name, in.ofSubtitles > 0 ? "read" : "looked at", media::formatCount(in.tokens),
        media::formatCount(in.ofTokens), media::formatCount(context),
        counter.seeing() ? "" : " It cannot see pictures, so no frames were looked at.");
}

void finish(Open open, Units units, const PromptCounter& counter, int contextLength)
{
    Inclusion& in = *open.inclusion;
    in.units = units.main;
    in.subtitles = units.subtitles;
    const AttachmentContent& content = *open.attachment->content;
    const bool clip = content.kind == AttachmentKind::video;
    const std::size_t unseen =
        counter.seeing() ? 0 : content.inText.size() + (clip ? content.frames.size() : 0);
    const bool all = in.units >= in.ofUnits && in.subtitles >= in.ofSubtitles;
    in.extent = all && unseen == 0 ? Inclusion::Extent::whole : Inclusion::Extent::cut;
    in.tokens = all ? in.ofTokens : counter.attachment(open.attachment->fileName, content, units);
    if (in.extent == Inclusion::Extent::whole)
        return;
    if (clip)
        in.sentence = clipSentence(open, units, counter, contextLength);
    else if (all)
        in.sentence = fmt::format("This model cannot see pictures, so it did not look at {} in "
                                  "\"{}\".",
            unseen == 1 ? std::string("the picture")
                        : fmt::format("the {} pictures", media::formatCount(unseen)),
            open.attachment->fileName);
    else
        in.sentence = fmt::format("Only the first {} % of \"{}\" was read ({} of {} tokens), "
                                  "because the model holds {} tokens.",
            in.units * 100 / in.ofUnits, open.attachment->fileName, media::formatCount(in.tokens),
            media::formatCount(in.ofTokens), media::formatCount(contextLength));
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
        joinSubtitles();
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
                media::formatCount(needed), media::formatCount(m_budget.contextLength),
                media::formatCount(m_budget.answerTokens),
                m_input.turns.size() > 1 ? "Start a new conversation, or ask with fewer files."
                                         : "Ask a shorter question, or with fewer files.")};
    }

    // A subtitle file that was given with its clip is a part of that clip.
    void joinSubtitles()
    {
        for (std::size_t t = 0; t < m_input.turns.size(); ++t) {
            auto& files = m_files.emplace_back(m_input.turns[t].attachments);
            m_clips.push_back(clipsOfSubtitles(files));
            for (std::size_t a = 0; a < files.size(); ++a)
                if (const int clip = m_clips[t][a]; clip >= 0) {
                    auto& content = files[static_cast<std::size_t>(clip)].content;
                    content = withSubtitles(*content, files[a].content->subtitles);
                }
        }
    }

    // Splits the attachments into those with a fixed extent and those this prompt decides.
    tl::expected<void, PromptError> sortAttachments()
    {
        for (std::size_t t = 0; t < m_input.turns.size(); ++t) {
            const bool question = t + 1 == m_input.turns.size();
            for (std::size_t a = 0; a < m_files[t].size(); ++a) {
                const PromptAttachment& attachment = m_files[t][a];
                Inclusion& in = m_prompt.inclusions[t][a];
                if (m_clips[t][a] >= 0) { // its clip says how much of it is read
                    in.units = in.ofUnits = allOf(*attachment.content).main;
                    continue;
                }
                if (!attachment.content) {
                    in.extent = Inclusion::Extent::leftOut;
                    in.sentence = fmt::format("\"{}\" could not be read again, so this answer does "
                                              "not use it.",
                        attachment.fileName);
                    continue;
                }
                // Of a clip with subtitles there is something to read in any case.
                const bool picture = attachment.content->kind != AttachmentKind::text
                    && attachment.content->subtitles.empty();
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
                    const Units there = allOf(*attachment.content);
                    in = *attachment.inclusion;
                    in.units = std::min(in.units, there.main);
                    in.subtitles = std::min(in.subtitles, there.subtitles);
                    m_fixed += m_counter.attachment(
                        attachment.fileName, *attachment.content, {in.units, in.subtitles});
                    continue;
                }
                const Units all = allOf(*attachment.content);
                in.ofUnits = all.main;
                in.ofSubtitles = all.subtitles;
                in.ofTokens = m_counter.attachment(attachment.fileName, *attachment.content, all);
                if (attachment.content->kind == AttachmentKind::text)
                    m_documents.push_back({&attachment, &in});
                else if (attachment.content->kind == AttachmentKind::video)
                    m_videos.push_back({&attachment, &in});
                else {
                    m_fixed += in.ofTokens;
                    finish({&attachment, &in}, all, m_counter, m_budget.contextLength);
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
            const int mine = (available - leastDocuments) / static_cast<int>(m_videos.size() - v);
            const Units units = fitClip(open, m_counter, mine);
            if (units.main == 0 && open.inclusion->ofUnits > 0)
                return tl::unexpected(tooLong(all));
            finish(open, units, m_counter, m_budget.contextLength);
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
            const int tag = m_counter.text(emptyDocument(open.attachment->fileName)) + 2;
            const std::size_t bytes = shares[d] >= needs[d]
                ? content.text.size()
                : fitPrefix(
                    content.text, needs[d] - tag, shares[d] - tag, [&](std::string_view prefix) {
                        return m_counter.text(prefix)
                            + m_counter.picturesIn(content, prefix.size());
                    });
            finish(open, {bytes, 0}, m_counter, m_budget.contextLength);
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
            for (std::size_t a = 0; a < m_files[t].size(); ++a) {
                const PromptAttachment& file = m_files[t][a];
                const Inclusion& in = m_prompt.inclusions[t][a];
                if (m_clips[t][a] < 0 && file.content && in.extent != Inclusion::Extent::leftOut)
                    appendAttachment(message, file.fileName, *file.content,
                        {in.units, in.subtitles}, m_counter.seeing());
            }
            appendText(message, turn.text);
            m_prompt.tokens += m_counter.message(message);
            m_prompt.messages.push_back(std::move(message));
        }
    }

    const PromptInput& m_input;
    const PromptBudget& m_budget;
    PromptCounter m_counter;
    Prompt m_prompt;
    std::vector<std::vector<PromptAttachment>> m_files; // [turn], clips with their subtitles
    std::vector<std::vector<int>> m_clips; // [turn][attachment]: the clip it is subtitles of, or -1
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
    return PromptCounter(budget).attachment(fileName, content, allOf(content));
}

} // namespace lectern::app
