// SPDX-License-Identifier: Apache-2.0
// Matching the stop strings byte by byte, so that token borders cannot matter.
#include "inference/answer_text.h"

#include <algorithm>

namespace lectern::inference {

AnswerText::AnswerText(const std::vector<std::string>& stops)
{
    for (const std::string& text : stops) {
        if (text.empty())
            continue;
        Stop stop{text, std::vector<std::size_t>(text.size() + 1), 0};
        std::size_t border = 0;
        for (std::size_t i = 1; i < text.size(); ++i) {
            while (border > 0 && text[i] != text[border])
                border = stop.borders[border];
            border += text[i] == text[border] ? 1 : 0;
            stop.borders[i + 1] = border;
        }
        m_stops.push_back(std::move(stop));
    }
}

bool AnswerText::advance(Stop& stop, char byte) const
{
    while (stop.matched > 0 && stop.text[stop.matched] != byte)
        stop.matched = stop.borders[stop.matched];
    stop.matched += stop.text[stop.matched] == byte ? 1 : 0;
    return stop.matched == stop.text.size();
}

std::string AnswerText::push(std::string_view bytes)
{
    if (m_stopString)
        return {};
    for (const char byte : bytes) {
        m_held += byte;
        const Stop* ended = nullptr;
        for (Stop& stop : m_stops)
            if (advance(stop, byte) && (ended == nullptr || stop.text.size() > ended->text.size()))
                ended = &stop;
        if (ended == nullptr)
            continue;
        m_stopString = ended->text;
        m_held.resize(m_held.size() - ended->text.size());
        return finish();
    }
    std::size_t keep = 0;
    for (const Stop& stop : m_stops)
        keep = std::max(keep, stop.matched);
    std::string text = m_characters.push(std::string_view(m_held).substr(0, m_held.size() - keep));
    m_held.erase(0, m_held.size() - keep);
    return text;
}

std::string AnswerText::finish()
{
    std::string rest = m_characters.push(m_held);
    rest += m_characters.finish();
    m_held.clear();
    return rest;
}

} // namespace lectern::inference
