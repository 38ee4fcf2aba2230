// SPDX-License-Identifier: Apache-2.0
// The reader for documents in ZIP packages: opens one, finds what it is, hands it on.
#include "media/file_bytes.h"
#include "media/format_readers.h"
#include "media/office_package.h"
#include "media/package_readers.h"

namespace lectern::media {

namespace {

constexpr std::string_view kOpenDocument = "application/vnd.oasis.opendocument.";

class PackageReader final : public Reader {
public:
    bool sniff(const Source& source) const override
    {
        const std::string_view head(
            reinterpret_cast<const char*>(source.head.data()), source.head.size());
        return head.starts_with("PK\3\4");
    }

    Result<Reading> read(const Source& source, const ReadOptions& options, std::stop_token stop,
        const ProgressFn& progress) const override
    {
        auto file = RegularFile::open(source.path);
        if (!file)
            return tl::unexpected(file.error());
        auto package = Package::open(std::move(*file), stop);
        if (!package)
            return tl::unexpected(package.error());
        auto reading = dispatch(std::move(*package), options, stop);
        if (reading && progress)
            progress(source.fileBytes, source.fileBytes);
        return reading;
    }

private:
    static Result<Reading> dispatch(
        Package package, const ReadOptions& options, const std::stop_token& stop)
    {
        if (package.has("mimetype")) {
            const auto type = package.read("mimetype");
            if (!type)
                return tl::unexpected(type.error());
            const std::string kind = trimmedLine(*type);
            if (kind == "application/epub+zip")
                return readEpub(std::move(package), options, stop);
            if (kind.starts_with(kOpenDocument)) {
                const std::string rest = kind.substr(kOpenDocument.size());
                for (const std::string_view name : {"text", "spreadsheet", "presentation"})
                    if (rest.starts_with(name))
                        return readOpenDocument(std::move(package), name, options, stop);
            }
        }
        const std::string main = mainPart(package);
        if (main.ends_with(".bin"))
            return fail(ErrorCode::unsupported,
                "This is a binary Excel workbook (XLSB); save it as XLSX and add that.");
        if (main.starts_with("word/") || package.has("word/document.xml"))
            return readDocx(std::move(package), options, stop);
        if (main.starts_with("ppt/") || package.has("ppt/presentation.xml"))
            return readPptx(std::move(package), options, stop);
        if (main.starts_with("xl/") || package.has("xl/workbook.xml"))
            return readXlsx(std::move(package), options, stop);
        return fail(ErrorCode::unsupported,
            "This is a ZIP archive; unpack it and add the files that matter.");
    }
};

} // namespace

std::unique_ptr<const Reader> makePackageReader()
{
    return std::make_unique<PackageReader>();
}

} // namespace lectern::media
