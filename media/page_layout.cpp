// SPDX-License-Identifier: Apache-2.0
// Lines are cut where a gap is wider than any word space; a gutter with prose on both sides makes
// columns; pieces side by side in several rows make a table; what is left is paragraphs.
#include "media/page_layout.h"

#include "media/utf8.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace lectern::media {

namespace {

constexpr double kCellGap = 1.15;       // of the line's height: wider than justified word spaces
constexpr double kGutter = 7;           // points: the least between columns
constexpr std::size_t kColumnLines = 5; // fewer side by side are a table or a caption
constexpr double kProseCharacters = 20; // on average in a column's line; cells hold less
constexpr std::size_t kCellCharacters = 15;
constexpr int kMaxColumns = 6;
constexpr std::size_t kMaxSegments = 2'000; // of a page; beyond, the file's own order stands
constexpr int kMaxGutters = 100;            // looked at closely; a page has a few dozen edges

struct Segment {
    std::string text;
    Box box;
    bool breaksWord = false;
    int heading = 0;
    bool cell = false; // of rows too short to be prose
};
using Segments = std::vector<Segment>;

Box unite(const Box& a, const Box& b)
{
    return {std::min(a.left, b.left), std::min(a.top, b.top), std::max(a.right, b.right),
        std::max(a.bottom, b.bottom)};
}

double overlap(double beginA, double endA, double beginB, double endB)
{
    return std::max(0.0, std::min(endA, endB) - std::max(beginA, beginB));
}

bool sameRow(const Box& a, const Box& b)
{
    const double least = std::max(std::min(a.height(), b.height()), 0.1);
    return overlap(a.top, a.bottom, b.top, b.bottom) >= 0.5 * least;
}

// Widths of characters in proportional fonts, as far as they are alike between fonts.
double weight(char32_t c)
{
    constexpr std::u32string_view kNarrow = U"iljtfrI.,;:'!|()[]-/";
    constexpr std::u32string_view kWide = U"mwMW@%\u2014";
    if (c == U' ')
        return 0;
    if (kNarrow.find(c) != std::u32string_view::npos)
        return 0.55;
    if (kWide.find(c) != std::u32string_view::npos || c >= 0x2E80)
        return 1.6;
    return c >= U'A' && c <= U'Z' ? 1.25 : 1.0;
}

// Where in `text` the share `part` of its width is reached: the nearest space.
std::optional<std::size_t> spaceAt(std::string_view text, double part)
{
    double total = 0;
    for (std::size_t at = 0; at < text.size();)
        total += weight(nextCodePoint(text, at));
    double done = 0, best = std::numeric_limits<double>::max();
    std::optional<std::size_t> found;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        const char32_t c = nextCodePoint(text, at);
        done += weight(c);
        const double distance = std::abs(done - part * total);
        if (c == U' ' && begin > 0 && at < text.size() && distance < best) {
            best = distance;
            found = begin;
        }
    }
    return found;
}

std::string trimmed(std::string_view text)
{
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    return std::string(text);
}

// A line cut at its wide gaps.
void addSegments(const PlacedLine& line, Segments& segments)
{
    std::vector<Box> groups;
    std::vector<double> widths; // of the pieces in each group, without the gaps
    for (const Box& piece : line.pieces) {
        const double height = groups.empty() ? 0 : std::max(groups.back().height(), piece.height());
        if (!groups.empty() && piece.left - groups.back().right <= kCellGap * height) {
            groups.back() = unite(groups.back(), piece);
            widths.back() += piece.width();
        } else {
            groups.push_back(piece);
            widths.push_back(piece.width());
        }
    }
    double left = 0;
    for (const double width : widths)
        left += width;
    std::string rest = trimmed(line.text);
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const bool last = i + 1 == groups.size();
        const auto cut = last || left <= 0 ? std::nullopt : spaceAt(rest, widths[i] / left);
        if (!last && !cut) { // no space to cut at: the rest stands together
            Box all = groups[i];
            for (std::size_t j = i + 1; j < groups.size(); ++j)
                all = unite(all, groups[j]);
            segments.push_back({rest, all, line.breaksWord, line.heading, false});
            return;
        }
        segments.push_back({last ? rest : trimmed(rest.substr(0, *cut)), groups[i],
            last && line.breaksWord, line.heading, false});
        if (!last)
            rest = trimmed(rest.substr(*cut));
        left -= widths[i];
    }
}

double averageCharacters(const Segments& segments)
{
    std::size_t sum = 0;
    for (const Segment& segment : segments)
        sum += codePoints(segment.text);
    return segments.empty() ? 0 : static_cast<double>(sum) / static_cast<double>(segments.size());
}

// Lines that have one of the other column beside them.
std::size_t beside(const Segments& a, const Segments& b)
{
    return static_cast<std::size_t>(std::ranges::count_if(a, [&](const Segment& segment) {
        return std::ranges::any_of(b, [&](const Segment& other) {
            return overlap(segment.box.top, segment.box.bottom, other.box.top, other.box.bottom)
                > 0;
        });
    }));
}

// Marks what stands in two or more rows of short pieces side by side: a table inside of columns or
// between them.
void markCells(Segments& segments)
{
    std::vector<std::vector<Segment*>> rows;
    std::vector<Segment*> order;
    for (Segment& segment : segments)
        order.push_back(&segment);
    std::ranges::stable_sort(
        order, {}, [](const Segment* s) { return s->box.top + s->box.bottom; });
    for (Segment* segment : order) {
        if (!rows.empty() && sameRow(rows.back().back()->box, segment->box))
            rows.back().push_back(segment);
        else
            rows.push_back({segment});
    }
    const auto isShort = [](const std::vector<Segment*>& row) {
        std::size_t sum = 0;
        for (const Segment* segment : row)
            sum += codePoints(segment->text);
        return row.size() > 1 && sum < row.size() * kCellCharacters;
    };
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const bool near =
            (r > 0 && isShort(rows[r - 1])) || (r + 1 < rows.size() && isShort(rows[r + 1]));
        const bool below = r > 0 && rows[r].size() == 1 && rows[r - 1].front()->cell
            && codePoints(rows[r].front()->text) < kCellCharacters; // a cell's second line
        if ((near && isShort(rows[r])) || below)
            for (Segment* segment : rows[r])
                segment->cell = true;
    }
}

struct Split {
    Segments left, right, across;
};

// The gutter that parts prose from prose, if there is one.
std::optional<Split> findGutter(const Segments& segments)
{
    if (segments.size() < 2 * kColumnLines)
        return std::nullopt;
    Box all = segments.front().box;
    for (const Segment& segment : segments)
        all = unite(all, segment.box);
    // Candidates: the free space right of each narrow segment.
    std::vector<double> edges;
    for (const Segment& segment : segments)
        if (!segment.cell && segment.box.width() < 0.6 * all.width())
            edges.push_back(segment.box.right);
    std::ranges::sort(edges, std::greater<>()); // the outermost edge of ragged lines first
    std::optional<Split> best;
    double bestScore = 0;
    double lastTried = std::numeric_limits<double>::max();
    int tried = 0;
    for (const double edge : edges) {
        if (lastTried - edge < 2) // points: the same gutter
            continue;
        lastTried = edge;
        const double from = edge + 0.5, to = edge + kGutter;
        std::size_t left = 0, right = 0, across = 0;
        for (const Segment& segment : segments) {
            left += !segment.cell && segment.box.right <= from;
            right += !segment.cell && segment.box.left >= to;
            across += !segment.cell && segment.box.right > from && segment.box.left < to;
        }
        if (left < kColumnLines || right < kColumnLines || across * 2 > left + right
            || ++tried > kMaxGutters)
            continue;
        Split split;
        for (const Segment& segment : segments) {
            if (!segment.cell && segment.box.right <= from)
                split.left.push_back(segment);
            else if (!segment.cell && segment.box.left >= to)
                split.right.push_back(segment);
            else
                split.across.push_back(segment);
        }
        if (averageCharacters(split.left) < kProseCharacters
            || averageCharacters(split.right) < kProseCharacters)
            continue;
        const std::size_t pairs =
            std::min(beside(split.left, split.right), beside(split.right, split.left));
        if (pairs < kColumnLines)
            continue;
        const double score = static_cast<double>(pairs) - static_cast<double>(across);
        if (!best || score > bestScore) {
            best = std::move(split);
            bestScore = score;
        }
    }
    return best;
}

// Regions in reading order: what spans both columns parts the page into bands.
void orderRegions(Segments segments, int columnsLeft, std::vector<Segments>& regions)
{
    std::optional<Split> split = columnsLeft > 1 ? findGutter(segments) : std::nullopt;
    if (!split) {
        if (!segments.empty())
            regions.push_back(std::move(segments));
        return;
    }
    const auto byTop = [](const Segment& a, const Segment& b) { return a.box.top < b.box.top; };
    std::ranges::stable_sort(split->across, byTop);
    const auto takeAbove = [](Segments& from, double y) {
        const auto rest = std::stable_partition(from.begin(), from.end(),
            [&](const Segment& s) { return (s.box.top + s.box.bottom) / 2 >= y; });
        Segments above(std::make_move_iterator(rest), std::make_move_iterator(from.end()));
        from.erase(rest, from.end());
        return above;
    };
    Segments spanning;
    const auto band = [&](double y) {
        Segments left = takeAbove(split->left, y);
        Segments right = takeAbove(split->right, y);
        if (right.empty()) { // no column beside it: it goes on with what spans both
            std::ranges::move(left, std::back_inserter(spanning));
            return;
        }
        if (!spanning.empty())
            regions.push_back(std::exchange(spanning, {}));
        orderRegions(std::move(left), columnsLeft - 1, regions);
        orderRegions(std::move(right), columnsLeft - 1, regions);
    };
    for (Segment& across : split->across) {
        const double y = (across.box.top + across.box.bottom) / 2;
        band(y);
        spanning.push_back(std::move(across));
    }
    band(std::numeric_limits<double>::max());
    if (!spanning.empty())
        regions.push_back(std::move(spanning));
}

// What stands before an item of a list: a bullet, "3.", "(a)".
bool isMarker(std::string_view text)
{
    static constexpr std::u32string_view kBullets =
        U"\u2022\u25CF\u25AA\u25E6\u25CB\u25A0\u2013\u2014-*\u2023\uF0B7";
    if (text.empty() || text.size() > 6)
        return false;
    std::size_t at = 0;
    const char32_t first = nextCodePoint(text, at);
    if (at == text.size())
        return kBullets.find(first) != std::u32string_view::npos;
    return (text.ends_with('.') || text.ends_with(')')) && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || c == '.' || c == '(' || c == ')' || (c >= 'a' && c <= 'z');
    });
}

using Row = std::vector<Segment>;

// Rows from top to bottom, each from left to right; pieces that nearly touch become one.
std::vector<Row> rowsOf(Segments segments)
{
    std::ranges::stable_sort(segments, [](const Segment& a, const Segment& b) {
        return a.box.top + a.box.bottom < b.box.top + b.box.bottom;
    });
    std::vector<Row> rows;
    Box box;
    for (Segment& segment : segments) {
        if (!rows.empty() && sameRow(box, segment.box)) {
            box = unite(box, segment.box);
            rows.back().push_back(std::move(segment));
        } else {
            box = segment.box;
            rows.push_back({std::move(segment)});
        }
    }
    for (Row& row : rows) {
        std::ranges::stable_sort(
            row, [](const Segment& a, const Segment& b) { return a.box.left < b.box.left; });
        Row joined;
        for (Segment& segment : row) {
            const double gap = joined.empty() ? 0 : segment.box.left - joined.back().box.right;
            const double height =
                joined.empty() ? 0 : std::max(joined.back().box.height(), segment.box.height());
            const bool marker = joined.size() == 1 && isMarker(joined.back().text);
            if (!joined.empty() && (gap <= kCellGap * height || marker)) {
                joined.back().text += (gap > 0.12 * height ? " " : "") + segment.text;
                joined.back().box = unite(joined.back().box, segment.box);
                joined.back().breaksWord = segment.breaksWord;
            } else {
                joined.push_back(std::move(segment));
            }
        }
        row = std::move(joined);
    }
    return rows;
}

struct Columns {
    std::vector<Box> boxes;

    // The column of each segment; empty when the row does not go with the others.
    [[nodiscard]] std::vector<std::size_t> place(const Row& row) const
    {
        std::vector<std::size_t> places;
        for (const Segment& segment : row) {
            std::size_t best = boxes.size();
            double most = 0;
            for (std::size_t i = 0; i < boxes.size(); ++i) {
                const double common =
                    overlap(segment.box.left, segment.box.right, boxes[i].left, boxes[i].right);
                if (common > most) {
                    most = common;
                    best = i;
                }
            }
            if (best == boxes.size() || (!places.empty() && places.back() >= best))
                return {};
            places.push_back(best);
        }
        return places;
    }
};

// The rows from `first` on that share columns; how many there are.
std::size_t tableRows(const std::vector<Row>& rows, std::size_t first, Columns& columns)
{
    std::size_t end = first;
    double bottom = 0, height = 0;
    for (; end < rows.size(); ++end) {
        const Row& row = rows[end];
        double top = row.front().box.top;
        for (const Segment& segment : row)
            top = std::min(top, segment.box.top);
        if (end > first && top - bottom > 4 * height)
            break; // too far below to belong to it
        if (end == first || row.size() > 1) {
            if (row.size() < 2)
                break;
            Columns merged = columns;
            for (const Segment& segment : row) {
                // Grows the columns it touches into one.
                Box box = segment.box;
                std::erase_if(merged.boxes, [&](const Box& column) {
                    const bool touches =
                        overlap(box.left, box.right, column.left, column.right) > 0;
                    if (touches)
                        box = unite(box, column);
                    return touches;
                });
                merged.boxes.push_back(box);
            }
            std::ranges::sort(merged.boxes, {}, &Box::left);
            const bool fits = merged.boxes.size() >= 2 && !merged.place(row).empty()
                && std::ranges::all_of(rows.begin() + static_cast<std::ptrdiff_t>(first),
                    rows.begin() + static_cast<std::ptrdiff_t>(end),
                    [&](const Row& before) { return !merged.place(before).empty(); });
            if (!fits)
                break;
            columns = std::move(merged);
        } else {
            const auto place = columns.place(row);
            if (place.empty())
                break;
            // A heading or paragraph below the table reaches over its columns.
            const std::size_t touched = static_cast<std::size_t>(
                std::ranges::count_if(columns.boxes, [&](const Box& column) {
                    return overlap(row.front().box.left, row.front().box.right, column.left,
                               column.right)
                        > 0;
                }));
            const bool more = end + 1 < rows.size() && rows[end + 1].size() > 1;
            if (touched > 1 || (place.front() == 0 && !more))
                break;
        }
        for (const Segment& segment : row) {
            bottom = std::max(bottom, segment.box.bottom);
            height = std::max(height, segment.box.height());
        }
    }
    return end - first;
}

std::string cellText(std::string_view text)
{
    std::string cell;
    for (const char c : text)
        cell += c == '|' ? std::string("\\|") : std::string(1, c);
    return cell;
}

void writeTable(const std::vector<Row>& rows, std::size_t first, std::size_t count,
    const Columns& columns, std::string& text)
{
    std::vector<std::vector<std::string>> cells;
    for (std::size_t r = first; r < first + count; ++r) {
        const auto places = columns.place(rows[r]);
        // One piece under a cell of the row before goes on with that cell.
        const bool goesOn = !cells.empty() && rows[r].size() == 1 && places.front() > 0;
        if (!goesOn)
            cells.emplace_back(columns.boxes.size());
        for (std::size_t i = 0; i < places.size(); ++i) {
            std::string& cell = cells.back()[places[i]];
            cell += (cell.empty() ? "" : " ") + cellText(rows[r][i].text);
        }
    }
    for (std::size_t r = 0; r < cells.size(); ++r) {
        text += '|';
        for (const std::string& cell : cells[r])
            text += ' ' + cell + " |";
        text += '\n';
        if (r == 0) {
            text += '|';
            for (std::size_t i = 0; i < cells[r].size(); ++i)
                text += " --- |";
            text += '\n';
        }
    }
    text += '\n';
}

bool beginsLower(std::string_view text)
{
    if (text.empty())
        return false;
    const auto c = static_cast<unsigned char>(text.front());
    return (c >= 'a' && c <= 'z') || c >= 0xC3;
}

bool beginsItem(std::string_view text)
{
    const std::size_t space = text.find(' ');
    return space != std::string_view::npos && isMarker(text.substr(0, space));
}

double textWeight(std::string_view text)
{
    double sum = 0;
    for (std::size_t at = 0; at < text.size();)
        sum += weight(nextCodePoint(text, at));
    return sum;
}

// How much wider a line had to be to take the first word of the next.
double firstWordWidth(const Segment& segment)
{
    const std::string_view text = segment.text;
    const double all = textWeight(text), word = textWeight(text.substr(0, text.find(' ')));
    return all > 0 ? segment.box.width() * word / all + 0.2 * segment.box.height() : 0;
}

// The distance of lines in a paragraph: what is most common between neighbours. 0: too few lines.
double usualPitch(std::span<const Row> rows)
{
    std::vector<double> pitches;
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const Box& a = rows[i - 1].front().box;
        const Box& b = rows[i].front().box;
        const double pitch = (b.top + b.bottom - a.top - a.bottom) / 2;
        if (pitch > 0 && pitch < 4 * std::max(a.height(), b.height()))
            pitches.push_back(pitch);
    }
    if (pitches.size() < 4)
        return 0;
    std::ranges::sort(pitches);
    return pitches[pitches.size() / 3]; // below the middle: short paragraphs have many wide ones
}

// Lines of a paragraph flow into one another; others keep their line end.
class Flow {
public:
    Flow(double right, double pitch, std::string& text)
        : m_right(right), m_pitch(pitch), m_text(text)
    {
    }

    void add(const Segment& segment)
    {
        if (m_any) {
            const double gap = segment.box.top - m_last.bottom;
            const double height = std::max(m_last.height(), segment.box.height());
            const bool alike = std::min(m_last.height(), segment.box.height()) > 0.6 * height;
            const double pitch =
                (segment.box.top + segment.box.bottom - m_last.top - m_last.bottom) / 2;
            const bool apart = m_pitch > 0 ? pitch > 1.3 * m_pitch : gap > 0.95 * height;
            const bool full = m_last.right + firstWordWidth(segment) > m_right - 1;
            const bool indented = segment.box.left > m_last.left + 6;
            if (m_breaksWord && beginsLower(segment.text))
                joinWord();
            else if (m_breaksWord)
                m_text += "-";
            else if (apart || !alike || segment.heading > 0 || m_heading)
                m_text += "\n\n";
            else if (full && !indented && !beginsItem(segment.text))
                m_text += ' ';
            else
                m_text += '\n';
        }
        if (segment.heading > 0)
            m_text +=
                std::string(static_cast<std::size_t>(std::min(segment.heading, 6)), '#') + ' ';
        m_text += segment.text;
        m_heading = segment.heading > 0;
        m_last = segment.box;
        m_breaksWord = segment.breaksWord;
        m_any = true;
    }

    void end()
    {
        if (m_any)
            m_text += m_breaksWord ? "-\n\n" : "\n\n";
        m_any = m_breaksWord = m_heading = false;
    }

private:
    // "well-" "known" keeps its hyphen only where the word has others: "state-of-the-" "art".
    void joinWord()
    {
        const std::size_t word = m_text.find_last_of(" \n") + 1; // npos + 1 == 0
        if (m_text.find('-', word) != std::string::npos)
            m_text += '-';
    }

    double m_right; // where the lines of the region end
    double m_pitch;
    std::string& m_text;
    Box m_last;
    bool m_any = false;
    bool m_heading = false;
    bool m_breaksWord = false;
};

double rightEdge(std::span<const Row> rows)
{
    double right = 0;
    for (const Row& row : rows)
        right = std::max(right, row.back().box.right);
    return right;
}

void writeFlow(std::span<const Row> rows, double regionRight, std::string& text)
{
    // Lines end where the widest of them ends; a few narrow ones are no column of their own.
    Flow flow(std::max(rightEdge(rows), 0.85 * regionRight), usualPitch(rows), text);
    for (const Row& row : rows) {
        Segment line = row.front();
        for (std::size_t i = 1; i < row.size(); ++i) {
            line.text += '\t' + row[i].text;
            line.box = unite(line.box, row[i].box);
            line.breaksWord = row[i].breaksWord;
        }
        flow.add(line);
    }
    flow.end();
}

void writeRegion(Segments segments, std::string& text)
{
    const std::vector<Row> rows = rowsOf(std::move(segments));
    const double right = rightEdge(rows);
    std::size_t flowBegin = 0;
    const auto endFlow = [&](std::size_t end) {
        if (end > flowBegin)
            writeFlow(std::span(rows).subspan(flowBegin, end - flowBegin), right, text);
    };
    for (std::size_t r = 0; r < rows.size();) {
        Columns columns;
        const std::size_t count = rows[r].size() > 1 ? tableRows(rows, r, columns) : 0;
        if (count > 1) {
            endFlow(r);
            writeTable(rows, r, count, columns, text);
            flowBegin = r + count;
        }
        r += std::max<std::size_t>(count, 1);
    }
    endFlow(rows.size());
}

} // namespace

std::string arrangePage(const std::vector<PlacedLine>& lines)
{
    Segments segments;
    for (const PlacedLine& line : lines)
        if (!line.pieces.empty() && !trimmed(line.text).empty())
            addSegments(line, segments);
    std::string text;
    if (segments.size() > kMaxSegments) {
        for (const Segment& segment : segments)
            text += segment.text + '\n';
        return text;
    }
    std::vector<Segments> regions;
    markCells(segments);
    orderRegions(std::move(segments), kMaxColumns, regions);
    for (Segments& region : regions)
        writeRegion(std::move(region), text);
    while (text.ends_with('\n'))
        text.pop_back();
    return text.empty() ? text : text + '\n';
}

} // namespace lectern::media
