// SPDX-License-Identifier: Apache-2.0
// ZIP packages for tests, made with libzip.
#pragma once

#include <map>
#include <QByteArray>
#include <QString>
#include <zip.h>

namespace lectern::media {

inline bool writeZip(const QString& path, const std::map<std::string, QByteArray>& entries)
{
    int error = 0;
    zip_t* archive = zip_open(qPrintable(path), ZIP_CREATE | ZIP_TRUNCATE, &error);
    if (!archive)
        return false;
    for (const auto& [name, bytes] : entries) {
        zip_source_t* source = zip_source_buffer(
            archive, bytes.constData(), static_cast<zip_uint64_t>(bytes.size()), 0);
        if (zip_file_add(archive, name.c_str(), source, ZIP_FL_OVERWRITE) < 0)
            return false;
    }
    return zip_close(archive) == 0;
}

} // namespace lectern::media
