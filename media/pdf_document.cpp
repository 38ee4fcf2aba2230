// SPDX-License-Identifier: Apache-2.0
// Qt PDF gives a page's text as one string and its boxes as one list, both in the file's order. A
// line's boxes stand side by side, so the list falls into as many groups as there are lines; where
// it does not, each line is asked for its boxes, which costs a pass over the page every time.
#include "media/pdf_document.h"

#include "media/utf8.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <mutex>
#include <QImage>
#include <QIODevice>
#include <QLoggingCategory>
#include <QPainter>
#include <QPdfBookmarkModel>
#include <QPdfDocument>
#include <QPdfSelection>
#include <QPolygonF>
#include <utility>

namespace lectern::media {

namespace {

constexpr int kMaxOutline = 5'000;
constexpr int kExactLines = 20'000;  // of a document are asked for singly
constexpr char16_t kHyphen = 0xFFFE; // how the library marks a word broken at a line's end

class FileDevice final : public QIODevice {
public:
    explicit FileDevice(RegularFile file) : m_file(std::move(file))
    {
        open(QIODevice::ReadOnly | QIODevice::Unbuffered);
    }
    qint64 size() const override { return static_cast<qint64>(m_file.bytes()); }

protected:
    qint64 readData(char* data, qint64 wanted) override
    {
        const qint64 left = std::clamp<qint64>(size() - pos(), 0, wanted);
        const auto count = m_file.readAt(static_cast<std::uint64_t>(pos()),
            {reinterpret_cast<std::byte*>(data), static_cast<std::size_t>(left)});
        return count ? static_cast<qint64>(*count) : -1;
    }
    qint64 writeData(const char*, qint64) override { return -1; }

private:
    RegularFile m_file;
};

Box boxOf(const QPolygonF& polygon)
{
    const QRectF rect = polygon.boundingRect();
    return {rect.left(), rect.top(), rect.right(), rect.bottom()};
}

bool goesOn(const Box& last, const Box& next)
{
    const double common = std::min(last.bottom, next.bottom) - std::max(last.top, next.top);
    const double least = std::max(std::min(last.height(), next.height()), 0.1);
    return common >= 0.4 * least && next.left >= last.left - 1;
}

std::vector<std::vector<Box>> groupsOf(const QList<QPolygonF>& polygons)
{
    std::vector<std::vector<Box>> groups;
    for (const QPolygonF& polygon : polygons) {
        const Box box = boxOf(polygon);
        if (!groups.empty() && goesOn(groups.back().back(), box))
            groups.back().push_back(box);
        else
            groups.push_back({box});
    }
    return groups;
}

struct RawLine {
    qsizetype begin = 0, length = 0;
    bool breaksWord = false;
};

std::vector<RawLine> linesOf(const QString& text)
{
    std::vector<RawLine> lines;
    qsizetype begin = 0;
    const auto add = [&](qsizetype end, bool breaksWord) {
        const QStringView line = QStringView(text).mid(begin, end - begin);
        if (!line.trimmed().isEmpty())
            lines.push_back({begin, end - begin, breaksWord});
        begin = end + 1;
    };
    for (qsizetype i = 0; i < text.size(); ++i) {
        if (text[i] == u'\r' || text[i] == u'\n')
            add(i, false);
        else if (text[i].unicode() == kHyphen)
            add(i, true);
    }
    add(text.size(), false);
    return lines;
}

// Ligatures apart, spaces of all kinds as one.
std::string plainText(QStringView text)
{
    static constexpr std::u16string_view kLigatures = u"\uFB00\uFB01\uFB02\uFB03\uFB04\uFB05\uFB06";
    static constexpr std::array<const char*, 7> kLetters{
        "ff", "fi", "fl", "ffi", "ffl", "st", "st"};
    std::string plain;
    for (const uint c : text.toUcs4()) {
        const std::size_t ligature =
            c < 0x10000 ? kLigatures.find(static_cast<char16_t>(c)) : std::u16string_view::npos;
        if (ligature != std::u16string_view::npos)
            plain += kLetters[ligature];
        else if (c == 0xA0 || c == U'\t')
            plain += ' ';
        else
            appendUtf8(plain, c);
    }
    return plain;
}

void addEntries(const QPdfBookmarkModel& model, const QModelIndex& parent, int level,
    std::vector<OutlineEntry>& entries)
{
    constexpr int kDeepest = 12;
    for (int row = 0; row < model.rowCount(parent); ++row) {
        if (entries.size() >= kMaxOutline || level > kDeepest)
            return;
        const QModelIndex index = model.index(row, 0, parent);
        const auto data = [&](QPdfBookmarkModel::Role role) {
            return model.data(index, static_cast<int>(role));
        };
        entries.push_back(
            {data(QPdfBookmarkModel::Role::Title).toString().simplified().toStdString(),
                data(QPdfBookmarkModel::Role::Page).toInt(), level});
        addEntries(model, index, level + 1, entries);
    }
}

} // namespace

struct PdfDocument::Parts {
    explicit Parts(RegularFile file) : device(std::move(file)) { }
    FileDevice device;
    QPdfDocument document; // reads from `device` until it goes
    int exactLines = 0;
};

PdfDocument::PdfDocument(std::unique_ptr<Parts> parts) : m_parts(std::move(parts)) { }
PdfDocument::PdfDocument(PdfDocument&&) noexcept = default;
PdfDocument& PdfDocument::operator=(PdfDocument&&) noexcept = default;
PdfDocument::~PdfDocument() = default;

Result<PdfDocument> PdfDocument::open(RegularFile file)
{
    static std::once_flag once; // its remarks on odd outlines are no news for anyone
    std::call_once(once, [] { QLoggingCategory::setFilterRules("qt.pdf.*=false"); });
    auto parts = std::make_unique<Parts>(std::move(file));
    parts->document.load(&parts->device);
    if (parts->document.status() == QPdfDocument::Status::Ready && parts->document.pageCount() > 0)
        return PdfDocument(std::move(parts));
    switch (parts->document.error()) {
    case QPdfDocument::Error::IncorrectPassword:
        return fail(ErrorCode::unsupported,
            "This PDF is protected by a password. Open it in a PDF viewer with the password, save "
            "or print it to a new PDF without one, and add that.");
    case QPdfDocument::Error::UnsupportedSecurityScheme:
        return fail(ErrorCode::unsupported,
            "This PDF is encrypted in a way that Lectern cannot open. Print it to a new PDF, and "
            "add that.");
    default:
        return fail(ErrorCode::damaged,
            "The PDF is damaged or incomplete and cannot be opened. Download or export it again.");
    }
}

int PdfDocument::pages() const
{
    return m_parts->document.pageCount();
}

std::string PdfDocument::label(int page) const
{
    return m_parts->document.pageLabel(page).simplified().toStdString();
}

std::string PdfDocument::title() const
{
    return m_parts->document.metaData(QPdfDocument::MetaDataField::Title)
        .toString()
        .simplified()
        .toStdString();
}

std::string PdfDocument::author() const
{
    return m_parts->document.metaData(QPdfDocument::MetaDataField::Author)
        .toString()
        .simplified()
        .toStdString();
}

std::vector<OutlineEntry> PdfDocument::outline() const
{
    QPdfBookmarkModel model;
    model.setDocument(&m_parts->document);
    std::vector<OutlineEntry> entries;
    addEntries(model, {}, 1, entries);
    return entries;
}

PdfPage PdfDocument::page(int number)
{
    QPdfDocument& document = m_parts->document;
    PdfPage page;
    const QSizeF size = document.pagePointSize(number);
    page.width = size.width();
    page.height = size.height();
    const QPdfSelection all = document.getAllText(number);
    const QString text = all.text();
    const std::vector<RawLine> lines = linesOf(text);
    std::vector<std::vector<Box>> groups = groupsOf(all.bounds());
    const bool oneToOne = all.endIndex() - all.startIndex() == text.size();
    page.placed = groups.size() == lines.size();
    if (!page.placed && oneToOne
        && m_parts->exactLines + static_cast<int>(lines.size()) <= kExactLines) {
        m_parts->exactLines += static_cast<int>(lines.size());
        groups.clear();
        for (const RawLine& line : lines) {
            auto& boxes = groups.emplace_back();
            for (const QPolygonF& polygon :
                document
                    .getSelectionAtIndex(
                        number, static_cast<int>(line.begin), static_cast<int>(line.length))
                    .bounds())
                boxes.push_back(boxOf(polygon));
        }
        page.placed = true;
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
        PlacedLine line;
        line.text = plainText(QStringView(text).mid(lines[i].begin, lines[i].length));
        line.breaksWord = lines[i].breaksWord;
        if (page.placed)
            line.pieces = std::move(groups[i]);
        page.lines.push_back(std::move(line));
    }
    return page;
}

QImage PdfDocument::render(int page, double perPoint, int side) const
{
    const QSizeF points = m_parts->document.pagePointSize(page);
    const double longest = std::max({points.width(), points.height(), 1.0});
    const double scale = std::min(perPoint, side / longest);
    const QSize size(std::max(1, static_cast<int>(std::lround(points.width() * scale))),
        std::max(1, static_cast<int>(std::lround(points.height() * scale))));
    const QImage drawn = m_parts->document.render(page, size);
    QImage image(size, QImage::Format_RGB32);
    image.fill(Qt::white);
    if (!drawn.isNull()) {
        QPainter painter(&image);
        painter.drawImage(0, 0, drawn);
    }
    return image;
}

} // namespace lectern::media
