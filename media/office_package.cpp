// SPDX-License-Identifier: Apache-2.0
// Relations, properties and pictures of Office files.
#include "media/office_package.h"

#include "media/embedded_picture.h"
#include "media/file_bytes.h"

namespace lectern::media {

Result<Relations> relationsOf(Package& package, const std::string& name)
{
    const std::size_t slash = name.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : name.substr(0, slash + 1);
    const std::string file = slash == std::string::npos ? name : name.substr(slash + 1);
    const auto xml = package.xml(folder + "_rels/" + file + ".rels");
    if (!xml)
        return tl::unexpected(xml.error());
    Relations relations;
    for (const pugi::xml_node node : (*xml)->document_element().children()) {
        Relation relation;
        const std::string type(attributeNamed(node, "Type"));
        relation.kind = type.substr(type.rfind('/') + 1); // npos + 1 == 0
        relation.external = attributeNamed(node, "TargetMode") == "External";
        const std::string_view target = attributeNamed(node, "Target");
        relation.target = relation.external ? std::string(target) : resolveName(name, target);
        relations.emplace(attributeNamed(node, "Id"), std::move(relation));
    }
    return relations;
}

std::string mainPart(Package& package)
{
    const auto relations = relationsOf(package, "");
    if (relations)
        for (const auto& [id, relation] : *relations)
            if (relation.kind == "officeDocument")
                return relation.target;
    return {};
}

void addProperties(Package& package, DocumentBuilder& builder)
{
    const auto core = package.xml("docProps/core.xml");
    if (!core)
        return;
    const pugi::xml_node root = (*core)->document_element();
    const std::string title = trimmedLine(allTextOf(childNamed(root, "title")));
    const std::string author = trimmedLine(allTextOf(childNamed(root, "creator")));
    if (!title.empty())
        builder.fact("title", title);
    if (!author.empty())
        builder.fact("author", author);
}

void EmbeddedPictures::add(const std::string& name)
{
    if (name.empty() || !m_package.has(name) || !m_seen.emplace(name, true).second)
        return;
    if (!m_builder.takesPictures()) {
        m_builder.leaveOutPictures(1);
        return;
    }
    const auto bytes = m_package.read(name);
    const SharedImage image = bytes ? decodeEmbedded(*bytes) : nullptr;
    if (image)
        m_builder.appendPicture(image);
}

} // namespace lectern::media
