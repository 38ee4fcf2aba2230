// SPDX-License-Identifier: Apache-2.0
// A code has up to four sections (positive; negative; zero; text). A section is cut into tokens
// first; then it is a date, a fraction or a number by what is among them.
#include "media/number_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <optional>
#include <utility>
#include <vector>

namespace lectern::media {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMaxCode = 1000; // bytes of a format that are looked at
constexpr int kMaxDigits = 30;         // behind the point

struct Token {
    enum Kind {
        literal,
        digit,
        point,
        comma,
        percent,
        exponent,
        date,
        elapsed,
        noon,
        slash,
        general
    };
    Kind kind = literal;
    std::string text;
};

struct Section {
    std::vector<Token> tokens;
    char comparison = 0; // '<', '>', '=' of a condition like [>=100]
    bool orEqual = false;
    double limit = 0;
    [[nodiscard]] bool has(Token::Kind kind) const
    {
        return std::ranges::any_of(tokens, [&](const Token& token) { return token.kind == kind; });
    }
};

char lowered(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool startsWith(std::string_view text, std::string_view lower)
{
    return text.size() >= lower.size()
        && std::equal(lower.begin(), lower.end(), text.begin(),
            [](char a, char b) { return a == lowered(b); });
}

// "[Red]", "[$€-407]", "[h]", "[>=100]"
void readBracket(std::string_view inner, Section& section)
{
    if (inner.starts_with('$')) {
        section.tokens.push_back(
            {Token::literal, std::string(inner.substr(1, inner.find('-') - 1))});
    } else if (!inner.empty() && inner.size() < 10 && std::ranges::all_of(inner, [&](char c) {
                   return lowered(c) == lowered(inner.front())
                       && (lowered(c) == 'h' || lowered(c) == 'm' || lowered(c) == 's');
               })) {
        section.tokens.push_back({Token::elapsed, std::string(1, lowered(inner.front()))});
    } else if (!inner.empty()
        && (inner.front() == '<' || inner.front() == '>' || inner.front() == '=')) {
        std::string_view rest = inner.substr(1);
        section.comparison = inner.front();
        if (rest.starts_with('>')) { // "<>"
            section.comparison = '!';
            rest.remove_prefix(1);
        } else if (rest.starts_with('=')) {
            section.orEqual = true;
            rest.remove_prefix(1);
        }
        std::from_chars(rest.data(), rest.data() + rest.size(), section.limit);
    }
}

std::vector<Section> parse(std::string_view code)
{
    std::vector<Section> sections(1);
    for (std::size_t at = 0; at < code.size();) {
        auto& tokens = sections.back().tokens;
        const std::string_view rest = code.substr(at);
        const char c = rest.front();
        const auto literal = [&](std::string_view text) {
            tokens.push_back({Token::literal, std::string(text)});
        };
        std::size_t used = 1;
        if (c == ';') {
            sections.emplace_back();
        } else if (c == '"') {
            const std::size_t end = std::min(rest.find('"', 1), rest.size());
            literal(rest.substr(1, end - 1));
            used = end + 1;
        } else if (c == '\\' && rest.size() > 1) {
            used = 2;
            while (used < rest.size() && (static_cast<unsigned char>(rest[used]) & 0xC0U) == 0x80)
                ++used;
            literal(rest.substr(1, used - 1));
        } else if (c == '_' || c == '*') { // room as wide as a character; a filling
            if (c == '_')
                literal(" ");
            used = std::min<std::size_t>(2, rest.size());
        } else if (c == '[') {
            const std::size_t end = std::min(rest.find(']'), rest.size());
            readBracket(rest.substr(1, end - 1), sections.back());
            used = end + 1;
        } else if (startsWith(rest, "general")) {
            tokens.push_back({Token::general, {}});
            used = 7;
        } else if (startsWith(rest, "am/pm")) {
            tokens.push_back({Token::noon, "AM/PM"});
            used = 5;
        } else if (startsWith(rest, "a/p")) {
            tokens.push_back({Token::noon, "A/P"});
            used = 3;
        } else if (c == '0' || c == '#' || c == '?') {
            tokens.push_back({Token::digit, std::string(1, c)});
        } else if (c == '.') {
            tokens.push_back({Token::point, "."});
        } else if (c == ',') {
            tokens.push_back({Token::comma, ","});
        } else if (c == '%') {
            tokens.push_back({Token::percent, "%"});
        } else if (c == '/') {
            tokens.push_back({Token::slash, "/"});
        } else if ((c == 'E' || c == 'e') && rest.size() > 1
            && (rest[1] == '+' || rest[1] == '-')) {
            tokens.push_back({Token::exponent, std::string(1, rest[1])});
            used = 2;
        } else if ("ymdhs"sv.find(lowered(c)) != std::string_view::npos) {
            while (used < rest.size() && lowered(rest[used]) == lowered(c))
                ++used;
            tokens.push_back(
                {Token::date, std::string(std::min<std::size_t>(used, 5), lowered(c))});
        } else {
            while (used < rest.size() && (static_cast<unsigned char>(rest[used]) & 0xC0U) == 0x80)
                ++used;
            literal(rest.substr(0, used));
        }
        at += std::min(used, rest.size());
    }
    return sections;
}

std::string general(double value)
{
    if (value == std::floor(value) && std::abs(value) < 1e11)
        return fmt::format("{:.0f}", value == 0 ? 0.0 : value);
    std::string text = fmt::format("{:.10g}", value);
    if (const std::size_t e = text.find('e'); e != std::string::npos)
        text[e] = 'E';
    return text;
}

struct Moment {
    int year, month, day, weekday;
    int hour, minute, second, thousandth;
};

// Days since 1899-12-30 and a part of a day to a calendar date (H. Hinnant, days_from_civil).
Moment momentOf(double value, bool from1904)
{
    double days = std::floor(value);
    auto thousandths = static_cast<std::int64_t>(std::llround((value - days) * 86'400'000));
    if (thousandths >= 86'400'000) {
        days += 1;
        thousandths = 0;
    }
    if (from1904)
        days += 1462;
    else if (days < 60)
        days += 1; // Excel believes that 1900 was a leap year
    const auto civil = static_cast<std::int64_t>(days) - 25'569 + 719'468;
    const std::int64_t era = (civil >= 0 ? civil : civil - 146'096) / 146'097;
    const std::int64_t dayOfEra = civil - era * 146'097;
    const std::int64_t yearOfEra =
        (dayOfEra - dayOfEra / 1460 + dayOfEra / 36'524 - dayOfEra / 146'096) / 365;
    const std::int64_t dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    const std::int64_t m = (5 * dayOfYear + 2) / 153;
    Moment moment{};
    moment.day = static_cast<int>(dayOfYear - (153 * m + 2) / 5 + 1);
    moment.month = static_cast<int>(m < 10 ? m + 3 : m - 9);
    moment.year = static_cast<int>(yearOfEra + era * 400 + (moment.month <= 2 ? 1 : 0));
    moment.weekday = static_cast<int>(((static_cast<std::int64_t>(days) % 7) + 6 + 7) % 7);
    moment.hour = static_cast<int>(thousandths / 3'600'000);
    moment.minute = static_cast<int>(thousandths / 60'000 % 60);
    moment.second = static_cast<int>(thousandths / 1000 % 60);
    moment.thousandth = static_cast<int>(thousandths % 1000);
    return moment;
}

constexpr std::array kMonths{"January"sv, "February"sv, "March"sv, "April"sv, "May"sv, "June"sv,
    "July"sv, "August"sv, "September"sv, "October"sv, "November"sv, "December"sv};
constexpr std::array kDays{
    "Sunday"sv, "Monday"sv, "Tuesday"sv, "Wednesday"sv, "Thursday"sv, "Friday"sv, "Saturday"sv};

std::string padded(int value, std::size_t width)
{
    return fmt::format("{:0{}}", value, width >= 2 ? 2 : 1);
}

std::string datePart(const std::string& token, const Moment& moment, bool minutes, bool twelve)
{
    const std::size_t width = token.size();
    switch (token.front()) {
    case 'y':
        return width <= 2 ? padded(moment.year % 100, 2) : fmt::format("{:04}", moment.year);
    case 'm':
        if (minutes)
            return padded(moment.minute, width);
        if (width == 5)
            return std::string(kMonths[static_cast<std::size_t>(moment.month - 1)].substr(0, 1));
        if (width == 4)
            return std::string(kMonths[static_cast<std::size_t>(moment.month - 1)]);
        if (width == 3)
            return std::string(kMonths[static_cast<std::size_t>(moment.month - 1)].substr(0, 3));
        return padded(moment.month, width);
    case 'd':
        if (width >= 4)
            return std::string(kDays[static_cast<std::size_t>(moment.weekday)]);
        if (width == 3)
            return std::string(kDays[static_cast<std::size_t>(moment.weekday)].substr(0, 3));
        return padded(moment.day, width);
    case 'h': {
        const int hour = twelve ? (moment.hour + 11) % 12 + 1 : moment.hour;
        return padded(hour, width);
    }
    default:
        return padded(moment.second, width);
    }
}

std::string asDate(const Section& section, double value, bool from1904)
{
    constexpr double kLast = 2'958'466; // the day behind 9999-12-31
    if (value < 0 || value >= kLast)
        return general(value);
    // Seconds shown without a part are rounded, not cut.
    const bool parts = section.has(Token::digit);
    const Moment moment = momentOf(parts ? value : value + 0.4 / 86'400, from1904);
    const auto& tokens = section.tokens;
    std::string text;
    const auto neighbour = [&](std::size_t i, int step) {
        for (auto at = static_cast<std::ptrdiff_t>(i) + step; at >= 0 && at < std::ssize(tokens);
             at += step) {
            const Token& token = tokens[static_cast<std::size_t>(at)];
            if (token.kind == Token::date || token.kind == Token::elapsed)
                return token.text.front();
        }
        return ' ';
    };
    const double seconds = value * 86'400;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const Token& token = tokens[i];
        switch (token.kind) {
        case Token::date: {
            const bool minutes = token.text.front() == 'm' && token.text.size() <= 2
                && (neighbour(i, -1) == 'h' || neighbour(i, 1) == 's');
            text += datePart(token.text, moment, minutes, section.has(Token::noon));
            break;
        }
        case Token::elapsed: {
            const double unit = token.text == "h" ? 3600 : token.text == "m" ? 60 : 1;
            text += fmt::format("{:.0f}", std::floor(seconds / unit + 1e-6));
            break;
        }
        case Token::noon:
            text += token.text == "AM/PM" ? (moment.hour < 12 ? "AM" : "PM")
                                          : (moment.hour < 12 ? "A" : "P");
            break;
        case Token::digit: // parts of a second: ".0", ".000"
            if (i > 0 && tokens[i - 1].kind == Token::point) {
                std::size_t count = 0;
                while (i + count < tokens.size() && tokens[i + count].kind == Token::digit)
                    ++count;
                text += fmt::format("{:03}", moment.thousandth)
                            .substr(0, std::min<std::size_t>(count, 3));
                i += count - 1;
            }
            break;
        default:
            text += token.text;
        }
    }
    return text;
}

std::string grouped(std::string digits)
{
    for (std::size_t end = digits.size(); end > 3; end -= 3)
        digits.insert(end - 3, ",");
    return digits;
}

// "# ?/?": the closest fraction with a denominator of that many digits.
std::string asFraction(const Section& section, double value)
{
    const auto& tokens = section.tokens;
    const auto slash = std::ranges::find(tokens, Token::slash, &Token::kind) - tokens.begin();
    const auto behind = std::count_if(tokens.begin() + slash, tokens.end(),
        [](const Token& token) { return token.kind == Token::digit; });
    const auto before = std::count_if(tokens.begin(), tokens.begin() + slash,
        [](const Token& token) { return token.kind == Token::digit; });
    const int most = behind <= 1 ? 9 : behind == 2 ? 99 : 999;
    double whole = before > behind ? std::floor(value) : 0;
    const double part = value - whole;
    if (!(std::abs(value) < 1e12))
        return general(value);
    long long bestTop = 0;
    int bestBottom = 1;
    double bestError = 2;
    for (int bottom = 1; bottom <= most; ++bottom) {
        const auto top = std::llround(part * bottom);
        const double error = std::abs(part - static_cast<double>(top) / bottom);
        if (error < bestError - 1e-12) {
            bestError = error;
            bestTop = top;
            bestBottom = bottom;
        }
    }
    if (before > behind && bestTop == bestBottom) {
        whole += 1;
        bestTop = 0;
    }
    if (bestTop == 0)
        return fmt::format("{:.0f}", whole);
    return whole > 0 ? fmt::format("{:.0f} {}/{}", whole, bestTop, bestBottom)
                     : fmt::format("{}/{}", bestTop, bestBottom);
}

struct Shape {     // of the digits in a section
    int whole = 0; // zeros before the point: least digits
    int least = 0; // zeros behind it
    int most = 0;  // places behind it
    bool thousands = false;
    int scale = 0; // commas at the end, each a division by 1000
    int percents = 0;
    bool scientific = false;
    int exponentDigits = 0;
    bool any = false;
};

Shape shapeOf(const Section& section)
{
    Shape shape;
    bool behind = false, exponent = false;
    int commas = 0;
    for (const Token& token : section.tokens) {
        switch (token.kind) {
        case Token::digit:
            shape.any = true;
            if (exponent) {
                ++shape.exponentDigits;
                break;
            }
            shape.thousands = shape.thousands || (commas > 0 && !behind);
            commas = 0;
            if (behind) {
                ++shape.most;
                if (token.text == "0")
                    shape.least = shape.most;
            } else if (token.text == "0") {
                ++shape.whole;
            }
            break;
        case Token::point:
            shape.scale += commas;
            commas = 0;
            behind = true;
            break;
        case Token::comma:
            commas += shape.any ? 1 : 0;
            break;
        case Token::percent:
            ++shape.percents;
            break;
        case Token::exponent:
            shape.scientific = exponent = true;
            break;
        default:
            break;
        }
    }
    shape.scale += commas;
    shape.most = std::min(shape.most, kMaxDigits);
    shape.least = std::min(shape.least, shape.most);
    shape.whole = std::min(shape.whole, kMaxDigits);
    return shape;
}

std::string digitsOf(double value, const Shape& shape)
{
    std::string text = fmt::format("{:.{}f}", value, shape.most);
    std::size_t point = std::min(text.find('.'), text.size());
    std::string whole = text.substr(0, point), part = text.substr(std::min(point + 1, text.size()));
    while (part.size() > static_cast<std::size_t>(shape.least) && part.ends_with('0'))
        part.pop_back();
    if (whole == "0" && shape.whole == 0)
        whole.clear();
    if (whole.size() < static_cast<std::size_t>(shape.whole))
        whole.insert(0, static_cast<std::size_t>(shape.whole) - whole.size(), '0');
    if (shape.thousands)
        whole = grouped(std::move(whole));
    return part.empty() ? whole : whole + "." + part;
}

std::string scientific(double value, const Shape& shape)
{
    int exponent = value == 0 ? 0 : static_cast<int>(std::floor(std::log10(value)));
    double mantissa = value / std::pow(10, exponent);
    if (fmt::format("{:.{}f}", mantissa, shape.most).starts_with("10")) {
        mantissa /= 10;
        ++exponent;
    }
    return fmt::format("{}E{}{:0{}}", digitsOf(mantissa, shape), exponent < 0 ? '-' : '+',
        std::abs(exponent), std::clamp(shape.exponentDigits, 1, 5));
}

std::string asNumber(const Section& section, double value)
{
    const Shape shape = shapeOf(section);
    for (int i = 0; i < std::min(shape.percents, 4); ++i)
        value *= 100;
    for (int i = 0; i < std::min(shape.scale, 6); ++i)
        value /= 1000;
    // A little more than the value, as 1.005 is a little less than what was typed.
    const std::string digits =
        shape.scientific ? scientific(value, shape) : digitsOf(value * (1 + 1e-15), shape);
    std::string text;
    bool written = false, exponent = false;
    for (const Token& token : section.tokens) {
        switch (token.kind) {
        case Token::digit:
        case Token::point:
            if (!written && !exponent)
                text += digits;
            written = true;
            break;
        case Token::comma:
            break;
        case Token::exponent:
            exponent = true;
            break;
        case Token::general:
            text += general(value);
            break;
        default:
            text += token.text;
        }
    }
    return text;
}

bool fits(const Section& section, double value)
{
    switch (section.comparison) {
    case '<':
        return value < section.limit || (section.orEqual && value == section.limit);
    case '>':
        return value > section.limit || (section.orEqual && value == section.limit);
    case '=':
        return value == section.limit;
    case '!':
        return value != section.limit;
    default:
        return true;
    }
}

struct BuiltIn {
    int id;
    std::string_view code;
};
constexpr std::array kBuiltIn = std::to_array<BuiltIn>({{1, "0"sv}, {2, "0.00"sv}, {3, "#,##0"sv},
    {4, "#,##0.00"sv}, {9, "0%"sv}, {10, "0.00%"sv}, {11, "0.00E+00"sv}, {12, "# ?/?"sv},
    {13, "# ?\?/?\?"sv}, {14, "m/d/yyyy"sv}, {15, "d-mmm-yy"sv}, {16, "d-mmm"sv}, {17, "mmm-yy"sv},
    {18, "h:mm AM/PM"sv}, {19, "h:mm:ss AM/PM"sv}, {20, "h:mm"sv}, {21, "h:mm:ss"sv},
    {22, "m/d/yyyy h:mm"sv}, {37, "#,##0;(#,##0)"sv}, {38, "#,##0;(#,##0)"sv},
    {39, "#,##0.00;(#,##0.00)"sv}, {40, "#,##0.00;(#,##0.00)"sv}, {45, "mm:ss"sv},
    {46, "[h]:mm:ss"sv}, {47, "mm:ss.0"sv}, {48, "##0.0E+0"sv}, {49, "@"sv}});

} // namespace

std::string_view builtInFormat(int id)
{
    const auto row = std::ranges::find(kBuiltIn, id, &BuiltIn::id);
    return row == kBuiltIn.end() ? "General"sv : row->code;
}

std::string displayNumber(double value, std::string_view format, bool from1904)
{
    if (!std::isfinite(value))
        return "#NUM!";
    if (format.empty() || startsWith(format, "general") || format == "@")
        return general(value);
    const std::vector<Section> sections = parse(format.substr(0, kMaxCode));
    const std::size_t numeric = std::min<std::size_t>(sections.size(), 3);
    std::size_t chosen = 0;
    bool sign = value < 0;
    if (std::ranges::any_of(sections, [](const Section& s) { return s.comparison != 0; })) {
        while (chosen + 1 < numeric && !fits(sections[chosen], value))
            ++chosen;
    } else if (numeric >= 2 && value < 0) {
        chosen = 1;
        sign = false;
    } else if (numeric == 3 && value == 0) {
        chosen = 2;
    }
    const Section& section = sections[chosen];
    if (section.has(Token::date) || section.has(Token::elapsed))
        return asDate(section, value, from1904);
    if (section.has(Token::slash) && section.has(Token::digit))
        return (sign ? "-" : "") + asFraction(section, std::abs(value));
    if (section.tokens.empty())
        return sections.size() > 1 ? std::string() : general(value); // ";;;" shows nothing
    const std::string shown = asNumber(section, std::abs(value));
    const bool zero = shown.find_first_of("123456789") == std::string::npos;
    return sign && !zero ? "-" + shown : shown;
}

} // namespace lectern::media
