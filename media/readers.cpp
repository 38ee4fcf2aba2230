// SPDX-License-Identifier: Apache-2.0
// The table of readers, and readFile(): open, sniff, hash, read, check that nothing changed.
#include "media/file.h"
#include "media/format_readers.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <new>

namespace lectern::media {

namespace {

constexpr std::size_t kHeadBytes = 4096;

// Asked in this order; text comes last because almost anything may pass for text.
std::vector<std::unique_ptr<const Reader>> allReaders()
{
    std::vector<std::unique_ptr<const Reader>> readers;
    readers.push_back(makeVideoReader()); // before pictures: it takes animated GIFs
    readers.push_back(makeImageReader());
    readers.push_back(makeTextReader());
    return readers;
}

Result<std::unique_ptr<const Reader>> readerFor(const Source& source)
{
    const std::string_view unreadable = nameOfUnreadableFormat(source.head);
    if (!unreadable.empty())
        return fail(ErrorCode::unsupported,
            fmt::format("This is {}; Lectern cannot read such files yet.", unreadable));
    for (auto& reader : allReaders())
        if (reader->sniff(source))
            return std::move(reader);
    return fail(ErrorCode::unknownFormat,
        "Lectern does not know this kind of file; it reads text, source code, pictures and video.");
}

Result<Reading> readOpened(const RegularFile& file, Source source, const ReadOptions& options,
    std::stop_token stop, const ProgressFn& progress)
{
    if (file.bytes() == 0)
        return fail(ErrorCode::empty, "The file is empty.");
    source.fileBytes = file.bytes();
    source.head.resize(std::min<std::uint64_t>(kHeadBytes, file.bytes()));
    const auto count = file.readAt(0, source.head);
    if (!count)
        return tl::unexpected(count.error());
    source.head.resize(*count);

    const auto reader = readerFor(source);
    if (!reader)
        return tl::unexpected(reader.error());
    auto hash = file.sha256(stop, progress);
    if (!hash)
        return tl::unexpected(hash.error());
    Result<Reading> reading = (*reader)->read(source, options, stop, progress);
    if (const auto unchanged = file.checkUnchanged(source.path);
        !unchanged && !stop.stop_requested())
        return tl::unexpected(unchanged.error());
    if (reading) {
        reading->sha256 = std::move(*hash);
        reading->fileBytes = file.bytes();
    }
    return reading;
}

} // namespace

Result<Reading> readFile(const std::filesystem::path& path, std::string fileName,
    const ReadOptions& options, std::stop_token stop, const ProgressFn& progress)
{
    try {
        if (stop.stop_requested())
            return cancelled();
        const auto file = RegularFile::open(path);
        if (!file)
            return tl::unexpected(file.error());
        Source source;
        source.path = path;
        source.fileName = fileName.empty() ? path.filename().string() : std::move(fileName);
        return readOpened(*file, std::move(source), options, stop, progress);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::tooLarge, "There is not enough memory to read this file.");
    }
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
