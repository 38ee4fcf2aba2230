// SPDX-License-Identifier: Apache-2.0
// What every reader of documents builds its reading with: text cleaned of what nobody sees, cut
// into parts by the place it stands in, hidden text counted, findings said.
#pragma once

#include "media/reader.h"
#include "media/text_cleaner.h"

#include <stop_token>
#include <string>
#include <string_view>

namespace lectern::media {

// "12 invisible characters were removed (10 zero-width, 2 tag)."
[[nodiscard]] std::string removedSentence(const RemovedCharacters& removed);

// Thread: any one at a time.
class DocumentBuilder {
public:
    DocumentBuilder(const ReadOptions& options, std::stop_token stop);

    enum class Join { paragraph, asIs }; // what ends the text before: an empty line, or nothing

    // Text from here on stands at `place` (its span is not looked at): a new part begins if text
    // came since the last move.
    void moveTo(Provenance place, Join join = Join::paragraph);
    [[nodiscard]] const Provenance& place() const { return m_place; }

    // UTF-8; invalid sequences become U+FFFD.
    void append(std::string_view text);
    // Ends the line and leaves one empty line, unless nothing was written yet at this place.
    void endParagraph();

    // A picture at this place. False, and counted, when the reading holds as many as it may.
    bool appendPicture(SharedImage image);
    [[nodiscard]] bool takesPictures() const { return m_pictures < m_options.documentPictures; }
    void leaveOutPictures(std::size_t count) { m_picturesLeftOut += count; }

    // Text that a reader of the page would not see: counted and reported, never given on.
    void hide(std::string_view text);

    // Characters that were removed before the text came here.
    void addRemoved(const RemovedCharacters& removed);

    void fact(std::string name, std::string value);
    void warn(std::string sentence);

    // True when reading should end: stopped, or more text than is allowed.
    [[nodiscard]] bool done() const { return m_full || m_stop.stop_requested(); }
    [[nodiscard]] const std::stop_token& stop() const { return m_stop; }
    [[nodiscard]] const ReadOptions& options() const { return m_options; }
    [[nodiscard]] bool hasText() const { return m_begin + m_cleaner.textSize() > 0; }

    // Errors: cancelled, tooLarge, empty.
    [[nodiscard]] Result<Reading> finish(std::string format);

private:
    void endPart();

    ReadOptions m_options;
    std::stop_token m_stop;
    Reading m_reading;
    Provenance m_place;
    TextCleaner m_cleaner;
    RemovedCharacters m_removedBefore;
    std::size_t m_begin = 0; // of the current part in the whole text
    bool m_full = false;
    bool m_hasLetters = false;
    int m_pictures = 0;
    std::size_t m_picturesLeftOut = 0;
    std::size_t m_hiddenCharacters = 0;
    std::string m_hiddenPreview;
};

} // namespace lectern::media
