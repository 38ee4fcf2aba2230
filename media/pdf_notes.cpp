// SPDX-License-Identifier: Apache-2.0
// A walk over the annotations of each page (ISO 32000-1, 12.5 and 12.7).
#include "media/pdf_notes.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#define POINTERHOLDER_TRANSITION 4 // the library asks for it; version 4 is std::shared_ptr alone
#include <qpdf/InputSource.hh>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFObjectHandle.hh>
#include <set>

namespace lectern::media {

namespace {

constexpr std::size_t kMaxPerPage = 2'000;
constexpr std::size_t kMaxText = 20'000; // bytes of one value or comment
constexpr int kMaxParents = 24;          // of a field; also ends a circle

class QpdfSource final : public InputSource {
public:
    explicit QpdfSource(const RegularFile& file) : m_file(file) { }

    qpdf_offset_t findAndSkipNextEOL() override
    {
        char c = 0;
        while (read(&c, 1) == 1) {
            if (c != '\r' && c != '\n')
                continue;
            const qpdf_offset_t found = m_at - 1;
            while (read(&c, 1) == 1)
                if (c != '\r' && c != '\n') {
                    --m_at;
                    break;
                }
            return found;
        }
        return m_at;
    }
    const std::string& getName() const override { return m_name; }
    qpdf_offset_t tell() override { return m_at; }
    void seek(qpdf_offset_t offset, int whence) override
    {
        const auto size = static_cast<qpdf_offset_t>(m_file.bytes());
        const qpdf_offset_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? m_at : size;
        m_at = std::max<qpdf_offset_t>(from + offset, 0);
    }
    void rewind() override { m_at = 0; }
    size_t read(char* out, size_t length) override
    {
        last_offset = m_at;
        size_t done = 0;
        while (done < length) {
            if (m_at < m_blockAt
                || m_at >= m_blockAt + static_cast<qpdf_offset_t>(m_block.size())) {
                m_block.resize(kBlockBytes);
                const auto count = m_file.readAt(
                    static_cast<std::uint64_t>(m_at), std::as_writable_bytes(std::span(m_block)));
                m_block.resize(count ? *count : 0);
                m_blockAt = m_at;
                if (m_block.empty())
                    break;
            }
            const auto offset = static_cast<std::size_t>(m_at - m_blockAt);
            const std::size_t part = std::min(length - done, m_block.size() - offset);
            std::copy_n(m_block.data() + offset, part, out + done);
            done += part;
            m_at += static_cast<qpdf_offset_t>(part);
        }
        return done;
    }
    void unreadCh(char) override { --m_at; }

private:
    static constexpr std::size_t kBlockBytes = 64 * 1024;
    const RegularFile& m_file;
    std::string m_name = "document";
    qpdf_offset_t m_at = 0;
    qpdf_offset_t m_blockAt = 0;
    std::vector<char> m_block;
};

std::string textOf(QPDFObjectHandle value)
{
    std::string text;
    if (value.isString())
        text = value.getUTF8Value();
    else if (value.isName())
        text = value.getName().substr(1);
    if (text.size() > kMaxText)
        text.resize(kMaxText);
    return text;
}

// The key of a field or of the parents it inherits from.
QPDFObjectHandle inherited(QPDFObjectHandle field, const std::string& key)
{
    for (int i = 0; i < kMaxParents && field.isDictionary(); ++i) {
        if (field.hasKey(key))
            return field.getKey(key);
        field = field.getKey("/Parent");
    }
    return QPDFObjectHandle::newNull();
}

// "address.street"; the tooltip, which people see, where there is one.
std::string fieldName(QPDFObjectHandle field)
{
    if (const std::string tip = textOf(inherited(field, "/TU")); !tip.empty())
        return tip;
    std::string name;
    for (int i = 0; i < kMaxParents && field.isDictionary(); ++i) {
        if (std::string part = textOf(field.getKey("/T")); !part.empty()) {
            if (!name.empty())
                part.append(".").append(name);
            name = std::move(part);
        }
        field = field.getKey("/Parent");
    }
    return name;
}

void addField(QPDFObjectHandle widget, std::vector<std::string>& fields)
{
    const std::string kind = textOf(inherited(widget, "/FT"));
    QPDFObjectHandle value = inherited(widget, "/V");
    const std::string name = fieldName(widget);
    constexpr int kPassword = 1 << 13, kRadio = 1 << 15, kPush = 1 << 16;
    QPDFObjectHandle flagsObject = inherited(widget, "/Ff");
    const auto flags = flagsObject.isInteger() ? flagsObject.getIntValue() : 0;
    std::string text;
    if (kind == "Btn") {
        if ((flags & kPush) != 0)
            return;
        const std::string state = textOf(widget.getKey("/AS"));
        const bool on = !state.empty() && state != "Off";
        if ((flags & kRadio) != 0 && !on)
            return; // the chosen one of the group says it
        text = (flags & kRadio) != 0 ? state : on ? "checked" : "not checked";
    } else if (kind == "Sig") {
        text = value.isDictionary() ? "signed" : "";
    } else if (value.isArray()) {
        for (int i = 0; i < value.getArrayNItems() && text.size() < kMaxText; ++i)
            text += (i > 0 ? ", " : "") + textOf(value.getArrayItem(i));
    } else if ((flags & kPassword) == 0) {
        text = textOf(value);
    }
    if (!text.empty())
        fields.push_back(name.empty() ? text : name + ": " + text);
}

bool isHidden(QPDFObjectHandle annotation)
{
    constexpr long long kHidden = 2, kNoView = 32;
    QPDFObjectHandle flags = annotation.getKey("/F");
    return flags.isInteger() && (flags.getIntValue() & (kHidden | kNoView)) != 0;
}

void addAnnotation(QPDFObjectHandle annotation, PageNotes& notes)
{
    if (!annotation.isDictionary() || isHidden(annotation))
        return;
    const std::string kind = textOf(annotation.getKey("/Subtype"));
    if (kind == "Widget") {
        addField(annotation, notes.fields);
    } else if (kind == "Link") {
        QPDFObjectHandle action = annotation.getKey("/A");
        const std::string target = action.isDictionary() ? textOf(action.getKey("/URI")) : "";
        if (!target.empty() && std::ranges::find(notes.links, target) == notes.links.end())
            notes.links.push_back(target);
    } else if (kind != "Popup") {
        const std::string text = textOf(annotation.getKey("/Contents"));
        const std::string author = textOf(annotation.getKey("/T"));
        if (!text.empty())
            notes.comments.push_back(author.empty() ? text : author + ": " + text);
    }
}

} // namespace

std::map<int, PageNotes> readPdfNotes(const RegularFile& file, const std::stop_token& stop)
{
    std::map<int, PageNotes> all;
    try {
        QPDF pdf;
        pdf.setSuppressWarnings(true);
        pdf.setAttemptRecovery(false);
        pdf.processInputSource(std::make_shared<QpdfSource>(file));
        const auto& pages = pdf.getAllPages();
        for (std::size_t i = 0; i < pages.size() && !stop.stop_requested(); ++i) {
            QPDFObjectHandle page = pages[i];
            QPDFObjectHandle annotations = page.getKey("/Annots");
            if (!annotations.isArray())
                continue;
            PageNotes notes;
            const int count =
                std::min<int>(annotations.getArrayNItems(), static_cast<int>(kMaxPerPage));
            for (int k = 0; k < count; ++k)
                addAnnotation(annotations.getArrayItem(k), notes);
            if (!notes.fields.empty() || !notes.comments.empty() || !notes.links.empty())
                all.emplace(static_cast<int>(i), std::move(notes));
        }
    } catch (const std::exception&) { // damage that Qt PDF may have read over; the text stands
    }
    return all;
}

} // namespace lectern::media
