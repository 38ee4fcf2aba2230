// SPDX-License-Identifier: Apache-2.0
// JSON of attachments and answers. What comes from the store is data of an earlier Lectern or a
// damaged disk: every field is optional.
#include "app/attachment_json.h"

#include "app/attachment_reading.h"
#include "app/thumbnail.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <type_traits>

namespace lectern::app {
namespace {

using nlohmann::json;

template <class T> T field(const json& object, const char* key, T fallback)
{
    const auto found = object.is_object() ? object.find(key) : object.end();
    if (!object.is_object() || found == object.end())
        return fallback;
    if constexpr (std::is_same_v<T, std::string>)
        return found->is_string() ? found->template get<T>() : fallback;
    else
        return found->is_number() ? found->template get<T>() : fallback;
}

json array(const json& object, const char* key)
{
    if (object.is_object())
        if (const auto found = object.find(key); found != object.end() && found->is_array())
            return *found;
    return json::array();
}

json parse(std::string_view text)
{
    return json::parse(text, nullptr, false);
}

std::string dump(const json& value)
{
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json toJson(const Inclusion& in)
{
    return {{"extent", static_cast<int>(in.extent)}, {"tokens", in.tokens},
        {"ofTokens", in.ofTokens}, {"units", in.units}, {"ofUnits", in.ofUnits},
        {"subtitles", in.subtitles}, {"ofSubtitles", in.ofSubtitles}, {"sentence", in.sentence}};
}

Inclusion inclusionFrom(const json& value)
{
    Inclusion in;
    in.extent = static_cast<Inclusion::Extent>(std::clamp(field(value, "extent", 0), 0, 2));
    in.tokens = field(value, "tokens", 0);
    in.ofTokens = field(value, "ofTokens", 0);
    in.units = field<std::size_t>(value, "units", 0);
    in.ofUnits = field<std::size_t>(value, "ofUnits", 0);
    in.subtitles = field<std::size_t>(value, "subtitles", 0);
    in.ofSubtitles = field<std::size_t>(value, "ofSubtitles", 0);
    in.sentence = field<std::string>(value, "sentence", {});
    return in;
}

} // namespace

storage::Attachment toStored(const Attachment& attachment)
{
    storage::Attachment stored;
    stored.fileName = attachment.fileName;
    stored.sha256 = attachment.sha256;
    stored.byteSize = attachment.byteSize;
    stored.kind = kindName(attachment.kind);
    stored.format = attachment.format;
    json facts = json::array();
    for (const auto& [name, value] : attachment.facts)
        facts.push_back({name, value});
    stored.detailsJson = dump({{"facts", facts}, {"warnings", attachment.warnings},
        {"tokens", attachment.tokens}, {"thumbnail", encodeThumbnail(attachment.thumbnail)}});
    return stored;
}

Attachment fromStored(const storage::Attachment& stored, std::filesystem::path source)
{
    Attachment attachment;
    attachment.fileName = stored.fileName;
    attachment.sha256 = stored.sha256;
    attachment.byteSize = stored.byteSize;
    attachment.kind = stored.kind == "video" ? AttachmentKind::video
        : stored.kind == "image"             ? AttachmentKind::image
                                             : AttachmentKind::text;
    attachment.format = stored.format;
    attachment.source = std::move(source);
    const json details = parse(stored.detailsJson);
    for (const json& fact : array(details, "facts"))
        if (fact.is_array() && fact.size() == 2 && fact[0].is_string() && fact[1].is_string())
            attachment.facts.emplace_back(fact[0].get<std::string>(), fact[1].get<std::string>());
    for (const json& warning : array(details, "warnings"))
        if (warning.is_string())
            attachment.warnings.push_back(warning.get<std::string>());
    attachment.tokens = field(details, "tokens", 0);
    attachment.thumbnail = decodeThumbnail(field<std::string>(details, "thumbnail", {}));
    return attachment;
}

std::string toJson(const StoredAnswer& answer)
{
    const auto& t = answer.stats.timings;
    json value{{"finish", static_cast<int>(answer.stats.reason)}, {"promptTokens", t.promptTokens},
        {"cachedTokens", t.cachedTokens}, {"restoredTokens", t.restoredTokens},
        {"imageTokens", t.imageTokens}, {"draftedTokens", t.draftedTokens},
        {"acceptedTokens", t.acceptedTokens}, {"generatedTokens", t.generatedTokens},
        {"visionSeconds", t.visionSeconds}, {"prefillSeconds", t.prefillSeconds},
        {"firstTokenSeconds", t.firstTokenSeconds}, {"decodeSeconds", t.decodeSeconds},
        {"contextUsed", answer.stats.contextUsed}, {"contextLength", answer.stats.contextLength}};
    json turns = json::array();
    for (const auto& turn : answer.inclusions) {
        json list = json::array();
        for (const Inclusion& in : turn)
            list.push_back(toJson(in));
        turns.push_back(std::move(list));
    }
    value["included"] = std::move(turns);
    return dump(value);
}

StoredAnswer answerFromJson(std::string_view text)
{
    StoredAnswer answer;
    const json value = parse(text);
    auto& t = answer.stats.timings;
    answer.stats.reason =
        static_cast<inference::FinishReason>(std::clamp(field(value, "finish", 0), 0, 4));
    t.promptTokens = field(value, "promptTokens", 0);
    t.cachedTokens = field(value, "cachedTokens", 0);
    t.restoredTokens = field(value, "restoredTokens", 0);
    t.imageTokens = field(value, "imageTokens", 0);
    t.draftedTokens = field(value, "draftedTokens", 0);
    t.acceptedTokens = field(value, "acceptedTokens", 0);
    t.generatedTokens = field(value, "generatedTokens", 0);
    t.visionSeconds = field(value, "visionSeconds", 0.0);
    t.prefillSeconds = field(value, "prefillSeconds", 0.0);
    t.firstTokenSeconds = field(value, "firstTokenSeconds", 0.0);
    t.decodeSeconds = field(value, "decodeSeconds", 0.0);
    answer.stats.contextUsed = field(value, "contextUsed", 0);
    answer.stats.contextLength = field(value, "contextLength", 0);
    for (const json& turn : array(value, "included")) {
        auto& list = answer.inclusions.emplace_back();
        if (turn.is_array())
            for (const json& in : turn)
                list.push_back(inclusionFrom(in));
    }
    return answer;
}

std::vector<std::string> noticesOf(const StoredAnswer& answer)
{
    std::vector<std::string> notices;
    for (const auto& turn : answer.inclusions)
        for (const Inclusion& in : turn)
            if (in.extent == Inclusion::Extent::leftOut && !in.sentence.empty())
                notices.push_back(in.sentence);
    if (answer.stats.reason == inference::FinishReason::maxTokens)
        notices.push_back("The answer was ended at its longest length.");
    if (answer.stats.reason == inference::FinishReason::contextFull)
        notices.push_back("The answer was ended because the model's context is full.");
    return notices;
}

} // namespace lectern::app
