// SPDX-License-Identifier: Apache-2.0
// Titles from questions.
#include "app/title.h"

#include <QString>
#include <QTextBoundaryFinder>

namespace lectern::app {
namespace {
constexpr int kMaxCharacters = 60;
}

std::string titleFrom(std::string_view text)
{
    const QString all =
        QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())).trimmed();
    const QString line = all.section(QLatin1Char('\n'), 0, 0).simplified();
    QTextBoundaryFinder finder(QTextBoundaryFinder::Grapheme, line);
    for (int i = 0; i < kMaxCharacters; ++i)
        if (finder.toNextBoundary() < 0 || finder.position() >= line.size())
            return line.toStdString();
    return (line.left(finder.position()).trimmed() + QChar(0x2026)).toStdString();
}

} // namespace lectern::app
