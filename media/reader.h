// SPDX-License-Identifier: Apache-2.0
// The Reader seam: what a file contains, as parts with provenance. One reader per kind of format;
// media/readers.cpp lists them.
#pragma once

#include "media/error.h"
#include "media/image.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lectern::media {

// Where a part came from. The file itself is named by Reading::sha256.
struct Provenance {
    std::optional<int> page;       // 1-based
    std::optional<double> seconds; // position in a video or of a subtitle
    std::size_t begin = 0;         // span in the file's whole extracted text, bytes of UTF-8
    std::size_t end = 0;
    std::optional<int> slide = std::nullopt; // 1-based
    std::string pageLabel = {};              // printed on the page, where it is not `page`: "iv"
    std::string sheet = {};                  // of a workbook
    std::string cells = {};                  // of a sheet or table: "A1:F40"
    std::string section = {}; // heading or chapter the text stands under, attachment of a mail
};

// The place as people name it: "page 4 (iv)", "slide 2", "sheet Budget, A1:F40", "02:13". Empty
// where nothing but a section is known, whose heading is in the text.
[[nodiscard]] std::string placeName(const Provenance& where);

struct TextPart {
    std::string text; // valid UTF-8, line ends "\n"
    Provenance where;
};
struct ImagePart {
    SharedImage image;
    Provenance where;
};
struct FramePart {
    SharedImage image;
    double seconds = 0; // exact presentation time
    Provenance where;
};
using Part = std::variant<TextPart, ImagePart, FramePart>;

enum class Kind { text, image, video };

struct Reading {
    Kind kind = Kind::text;
    std::string format; // for people: "Markdown", "PNG image", "MP4 video (H.264)"
    std::string sha256; // of the file's bytes, lower-case hex
    std::uint64_t fileBytes = 0;
    std::vector<Part> parts; // reading order
    // Facts worth showing: {"encoding","UTF-16LE"}, {"size","1920 x 1080"}, {"duration","02:13"}
    // ...
    std::vector<std::pair<std::string, std::string>> facts;
    // What was not read or was changed on the way, each one sentence.
    std::vector<std::string> warnings;
};

struct ReadOptions {
    int videoFrames = 8;                      // uniform by timestamp
    std::uint64_t maxTextBytes = 64ULL << 20; // larger text is refused, not cut
    std::uint64_t maxPixels = 100'000'000;    // larger pictures are refused before decoding
    int documentPictures = 24; // of a document's pages or embedded pictures; the rest is said
};

struct Source {
    std::filesystem::path path;  // for RegularFile::open() alone; nothing else can be opened
    std::string fileName;        // as the user knows it
    std::vector<std::byte> head; // its first bytes, up to 4096
    std::uint64_t fileBytes = 0;
};

// done and total in the unit of the reader (bytes, frames); total 0 while unknown.
using ProgressFn = std::function<void(std::uint64_t done, std::uint64_t total)>;

// Thread safety: readers have no state; read() may run on any thread.
class Reader {
public:
    virtual ~Reader() = default;
    // Decides by content first and by name only where content cannot tell.
    [[nodiscard]] virtual bool sniff(const Source& source) const = 0;
    // Polls `stop` per frame, block or page (within 100 ms). Never throws.
    [[nodiscard]] virtual Result<Reading> read(const Source& source, const ReadOptions& options,
        std::stop_token stop, const ProgressFn& progress) const = 0;
};

// Opens, sniffs and reads one file; `fileName` defaults to the path's. Refuses directories, pipes
// and devices. The decoding happens in lectern-media-worker, which lies beside the program; a stop
// kills it within 100 ms. Blocks: call it off the GUI thread.
[[nodiscard]] Result<Reading> readFile(const std::filesystem::path& path, std::string fileName,
    const ReadOptions& options, std::stop_token stop, const ProgressFn& progress);

// Protections of the worker that this system's kernel refused, each a sentence; none when all
// stand. Starts a worker when none waits, so that the first file finds one. Blocks.
[[nodiscard]] Result<std::vector<std::string>> refusedProtections(std::stop_token stop);

// "mm:ss", or "h:mm:ss" from an hour on; seconds are rounded down.
[[nodiscard]] std::string formatTimestamp(double seconds);

} // namespace lectern::media
