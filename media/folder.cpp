// SPDX-License-Identifier: Apache-2.0
// Listing a folder: breadth first, so that a limit cuts off what lies deepest.
#include "media/folder.h"

#include "media/file.h"

#include <algorithm>
#include <array>
#include <deque>
#include <fmt/format.h>
#include <string_view>
#include <system_error>

namespace lectern::media {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 10> kSkipped{"node_modules", "__pycache__", "CMakeFiles",
    "site-packages", "bower_components", "__MACOSX", "System Volume Information", "$RECYCLE.BIN",
    "Thumbs.db", "desktop.ini"};
constexpr std::size_t kMaxEntries = 200'000; // looked at, whatever they are
constexpr std::size_t kMaxRules = 2'000;     // of one .gitignore
constexpr std::uint64_t kMaxRuleBytes = 256 * 1024;

struct Rule {
    std::string folder; // below the root, with "/" at its end, or empty
    std::string text;
    bool keeps = false; // "!name"
};

std::vector<Rule> readRules(const fs::path& file, const std::string& folder)
{
    std::vector<Rule> rules;
    const auto opened = RegularFile::open(file);
    if (!opened || opened->bytes() > kMaxRuleBytes)
        return rules;
    const auto bytes = opened->readAll({});
    if (!bytes)
        return rules;
    std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    while (!text.empty() && rules.size() < kMaxRules) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text = text.substr(std::min(end + 1, text.size()));
        while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
            line.remove_suffix(1);
        const bool keeps = line.starts_with('!');
        if (keeps)
            line.remove_prefix(1);
        if (!line.empty() && !line.starts_with('#'))
            rules.push_back({folder, std::string(line), keeps});
    }
    return rules;
}

bool isIgnored(const std::vector<Rule>& rules, const std::string& name, bool isFolder)
{
    bool ignored = false; // the last rule that fits counts
    for (const Rule& rule : rules)
        if (name.starts_with(rule.folder)
            && matchesIgnoreRule(
                rule.text, std::string_view(name).substr(rule.folder.size()), isFolder))
            ignored = !rule.keeps;
    return ignored;
}

// "*" stands for anything but "/", "**" for anything, "?" for one character, "[a-z]" for one of
// these. Without recursion: a failed star is taken up again one character later.
bool glob(std::string_view pattern, std::string_view text)
{
    std::size_t p = 0, t = 0, starP = std::string_view::npos, starT = 0;
    bool deep = false;
    const auto one = [&](std::size_t& length) {
        length = 1;
        if (p >= pattern.size())
            return false;
        if (pattern[p] == '?')
            return text[t] != '/';
        if (pattern[p] == '[') {
            const std::size_t close = pattern.find(']', p + 2);
            if (close == std::string_view::npos)
                return text[t] == '[';
            length = close - p + 1;
            std::string_view set = pattern.substr(p + 1, close - p - 1);
            const bool inverted = set.starts_with('!') || set.starts_with('^');
            if (inverted)
                set.remove_prefix(1);
            bool found = false;
            for (std::size_t i = 0; i < set.size(); ++i) {
                if (i + 2 < set.size() && set[i + 1] == '-') {
                    found = found || (text[t] >= set[i] && text[t] <= set[i + 2]);
                    i += 2;
                } else {
                    found = found || text[t] == set[i];
                }
            }
            return found != inverted && text[t] != '/';
        }
        return pattern[p] == text[t];
    };
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            deep = p + 1 < pattern.size() && pattern[p + 1] == '*';
            p += deep ? 2 : 1;
            if (deep && p < pattern.size() && pattern[p] == '/')
                ++p; // "**/x" is also "x"
            starP = p;
            starT = t;
            continue;
        }
        std::size_t length = 1;
        if (one(length)) {
            p += length;
            ++t;
            continue;
        }
        if (starP == std::string_view::npos || (!deep && text[starT] == '/'))
            return false;
        p = starP;
        t = ++starT;
    }
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

} // namespace

bool matchesIgnoreRule(std::string_view rule, std::string_view name, bool isFolder)
{
    if (rule.ends_with('/')) {
        if (!isFolder)
            return false;
        rule.remove_suffix(1);
    }
    const bool fixed = rule.find('/') != std::string_view::npos;
    if (rule.starts_with('/'))
        rule.remove_prefix(1);
    return glob(rule, fixed ? name : name.substr(name.rfind('/') + 1)); // npos + 1 == 0
}

Result<FolderListing> listFolder(const fs::path& folder, const std::stop_token& stop)
{
    FolderListing listing;
    std::vector<Rule> rules;
    std::deque<std::string> open{""}; // names below the root, with "/" at the end
    std::size_t entries = 0, unreadable = 0;
    bool tooMany = false;
    while (!open.empty() && !tooMany) {
        const std::string below = open.front();
        open.pop_front();
        std::error_code error;
        fs::directory_iterator at(folder / below, error);
        if (error && below.empty())
            return fail(ErrorCode::cannotOpen,
                fmt::format("The folder cannot be opened ({}).", error.message()));
        if (error) {
            ++unreadable;
            continue;
        }
        for (Rule& rule : readRules(folder / below / ".gitignore", below))
            rules.push_back(std::move(rule));
        for (; at != fs::directory_iterator() && !tooMany; at.increment(error)) {
            if (stop.stop_requested())
                return cancelled();
            if (error)
                break;
            tooMany = ++entries > kMaxEntries || listing.files.size() >= kMaxFolderFiles;
            std::error_code ignored;
            const fs::file_status status = at->symlink_status(ignored);
            const std::string leaf = at->path().filename().string();
            const std::string name = below + leaf;
            const bool isFolder = fs::is_directory(status);
            if (leaf.starts_with('.') || std::ranges::find(kSkipped, leaf) != kSkipped.end()
                || isIgnored(rules, name, isFolder)) {
                ++listing.ignored;
            } else if (isFolder) {
                open.push_back(name + "/");
            } else if (!fs::is_regular_file(status)) {
                ++listing.special;
            } else {
                FolderFile file{at->path(), name, at->file_size(ignored)};
                if (ignored)
                    file.bytes = 0;
                listing.bytes += file.bytes;
                listing.files.push_back(std::move(file));
            }
        }
    }
    std::ranges::sort(listing.files, {}, &FolderFile::name);
    if (tooMany)
        listing.warnings.push_back(
            fmt::format("The folder holds more than Lectern takes at once; the first {} files are "
                        "listed.",
                formatCount(listing.files.size())));
    if (listing.ignored > 0)
        listing.warnings.push_back(fmt::format(
            "{} left out: hidden, of version control or a build, or named by .gitignore.",
            listing.ignored == 1 ? std::string("1 file or folder was")
                                 : formatCount(listing.ignored) + " files or folders were"));
    if (listing.special > 0)
        listing.warnings.push_back(fmt::format("{} not followed.",
            listing.special == 1 ? std::string("1 link or special file was")
                                 : formatCount(listing.special) + " links or special files were"));
    if (unreadable > 0)
        listing.warnings.push_back(fmt::format("{} not be opened.",
            unreadable == 1 ? std::string("1 folder could")
                            : formatCount(unreadable) + " folders could"));
    if (listing.files.empty())
        return fail(ErrorCode::empty, "The folder holds no files that Lectern would read.");
    return listing;
}

} // namespace lectern::media
