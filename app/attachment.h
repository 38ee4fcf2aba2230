// SPDX-License-Identifier: Apache-2.0
// What the application knows about an attached file: its content as read, and how much of it a
// prompt holds. Plain structs, no Qt.
#pragma once

#include "inference/chat.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lectern::app {

enum class AttachmentKind { text, image, video };

using SharedPicture = std::shared_ptr<const inference::Picture>;

struct Frame {
    double seconds = 0;
    SharedPicture picture;
};

struct Subtitle {
    double seconds = 0;
    std::string text; // one line
};

// A picture inside of a document: a scanned page, a figure.
struct PlacedPicture {
    std::size_t at = 0; // in the document's text, bytes
    SharedPicture picture;
};

// The content of one file; which member counts is said by `kind`.
struct AttachmentContent {
    AttachmentKind kind = AttachmentKind::text;
    std::string text; // of a document, with "[page 3]" where a place begins
    std::vector<SharedPicture> pictures;
    std::vector<Frame> frames;
    std::vector<PlacedPicture> inText = {}; // of a document, by place
    std::vector<Subtitle> subtitles = {};   // of a clip or a subtitle file, by time
};

// Shared because history, draft and a running request hold the same content; immutable.
using SharedContent = std::shared_ptr<const AttachmentContent>;

// How much of an attachment went into the prompt. Units: bytes of text, pictures, or frames.
struct Inclusion {
    enum class Extent { whole, cut, leftOut };
    Extent extent = Extent::whole;
    int tokens = 0;   // in the prompt
    int ofTokens = 0; // the whole file would take
    std::size_t units = 0;
    std::size_t ofUnits = 0;
    std::size_t subtitles = 0; // of a clip, the first so many
    std::size_t ofSubtitles = 0;
    std::string sentence; // for people; empty when the whole file was read
};

struct Attachment {
    std::int64_t id = 0;  // the application's own number
    std::string fileName; // as the user knows it
    std::string sha256;   // lower-case hex
    std::uint64_t byteSize = 0;
    AttachmentKind kind = AttachmentKind::text;
    std::string format; // for people: "PNG image"
    std::vector<std::pair<std::string, std::string>> facts;
    std::vector<std::string> warnings;
    SharedContent content;              // null until it was read (history after a restart)
    SharedPicture thumbnail;            // at most 256 x 256; null for text
    int tokens = 0;                     // by the model loaded when it was read; 0: not counted
    std::filesystem::path source;       // where its bytes can be read again
    std::optional<Inclusion> inclusion; // once it was sent
};

} // namespace lectern::app
