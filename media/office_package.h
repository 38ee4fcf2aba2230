// SPDX-License-Identifier: Apache-2.0
// What Word, Excel and PowerPoint files share (ECMA-376, part 2): relations, properties, pictures.
#pragma once

#include "media/document_builder.h"
#include "media/package.h"

#include <map>
#include <string>

namespace lectern::media {

struct Relation {
    std::string kind;   // the last word of its type: "hyperlink", "image", "slide"
    std::string target; // a name in the package, or an address
    bool external = false;
};
using Relations = std::map<std::string, Relation>; // by id

// Of the part `name`; empty if it has none.
[[nodiscard]] Result<Relations> relationsOf(Package& package, const std::string& name);

// The part that the package is about: "word/document.xml". Empty if it says none.
[[nodiscard]] std::string mainPart(Package& package);

// Title and author as facts.
void addProperties(Package& package, DocumentBuilder& builder);

// A picture of the package as a part at the builder's place, each name once.
class EmbeddedPictures {
public:
    EmbeddedPictures(Package& package, DocumentBuilder& builder)
        : m_package(package), m_builder(builder)
    {
    }
    void add(const std::string& name);

private:
    Package& m_package;
    DocumentBuilder& m_builder;
    std::map<std::string, bool> m_seen;
};

} // namespace lectern::media
