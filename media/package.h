// SPDX-License-Identifier: Apache-2.0
// A ZIP file that holds a document (Office, OpenDocument, EPUB). What an entry says of its size is
// checked before it is read, and what comes out is counted: no entry and no package can grow beyond
// a limit.
#pragma once

#include "media/error.h"
#include "media/file.h"

#include <memory>
#include <pugixml.hpp>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::media {

class Package {
public:
    // Errors: damaged, unsupported (encrypted entries are found when they are read).
    [[nodiscard]] static Result<Package> open(RegularFile file, std::stop_token stop);

    Package(Package&&) noexcept;
    Package& operator=(Package&&) noexcept;
    ~Package();

    [[nodiscard]] bool has(const std::string& name) const;
    // Names in the order of the directory, at most 100,000.
    [[nodiscard]] std::vector<std::string> names() const;

    // The bytes of an entry. Errors: cancelled, damaged, tooLarge, unsupported.
    [[nodiscard]] Result<std::string> read(const std::string& name);

    // An entry as XML; an empty document if there is no such entry. Entities of a DTD are not
    // expanded. Errors: as read().
    [[nodiscard]] Result<std::unique_ptr<pugi::xml_document>> xml(const std::string& name);

private:
    struct Parts;
    explicit Package(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> m_parts;
};

// "word/media/a.png" for "../media/a.png" beside "word/x/document.xml"; "/a" is from the root.
[[nodiscard]] std::string resolveName(std::string_view base, std::string_view target);

// The name without its namespace: "p" of "w:p".
[[nodiscard]] std::string_view localName(const pugi::xml_node& node);
[[nodiscard]] pugi::xml_node childNamed(const pugi::xml_node& node, std::string_view local);
// The value of an attribute by its local name; empty if there is none.
[[nodiscard]] std::string_view attributeNamed(const pugi::xml_node& node, std::string_view local);
// All text below, without structure.
[[nodiscard]] std::string allTextOf(const pugi::xml_node& node);

} // namespace lectern::media
