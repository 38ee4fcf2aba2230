// SPDX-License-Identifier: Apache-2.0
// libzip over an open file, and pugixml over its entries.
#include "media/package.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <utility>
#include <zip.h>

namespace lectern::media {

namespace {

constexpr std::uint64_t kMaxEntryBytes = 96ULL << 20; // as a tree of XML some six times as much
constexpr std::uint64_t kMaxPackageBytes = 512ULL << 20;
constexpr zip_int64_t kMaxEntries = 100'000;
constexpr std::size_t kBlockBytes = 256 * 1024;

struct FileSource {
    RegularFile file;
    std::uint64_t at = 0;
    zip_error_t error{};
};

zip_int64_t sourceCallback(void* user, void* data, zip_uint64_t length, zip_source_cmd_t command)
{
    auto& source = *static_cast<FileSource*>(user);
    switch (command) {
    case ZIP_SOURCE_OPEN:
        source.at = 0;
        return 0;
    case ZIP_SOURCE_READ: {
        const auto count = source.file.readAt(source.at, {static_cast<std::byte*>(data), length});
        if (!count) {
            zip_error_set(&source.error, ZIP_ER_READ, 0);
            return -1;
        }
        source.at += *count;
        return static_cast<zip_int64_t>(*count);
    }
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE:
        return 0;
    case ZIP_SOURCE_STAT: {
        auto* stat = static_cast<zip_stat_t*>(data);
        zip_stat_init(stat);
        stat->size = source.file.bytes();
        stat->valid = ZIP_STAT_SIZE;
        return sizeof(zip_stat_t);
    }
    case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&source.error, data, length);
    case ZIP_SOURCE_SEEK: {
        const zip_int64_t offset = zip_source_seek_compute_offset(
            source.at, source.file.bytes(), data, length, &source.error);
        if (offset < 0)
            return -1;
        source.at = static_cast<std::uint64_t>(offset);
        return 0;
    }
    case ZIP_SOURCE_TELL:
        return static_cast<zip_int64_t>(source.at);
    case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE,
            ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL,
            ZIP_SOURCE_SUPPORTS, -1);
    default:
        zip_error_set(&source.error, ZIP_ER_OPNOTSUPP, 0);
        return -1;
    }
}

struct CloseArchive {
    void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseEntry {
    void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};

tl::unexpected<Error> damaged()
{
    return fail(ErrorCode::damaged,
        "The document is damaged or incomplete and cannot be opened. Download or save it again.");
}

tl::unexpected<Error> tooLarge()
{
    return fail(ErrorCode::tooLarge,
        fmt::format("The document unpacks to more than Lectern reads ({} a part, {} in all).",
            formatBytes(kMaxEntryBytes), formatBytes(kMaxPackageBytes)));
}

std::string_view localOf(std::string_view name)
{
    const std::size_t colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

} // namespace

struct Package::Parts {
    explicit Parts(RegularFile file) : source{std::move(file), 0, {}}
    {
        zip_error_init(&source.error);
    }
    FileSource source;
    std::unique_ptr<zip_t, CloseArchive> archive; // reads from `source` until it goes
    std::stop_token stop;
    std::uint64_t unpacked = 0;
};

Package::Package(std::unique_ptr<Parts> parts) : m_parts(std::move(parts)) { }
Package::Package(Package&&) noexcept = default;
Package& Package::operator=(Package&&) noexcept = default;
Package::~Package() = default;

Result<Package> Package::open(RegularFile file, std::stop_token stop)
{
    auto parts = std::make_unique<Parts>(std::move(file));
    parts->stop = std::move(stop);
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_function_create(&sourceCallback, &parts->source, &error);
    if (!source)
        return damaged();
    parts->archive.reset(zip_open_from_source(source, ZIP_RDONLY, &error));
    zip_error_fini(&error);
    if (!parts->archive) {
        zip_source_free(source);
        return damaged();
    }
    if (zip_get_num_entries(parts->archive.get(), 0) > kMaxEntries)
        return tooLarge();
    return Package(std::move(parts));
}

bool Package::has(const std::string& name) const
{
    return zip_name_locate(m_parts->archive.get(), name.c_str(), 0) >= 0;
}

std::vector<std::string> Package::names() const
{
    std::vector<std::string> all;
    const zip_int64_t count = zip_get_num_entries(m_parts->archive.get(), 0);
    for (zip_int64_t i = 0; i < count; ++i)
        if (const char* name =
                zip_get_name(m_parts->archive.get(), static_cast<zip_uint64_t>(i), 0))
            all.emplace_back(name);
    return all;
}

Result<std::string> Package::read(const std::string& name)
{
    zip_stat_t stat;
    zip_stat_init(&stat);
    if (zip_stat(m_parts->archive.get(), name.c_str(), 0, &stat) != 0
        || (stat.valid & ZIP_STAT_SIZE) == 0)
        return damaged();
    if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && stat.encryption_method != ZIP_EM_NONE)
        return fail(ErrorCode::unsupported,
            "This document is protected by a password. Save it without one, and add that.");
    if (stat.size > kMaxEntryBytes || m_parts->unpacked + stat.size > kMaxPackageBytes)
        return tooLarge();
    const std::unique_ptr<zip_file_t, CloseEntry> entry(
        zip_fopen(m_parts->archive.get(), name.c_str(), 0));
    if (!entry)
        return damaged();
    std::string bytes(stat.size, '\0');
    std::size_t done = 0;
    while (done < bytes.size()) {
        if (m_parts->stop.stop_requested())
            return cancelled();
        const zip_int64_t count =
            zip_fread(entry.get(), bytes.data() + done, std::min(kBlockBytes, bytes.size() - done));
        if (count <= 0)
            return damaged();
        done += static_cast<std::size_t>(count);
    }
    m_parts->unpacked += bytes.size();
    return bytes;
}

Result<std::unique_ptr<pugi::xml_document>> Package::xml(const std::string& name)
{
    auto document = std::make_unique<pugi::xml_document>();
    if (name.empty() || !has(name))
        return document;
    const auto bytes = read(name);
    if (!bytes)
        return tl::unexpected(bytes.error());
    // White space counts where it is all there is between two words.
    const auto parsed = document->load_buffer(
        bytes->data(), bytes->size(), pugi::parse_default | pugi::parse_ws_pcdata);
    if (!parsed)
        return damaged();
    return document;
}

std::string resolveName(std::string_view base, std::string_view target)
{
    std::vector<std::string_view> parts;
    const auto add = [&](std::string_view path) {
        while (!path.empty()) {
            const std::size_t slash = std::min(path.find('/'), path.size());
            const std::string_view part = path.substr(0, slash);
            path = path.substr(std::min(slash + 1, path.size()));
            if (part == ".." && !parts.empty())
                parts.pop_back();
            else if (!part.empty() && part != "." && part != "..")
                parts.push_back(part);
        }
    };
    if (!target.starts_with('/')) {
        const std::size_t slash = base.rfind('/');
        add(slash == std::string_view::npos ? std::string_view() : base.substr(0, slash));
    }
    add(target);
    std::string name;
    for (const std::string_view part : parts)
        name += (name.empty() ? "" : "/") + std::string(part);
    return name;
}

std::string_view localName(const pugi::xml_node& node)
{
    return localOf(node.name());
}

pugi::xml_node childNamed(const pugi::xml_node& node, std::string_view local)
{
    for (const pugi::xml_node child : node.children())
        if (localName(child) == local)
            return child;
    return {};
}

std::string_view attributeNamed(const pugi::xml_node& node, std::string_view local)
{
    for (const pugi::xml_attribute attribute : node.attributes())
        if (localOf(attribute.name()) == local)
            return attribute.value();
    return {};
}

std::string allTextOf(const pugi::xml_node& node)
{
    std::string text;
    // Depth first without recursion: a file may be nested as deeply as it is long.
    pugi::xml_node at = node.first_child();
    while (at) {
        if (at.type() == pugi::node_pcdata || at.type() == pugi::node_cdata)
            text += at.value();
        if (at.first_child()) {
            at = at.first_child();
            continue;
        }
        while (at && at != node && !at.next_sibling())
            at = at.parent();
        if (!at || at == node)
            break;
        at = at.next_sibling();
    }
    return text;
}

} // namespace lectern::media
