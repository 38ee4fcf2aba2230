// SPDX-License-Identifier: Apache-2.0
// lectern-cli ingest: what a reader makes of files.
#include "app/cli/commands.h"
#include "app/cli/output.h"
#include "media/folder.h"
#include "media/reader.h"

#include <filesystem>
#include <fmt/format.h>

namespace lectern::app::cli {
namespace {

using nlohmann::json;

json whereJson(const media::Provenance& where)
{
    json value{{"begin", where.begin}, {"end", where.end}};
    if (where.page)
        value["page"] = *where.page;
    if (where.seconds)
        value["seconds"] = *where.seconds;
    if (where.slide)
        value["slide"] = *where.slide;
    const auto add = [&](const char* key, const std::string& text) {
        if (!text.empty())
            value[key] = text;
    };
    add("page_label", where.pageLabel);
    add("sheet", where.sheet);
    add("cells", where.cells);
    add("section", where.section);
    return value;
}

json partJson(const media::Part& part)
{
    if (const auto* text = std::get_if<media::TextPart>(&part))
        return {{"type", "text"}, {"text", text->text}, {"where", whereJson(text->where)}};
    if (const auto* image = std::get_if<media::ImagePart>(&part))
        return {{"type", "image"}, {"width", image->image->width}, {"height", image->image->height},
            {"where", whereJson(image->where)}};
    const auto& frame = std::get<media::FramePart>(part);
    return {{"type", "frame"}, {"seconds", frame.seconds},
        {"timestamp", media::formatTimestamp(frame.seconds)}, {"width", frame.image->width},
        {"height", frame.image->height}, {"where", whereJson(frame.where)}};
}

const char* kindOf(media::Kind kind)
{
    return kind == media::Kind::text ? "text" : kind == media::Kind::image ? "image" : "video";
}

json readingJson(const std::string& file, const media::Reading& reading)
{
    json facts = json::object();
    for (const auto& [name, value] : reading.facts)
        facts[name] = value;
    json parts = json::array();
    for (const media::Part& part : reading.parts)
        parts.push_back(partJson(part));
    return {{"file", file}, {"kind", kindOf(reading.kind)}, {"format", reading.format},
        {"sha256", reading.sha256}, {"bytes", reading.fileBytes}, {"facts", facts},
        {"warnings", reading.warnings}, {"parts", parts}};
}

void printReading(const std::string& file, const media::Reading& reading)
{
    fmt::print("{}: {}, {} bytes\n", file, reading.format, reading.fileBytes);
    for (const auto& [name, value] : reading.facts)
        fmt::print("  {}: {}\n", name, value);
    for (const std::string& warning : reading.warnings)
        fmt::print("  warning: {}\n", warning);
    for (const media::Part& part : reading.parts) {
        if (const auto* text = std::get_if<media::TextPart>(&part))
            fmt::print("  text: {} bytes\n", text->text.size());
        else if (const auto* image = std::get_if<media::ImagePart>(&part))
            fmt::print("  picture: {} x {}\n", image->image->width, image->image->height);
        else {
            const auto& frame = std::get<media::FramePart>(part);
            fmt::print("  frame at {}: {} x {}\n", media::formatTimestamp(frame.seconds),
                frame.image->width, frame.image->height);
        }
    }
}

// Folders become the files in them; what a folder holds is told before any of it is read.
std::vector<std::string> expanded(
    const std::vector<std::string>& names, bool asJson, json& folders, int& code)
{
    std::vector<std::string> files;
    for (const std::string& name : names) {
        std::error_code ignored;
        if (!std::filesystem::is_directory(name, ignored)) {
            files.push_back(name);
            continue;
        }
        const auto listing = media::listFolder(name, {});
        if (!listing) {
            code = fail(fmt::format("{}: {}", name, listing.error().message));
            folders.push_back({{"folder", name}, {"error", listing.error().message}});
            continue;
        }
        folders.push_back({{"folder", name}, {"files", listing->files.size()},
            {"bytes", listing->bytes}, {"warnings", listing->warnings}});
        if (!asJson) {
            fmt::print(
                "{}: folder, {} files, {} bytes\n", name, listing->files.size(), listing->bytes);
            for (const std::string& warning : listing->warnings)
                fmt::print("  warning: {}\n", warning);
        }
        for (const media::FolderFile& file : listing->files)
            files.push_back(file.path.string());
    }
    return files;
}

} // namespace

void addIngest(CLI::App& program, Run& run)
{
    struct Options {
        std::vector<std::string> files;
        bool asJson = false;
        media::ReadOptions reading;
    };
    auto options = std::make_shared<Options>(); // CLI11 keeps the callbacks
    CLI::App* command = program.add_subcommand("ingest", "Show what a reader makes of files.");
    command->add_flag("--json", options->asJson, "Print one JSON object");
    command->add_option("--frames", options->reading.videoFrames, "At most so many of a video");
    command->add_option("FILE", options->files, "Files or folders")->required();
    command->callback([options, &run] {
        run = [options] {
            int code = kDone;
            json files = json::array();
            json folders = json::array();
            for (const std::string& file :
                expanded(options->files, options->asJson, folders, code)) {
                const auto reading = media::readFile(file, {}, options->reading, {}, {});
                if (!reading) {
                    code = fail(fmt::format("{}: {}", file, reading.error().message));
                    files.push_back({{"file", file}, {"error", reading.error().message}});
                } else if (options->asJson) {
                    files.push_back(readingJson(file, *reading));
                } else {
                    printReading(file, *reading);
                }
            }
            if (options->asJson)
                printJson(folders.empty() ? json{{"files", files}}
                                          : json{{"files", files}, {"folders", folders}});
            return code;
        };
    });
}

} // namespace lectern::app::cli
