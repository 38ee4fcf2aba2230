// SPDX-License-Identifier: Apache-2.0
// The table of readers: sniff and read one file that is already open.
#include "media/readers.h"

#include "media/file.h"
#include "media/format_readers.h"

#include <algorithm>
#include <fmt/format.h>
#include <new>

namespace lectern::media {

namespace {

constexpr std::size_t kHeadBytes = 4096;

// Asked in this order; text comes last because almost anything may pass for text.
std::vector<std::unique_ptr<const Reader>> allReaders()
{
    std::vector<std::unique_ptr<const Reader>> readers;
    readers.push_back(makeHeifReader());  // before video: both are boxes that begin with "ftyp"
    readers.push_back(makeVideoReader()); // before pictures: it takes animated GIFs
    readers.push_back(makeImageReader());
    readers.push_back(makePdfReader());
    readers.push_back(makePackageReader());
    readers.push_back(makeRtfReader());
    readers.push_back(makeSubtitleReader());
    readers.push_back(makeCsvReader());
    readers.push_back(makeMailReader());
    readers.push_back(makeHtmlReader());
    readers.push_back(makeTextReader());
    return readers;
}

Result<std::unique_ptr<const Reader>> readerFor(const Source& source)
{
    const std::string_view unreadable = nameOfUnreadableFormat(source.head);
    if (unreadable.ends_with("archive"))
        return fail(ErrorCode::unsupported,
            fmt::format("This is {}; unpack it and add the files that matter.", unreadable));
    if (unreadable.ends_with("old Office document"))
        return fail(ErrorCode::unsupported,
            "This is an old Office document, or one protected by a password; save it as DOCX, "
            "XLSX, "
            "PPTX or PDF without a password, and add that.");
    if (!unreadable.empty())
        return fail(ErrorCode::unsupported,
            fmt::format("This is {}; Lectern cannot read such files yet.", unreadable));
    for (auto& reader : allReaders())
        if (reader->sniff(source))
            return std::move(reader);
    return fail(ErrorCode::unknownFormat,
        "Lectern does not know this kind of file; it reads documents, text, source code, pictures "
        "and video.");
}

Result<Reading> readSource(
    Source source, const ReadOptions& options, std::stop_token stop, const ProgressFn& progress)
{
    const auto file = RegularFile::open(source.path);
    if (!file)
        return tl::unexpected(file.error());
    source.fileBytes = file->bytes();
    source.head.resize(std::min<std::uint64_t>(kHeadBytes, file->bytes()));
    const auto count = file->readAt(0, source.head);
    if (!count)
        return tl::unexpected(count.error());
    source.head.resize(*count);
    if (source.head.empty())
        return fail(ErrorCode::empty, "The file is empty.");
    const auto reader = readerFor(source);
    if (!reader)
        return tl::unexpected(reader.error());
    return (*reader)->read(source, options, stop, progress);
}

} // namespace

Result<Reading> readHanded(int descriptor, std::string fileName, const ReadOptions& options,
    std::stop_token stop, const ProgressFn& progress)
{
    try {
        Source source;
        source.path = fmt::format("/dev/fd/{}", descriptor);
        source.fileName = std::move(fileName);
        return readSource(std::move(source), options, std::move(stop), progress);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::tooLarge, "There is not enough memory to read this file.");
    }
}

void warmUpReaders()
{
    warmUpPictures();
    warmUpMails();
    warmUpHeif();
}

} // namespace lectern::media
