// SPDX-License-Identifier: Apache-2.0
// The reader for mails (EML, and web pages saved as MHTML): who wrote when about what, the text,
// the attachments by name, and those that are text, read.
#include "media/file.h"
#include "media/file_bytes.h"
#include "media/format_readers.h"
#include "media/html_text.h"
#include "media/mail_words.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <gmime/gmime.h>
#include <memory>
#include <mutex>

namespace lectern::media {

namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t kMaxMailBytes = 256'000'000;
constexpr int kMaxMailDepth = 12;        // of mails in mails and parts in parts
constexpr std::size_t kMaxParts = 2'000; // of one mail

template <class T> struct Unref {
    void operator()(T* object) const { g_object_unref(object); }
};
template <class T> using Owned = std::unique_ptr<T, Unref<T>>;

void initialiseOnce() // on the first mail, or before the sandbox shuts (warmUpMails)
{
    static std::once_flag once; // gmime keeps tables for the process
    std::call_once(once, [] { g_mime_init(); });
}

std::string rawHeader(GMimeObject* object, const char* name)
{
    GMimeHeader* header =
        g_mime_header_list_get_header(g_mime_object_get_header_list(object), name);
    const char* value = header ? g_mime_header_get_raw_value(header) : nullptr;
    return value ? value : "";
}

std::string lower(std::string_view text)
{
    std::string result(text);
    std::ranges::transform(result, result.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return result;
}

class MailWriter {
public:
    MailWriter(TextWriter& writer) : m_writer(writer), m_out(writer.out()) { }

    void message(GMimeMessage* message, int depth)
    {
        static constexpr std::array kShown{
            "From", "To", "Cc", "Bcc", "Reply-To", "Date", "Subject"};
        auto* object = reinterpret_cast<GMimeObject*>(message);
        for (const char* name : kShown) {
            const std::string value = decodeHeader(rawHeader(object, name));
            if (value.empty())
                continue;
            m_writer.item(0, std::string(name) + ":");
            m_writer.verbatim(value);
        }
        m_writer.paragraph();
        if (GMimeObject* body = g_mime_message_get_mime_part(message))
            part(body, depth);
    }

    void finish()
    {
        m_writer.endBlock();
        if (!m_attachments.empty()) {
            Provenance place;
            place.section = "Attachments";
            m_out.moveTo(std::move(place));
            m_writer.heading(2);
            m_writer.text("Attachments");
            for (const std::string& line : m_attachments) {
                m_writer.item(0, "-");
                m_writer.verbatim(line);
            }
            m_writer.endBlock();
        }
        m_out.fact("attachments", std::to_string(m_attachments.size()));
        if (m_unread > 0)
            m_out.warn(fmt::format("{} not read; add {} as a file.",
                m_unread == 1 ? std::string("1 attachment was")
                              : fmt::format("{} attachments were", m_unread),
                m_unread == 1 ? "it" : "each"));
        if (m_tooDeep)
            m_out.warn("The mail is nested too deeply; its inner parts were not read.");
    }

private:
    void part(GMimeObject* object, int depth)
    {
        if (depth > kMaxMailDepth || ++m_parts > kMaxParts) {
            m_tooDeep = true;
            return;
        }
        if (m_out.done())
            return;
        if (GMIME_IS_MULTIPART(object))
            multipart(GMIME_MULTIPART(object), depth);
        else if (GMIME_IS_MESSAGE_PART(object))
            attachedMessage(g_mime_message_part_get_message(GMIME_MESSAGE_PART(object)), depth);
        else if (GMIME_IS_PART(object))
            leaf(GMIME_PART(object));
    }

    void multipart(GMimeMultipart* parts, int depth)
    {
        const int count = g_mime_multipart_get_count(parts);
        GMimeContentType* type =
            g_mime_object_get_content_type(reinterpret_cast<GMimeObject*>(parts));
        if (!g_mime_content_type_is_type(type, "multipart", "alternative")) {
            for (int i = 0; i < count; ++i)
                part(g_mime_multipart_get_part(parts, i), depth + 1);
            return;
        }
        // One text in several forms: the plain one, if it says anything.
        GMimeObject* chosen = nullptr;
        for (int i = count - 1; i >= 0; --i) {
            GMimeObject* object = g_mime_multipart_get_part(parts, i);
            GMimeContentType* form = g_mime_object_get_content_type(object);
            const bool plain = g_mime_content_type_is_type(form, "text", "plain");
            const bool text = GMIME_IS_MULTIPART(object)
                || g_mime_content_type_is_type(form, "text", "html")
                || (plain && trimmedLine(bytesOf(GMIME_PART(object))).size() > 1);
            if (text && (!chosen || plain))
                chosen = object;
        }
        if (!chosen && count > 0)
            chosen = g_mime_multipart_get_part(parts, 0);
        if (chosen)
            part(chosen, depth + 1);
    }

    void attachedMessage(GMimeMessage* inner, int depth)
    {
        if (!inner)
            return;
        const std::string subject =
            decodeHeader(rawHeader(reinterpret_cast<GMimeObject*>(inner), "Subject"));
        m_attachments.push_back(fmt::format("mail \"{}\" (read)", subject));
        m_writer.heading(2);
        m_writer.verbatim(fmt::format("Attached mail: {}", subject));
        message(inner, depth + 1);
    }

    static std::string bytesOf(GMimePart* part)
    {
        GMimeDataWrapper* content = g_mime_part_get_content(part);
        if (!content)
            return {};
        const Owned<GMimeStream> stream(g_mime_stream_mem_new());
        g_mime_data_wrapper_write_to_stream(content, stream.get());
        const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
        return bytes ? std::string(reinterpret_cast<const char*>(bytes->data), bytes->len)
                     : std::string();
    }

    void leaf(GMimePart* part)
    {
        auto* object = reinterpret_cast<GMimeObject*>(part);
        GMimeContentType* type = g_mime_object_get_content_type(object);
        const char* disposition = g_mime_object_get_disposition(object);
        const char* rawName = g_mime_part_get_filename(part);
        const std::string name = rawName ? decodeHeader(rawName) : std::string();
        const bool html = g_mime_content_type_is_type(type, "text", "html")
            || hasExtension(name, {"html", "htm"});
        const bool attached = !name.empty() || (disposition && lower(disposition) == "attachment");
        const bool body = !attached && g_mime_content_type_is_type(type, "text", "*");
        const std::string kind = lower(fmt::format("{}/{}",
            g_mime_content_type_get_media_type(type), g_mime_content_type_get_media_subtype(type)));
        const std::string bytes = bytesOf(part);
        const char* charset = g_mime_content_type_get_parameter(type, "charset");
        if (body) {
            if (kind == "text/plain" || html || m_parts <= 2)
                text(bytes, charset ? charset : "", html);
            return;
        }
        const bool readable = kind.starts_with("text/") || kind == "application/json"
            || kind == "application/xml"
            || hasExtension(name, {"txt", "md", "csv", "tsv", "json", "xml", "log", "yaml", "ini"});
        if (!attached && name.empty() && !readable) { // a picture inside of the page, unnamed
            list(kind, bytes.size(), false);
            return;
        }
        Provenance before = m_out.place();
        Provenance place;
        place.section = name;
        if (readable
            && looksLikeText(
                std::as_bytes(std::span(bytes)).first(std::min<std::size_t>(bytes.size(), 4096)))) {
            m_writer.endBlock();
            m_out.moveTo(std::move(place));
            m_writer.heading(2);
            m_writer.verbatim(fmt::format("Attachment: {}", name.empty() ? kind : name));
            const bool read = text(bytes, charset ? charset : "", html);
            m_writer.endBlock();
            m_out.moveTo(std::move(before));
            list(name.empty() ? kind : name, bytes.size(), read);
        } else {
            list(name.empty() ? kind : fmt::format("{} ({})", name, kind), bytes.size(), false);
        }
    }

    void list(const std::string& name, std::size_t bytes, bool read)
    {
        m_attachments.push_back(
            fmt::format("{}, {}{}", name, formatBytes(bytes), read ? " (read)" : " (not read)"));
        m_unread += !read;
    }

    bool text(const std::string& bytes, const std::string& charset, bool html)
    {
        const auto span = std::as_bytes(std::span(bytes));
        const auto decoded = decodeText(
            span, m_out.stop(), charset.empty() && html ? declaredHtmlEncoding(span) : charset);
        if (!decoded)
            return false;
        m_out.addRemoved(decoded->removed);
        m_writer.paragraph();
        if (html)
            return writeHtml(decoded->text, m_writer).has_value();
        // Mail is written in lines; the empty ones part it.
        m_writer.endBlock();
        m_out.endParagraph();
        m_out.append(decoded->text);
        m_out.endParagraph();
        return true;
    }

    TextWriter& m_writer;
    DocumentBuilder& m_out;
    std::vector<std::string> m_attachments;
    std::size_t m_parts = 0;
    std::size_t m_unread = 0;
    bool m_tooDeep = false;
};

// Header lines up to an empty one, with what every mail has.
bool looksLikeMail(std::string_view head)
{
    static constexpr std::array kKnown{"from:"sv, "to:"sv, "subject:"sv, "date:"sv, "message-id:"sv,
        "mime-version:"sv, "received:"sv, "return-path:"sv, "content-type:"sv, "delivered-to:"sv,
        "dkim-signature:"sv};
    int known = 0;
    for (std::size_t at = 0; at < head.size();) {
        const std::size_t end = std::min(head.find('\n', at), head.size());
        std::string_view line = head.substr(at, end - at);
        at = end + 1;
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        if (line.empty())
            break;
        if (line.front() == ' ' || line.front() == '\t')
            continue;
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || line.substr(0, colon).find(' ') != line.npos)
            return end == head.size() && known >= 3; // the head is cut in the middle of a line
        const std::string name = lower(line.substr(0, colon + 1));
        known += std::ranges::find(kKnown, std::string_view(name)) != kKnown.end();
    }
    return known >= 3;
}

class MailReader final : public Reader {
public:
    bool sniff(const Source& source) const override
    {
        if (!looksLikeText(source.head))
            return false;
        return hasExtension(source.fileName, {"eml", "mht", "mhtml"})
            || looksLikeMail(
                {reinterpret_cast<const char*>(source.head.data()), source.head.size()});
    }

    Result<Reading> read(const Source& source, const ReadOptions& options, std::stop_token stop,
        const ProgressFn& progress) const override
    {
        const auto bytes = readWhole(source, kMaxMailBytes, "mail", stop);
        if (!bytes)
            return tl::unexpected(bytes.error());
        initialiseOnce();
        const Owned<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(
            reinterpret_cast<const char*>(bytes->data()), bytes->size()));
        const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
        const Owned<GMimeMessage> message(g_mime_parser_construct_message(parser.get(), nullptr));
        if (!message)
            return fail(ErrorCode::damaged, "The mail is damaged and cannot be read.");
        DocumentBuilder builder(options, stop);
        const std::string subject =
            decodeHeader(rawHeader(reinterpret_cast<GMimeObject*>(message.get()), "Subject"));
        if (!subject.empty())
            builder.fact("subject", subject);
        TextWriter writer(builder);
        MailWriter mail(writer);
        mail.message(message.get(), 0);
        mail.finish();
        if (progress)
            progress(bytes->size(), bytes->size());
        return builder.finish("Mail");
    }
};

} // namespace

void warmUpMails()
{
    initialiseOnce();
}

std::unique_ptr<const Reader> makeMailReader()
{
    return std::make_unique<MailReader>();
}

} // namespace lectern::media
