// SPDX-License-Identifier: Apache-2.0
// What the tests of media/ share: reading with defaults, writing files, short access to a reading.
#pragma once

#include "media/reader.h"

#include <QByteArray>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QString>

namespace lectern::media {

inline QString testRoot()
{
    return QString::fromLocal8Bit(qgetenv("LECTERN_TEST_ROOT"));
}

inline QString golden(const QString& name)
{
    return testRoot() + "/golden/" + name;
}

inline QByteArray bytesOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

inline QJsonObject json(const QString& goldenName)
{
    return QJsonDocument::fromJson(bytesOf(golden(goldenName))).object();
}

inline std::vector<QJsonObject> objects(const QJsonValue& array)
{
    std::vector<QJsonObject> all;
    for (const auto& value : array.toArray())
        all.push_back(value.toObject());
    return all;
}

inline QString write(const QDir& dir, const QString& name, const QByteArray& bytes)
{
    QFile file(dir.filePath(name));
    if (file.open(QIODevice::WriteOnly))
        file.write(bytes);
    return file.fileName();
}

inline Result<Reading> readPath(
    const QString& path, const ReadOptions& options = {}, std::stop_token stop = {})
{
    return readFile(path.toStdString(), {}, options, std::move(stop), {});
}

// The sentence of the error; empty when it was read after all.
inline QString refusal(const QString& path, const ReadOptions& options = {})
{
    const auto reading = readPath(path, options);
    return reading ? QString() : QString::fromStdString(reading.error().message);
}

inline QString fact(const Reading& reading, std::string_view name)
{
    for (const auto& [key, value] : reading.facts)
        if (key == name)
            return QString::fromStdString(value);
    return {};
}

inline QString warnings(const Reading& reading)
{
    QString all;
    for (const std::string& warning : reading.warnings)
        all += QString::fromStdString(warning) + '\n';
    return all;
}

inline std::string textOf(const Reading& reading)
{
    return std::get<TextPart>(reading.parts.at(0)).text;
}

// The texts of all parts, as spans count them.
inline std::string allText(const Reading& reading)
{
    std::string text;
    for (const Part& part : reading.parts)
        if (const auto* piece = std::get_if<TextPart>(&part))
            text += piece->text;
    return text;
}

inline const Image& imageOf(const Reading& reading, std::size_t index = 0)
{
    const Part& part = reading.parts.at(index);
    if (const auto* frame = std::get_if<FramePart>(&part))
        return *frame->image;
    return *std::get<ImagePart>(part).image;
}

// Runs a fuzz entry over its corpus; returns how many inputs there were.
inline int replayCorpus(
    const QString& name, int (*entry)(const std::uint8_t* data, std::size_t size))
{
    int count = 0;
    const QDir corpus(testRoot() + "/fuzz/corpus/" + name);
    for (const QString& file : corpus.entryList(QDir::Files)) {
        const QByteArray bytes = bytesOf(corpus.filePath(file));
        entry(reinterpret_cast<const std::uint8_t*>(bytes.constData()),
            static_cast<std::size_t>(bytes.size()));
        ++count;
    }
    return count;
}

struct Pixel {
    int red = 0, green = 0, blue = 0;
    bool operator==(const Pixel&) const = default;
    [[nodiscard]] bool isNear(const Pixel& other, int distance) const
    {
        return std::abs(red - other.red) <= distance && std::abs(green - other.green) <= distance
            && std::abs(blue - other.blue) <= distance;
    }
};

inline Pixel pixel(const Image& image, int x, int y)
{
    const std::uint8_t* at = image.rgb.data() + (static_cast<std::size_t>(y) * image.width + x) * 3;
    return {at[0], at[1], at[2]};
}

} // namespace lectern::media
