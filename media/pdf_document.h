// SPDX-License-Identifier: Apache-2.0
// A PDF through Qt PDF: the lines of a page with their places, pages as pictures, outline, labels.
// Thread: one; one document at a time in a process (the library holds a lock).
#pragma once

#include "media/error.h"
#include "media/file.h"
#include "media/image.h"
#include "media/page_layout.h"

#include <memory>
#include <string>
#include <vector>

class QImage;

namespace lectern::media {

struct OutlineEntry {
    std::string title;
    int page = 0; // 0-based
    int level = 1;
};

struct PdfPage {
    double width = 0, height = 0; // points
    std::vector<PlacedLine> lines;
    bool placed = false; // the lines' places are known; else only their order in the file
};

class PdfDocument {
public:
    // Errors: damaged, unsupported (password, encryption).
    [[nodiscard]] static Result<PdfDocument> open(RegularFile file);

    PdfDocument(PdfDocument&&) noexcept;
    PdfDocument& operator=(PdfDocument&&) noexcept;
    ~PdfDocument();

    [[nodiscard]] int pages() const;
    [[nodiscard]] std::string label(int page) const;
    [[nodiscard]] std::string title() const;
    [[nodiscard]] std::string author() const;
    // At most kMaxOutline entries, in the order of the outline.
    [[nodiscard]] std::vector<OutlineEntry> outline() const;
    [[nodiscard]] PdfPage page(int page);
    // Over white; the longest side has at most `side` pixels, `perPoint` of them a point.
    [[nodiscard]] QImage render(int page, double perPoint, int side) const;

private:
    struct Parts;
    explicit PdfDocument(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> m_parts;
};

} // namespace lectern::media
