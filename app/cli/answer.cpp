// SPDX-License-Identifier: Apache-2.0
// The assistant without a store and without a window.
#include "app/cli/answer.h"

#include "app/assistant.h"
#include "app/attachment_reading.h"
#include "app/cli/output.h"
#include "app/local_models.h"
#include "app/unix_signals.h"

#include <cstdio>
#include <fmt/format.h>
#include <QCoreApplication>

namespace lectern::app::cli {
namespace {

const char* finishName(inference::FinishReason reason)
{
    switch (reason) {
    case inference::FinishReason::stop:
        return "stop";
    case inference::FinishReason::maxTokens:
        return "max_tokens";
    case inference::FinishReason::contextFull:
        return "context_full";
    case inference::FinishReason::cancelled:
        return "cancelled";
    case inference::FinishReason::stopString:
        return "stop_string";
    }
    return "stop";
}

nlohmann::json attachmentsJson(const std::vector<Attachment>& attachments)
{
    nlohmann::json list = nlohmann::json::array();
    for (const Attachment& one : attachments) {
        nlohmann::json entry{{"file", one.fileName}, {"kind", kindName(one.kind)},
            {"format", one.format}, {"sha256", one.sha256}, {"bytes", one.byteSize},
            {"warnings", one.warnings}};
        if (one.inclusion) {
            constexpr const char* kExtents[] = {"whole", "cut", "left_out"};
            entry["included"] = kExtents[static_cast<int>(one.inclusion->extent)];
            entry["tokens"] = one.inclusion->tokens;
            entry["of_tokens"] = one.inclusion->ofTokens;
        }
        list.push_back(std::move(entry));
    }
    return list;
}

// What of the files was not read.
std::vector<std::string> cuts(const std::vector<Attachment>& attachments)
{
    std::vector<std::string> sentences;
    for (const Attachment& one : attachments)
        if (one.inclusion && one.inclusion->extent == Inclusion::Extent::cut)
            sentences.push_back(one.inclusion->sentence);
    return sentences;
}

nlohmann::json answerJson(const ChatMessage& message, const std::vector<Attachment>& attachments)
{
    const auto& t = message.stats.timings;
    nlohmann::json warnings = message.notices;
    for (const std::string& sentence : cuts(attachments))
        warnings.push_back(sentence);
    nlohmann::json object{{"text", message.text}, {"model", message.modelName},
        {"finish", finishName(message.stats.reason)},
        {"timings",
            {{"vision_seconds", t.visionSeconds}, {"prefill_seconds", t.prefillSeconds},
                {"first_token_seconds", t.firstTokenSeconds}, {"decode_seconds", t.decodeSeconds}}},
        {"tokens",
            {{"prompt", t.promptTokens}, {"cached", t.cachedTokens}, {"restored", t.restoredTokens},
                {"image", t.imageTokens}, {"generated", t.generatedTokens},
                {"drafted", t.draftedTokens}, {"accepted", t.acceptedTokens}}},
        {"context_length", message.stats.contextLength},
        {"attachments", attachmentsJson(attachments)}, {"warnings", std::move(warnings)}};
    if (message.stats.reason == inference::FinishReason::stopString)
        object["stop_string"] = message.stopString;
    return object;
}

nlohmann::json logProbsJson(const std::vector<inference::ChosenLogProb>& chosen)
{
    nlohmann::json list = nlohmann::json::array();
    for (const inference::ChosenLogProb& one : chosen) {
        nlohmann::json others = nlohmann::json::array();
        for (const inference::TokenLogProb& other : one.alternatives)
            others.push_back({{"text", other.text}, {"logprob", other.logProb}});
        list.push_back({{"text", one.text}, {"logprob", one.logProb}, {"top", std::move(others)}});
    }
    return list;
}

std::vector<Attachment> attachmentsOf(const Assistant& assistant)
{
    const auto& messages = assistant.messages();
    return messages.empty() ? std::vector<Attachment>() : messages.front().attachments;
}

} // namespace

AnswerOptions::AnswerOptions()
{
    answering.temperature = 0;
    answering.maxTokens = 512;
}

void addAnswerOptions(CLI::App& command, AnswerOptions& options)
{
    AnswerPreferences& answering = options.answering;
    command.add_option("-m", options.modelFile, "Model")->type_name("GGUF");
    command.add_option("--mmproj", options.mmproj, "Its vision file")->type_name("GGUF");
    command.add_option("-n", answering.maxTokens, "Longest answer in tokens (512)")
        ->check(CLI::Range(1, kMostAnswer));
    command.add_option("--temp", answering.temperature, "Temperature (0: greedy)")
        ->check(CLI::Range(0.0F, 100.0F));
    command.add_option("--top-k", answering.topK, "Among the likeliest so many (40; 0: all)")
        ->check(CLI::Range(0, 1 << 30));
    command
        .add_option("--top-p", answering.topP, "Among the likeliest of this share (0.9; 1: all)")
        ->check(CLI::Range(0.0F, 1.0F));
    command
        .add_option("--min-p", answering.minP, "None less likely than this share of the best (0)")
        ->check(CLI::Range(0.0F, 1.0F));
    command.add_option("--repeat-penalty", answering.repetitionPenalty, "Above 1: less repetition")
        ->check(CLI::Range(0.0F, 10.0F));
    command.add_option("--seed", options.seed, "Seed of the sampler (0: any)");
    command.add_option("--stop", options.stops, "End the answer before this text; may be repeated")
        ->type_name("TEXT")
        ->allow_extra_args(false);
    command.add_option("--json-schema", options.jsonSchema, "Answer in JSON that fits this schema")
        ->type_name("FILE");
    command
        .add_option("--logprobs", options.logProbs,
            "With --json: log-probabilities of the tokens, and so many alternatives")
        ->check(CLI::Range(0, inference::kMaxLogProbAlternatives));
    command
        .add_option("--context", options.running.contextLength, "Tokens it can hold (automatic)")
        ->check(CLI::Range(kLeastContext, kMostContext));
    command.add_option("--kv", options.kv, "Type of the KV cache (f16)")
        ->check(CLI::IsMember({"f32", "f16", "q8_0", "q4_0"}));
    command
        .add_option(
            "--weights", options.weights, "Mapped (starts at once) or packed (fastest) (automatic)")
        ->check(CLI::IsMember({"automatic", "mapped", "packed"}));
    command.add_option("--device", options.device, "Where to compute (cpu)")
        ->check(CLI::IsMember(deviceNames()));
    command.add_flag("--json", options.json, "Print one JSON object");
}

int answer(const AnswerOptions& options)
{
    AssistantOptions setUp;
    setUp.system = options.system;
    setUp.openEngine = openLocalModels(
        {.device =
                inference::parseDeviceChoice(options.device).value_or(inference::DeviceChoice::cpu),
            .contextFolder = options.contextFolder});
    setUp.answering = options.answering;
    setUp.running = options.running;
    setUp.running.kvType = inference::parseKvType(options.kv).value_or(options.running.kvType);
    setUp.running.weights = parseWeightMode(options.weights).value_or(options.running.weights);
    setUp.seed = options.seed;
    setUp.stops = options.stops;
    if (options.logProbs >= 0)
        setUp.logProbs = options.logProbs;
    if (!options.jsonSchema.empty()) {
        auto schema = readWhole(options.jsonSchema);
        if (!schema)
            return kFailed;
        setUp.json = inference::JsonAnswer{std::move(*schema)};
    }
    setUp.fallBack = false;
    Assistant assistant(setUp);
    UnixSignals interrupts;
    const auto end = [](int code) {
        QMetaObject::invokeMethod(
            qApp, [code] { QCoreApplication::exit(code); }, Qt::QueuedConnection);
    };
    bool interrupted = false;
    QObject::connect(&interrupts, &UnixSignals::interrupted, &assistant, [&] {
        interrupted = true;
        if (!assistant.answering())
            end(kFailed);
        assistant.stop();
    });
    QObject::connect(&assistant, &Assistant::activityChanged, &assistant,
        [](const Activity& activity) { showProgress(activity.text); });
    QObject::connect(&assistant, &Assistant::notice, &assistant,
        [](const std::string& sentence) { fail(sentence); });
    QObject::connect(&assistant, &Assistant::draftRestored, &assistant, [&] { end(kFailed); });
    QObject::connect(
        &assistant, &Assistant::textAdded, &assistant, [&](qint64, const std::string& text) {
            if (options.json)
                return;
            showProgress({});
            std::fwrite(text.data(), 1, text.size(), stdout);
            std::fflush(stdout);
        });
    QObject::connect(
        &assistant, &Assistant::answerFinished, &assistant, [&](const ChatMessage& message) {
            if (message.state == MessageState::failed) {
                if (assistant.draft().empty() && !assistant.messages().empty())
                    fail(message.error); // else it was told as a notice
                end(kFailed);
                return;
            }
            const std::vector<Attachment> attachments = attachmentsOf(assistant);
            if (options.json) {
                auto object = answerJson(message, attachments);
                object["kv"] = inference::kvTypeName(setUp.running.kvType);
                object["weights"] = weightModeName(setUp.running.weights);
                if (setUp.logProbs)
                    object["logprobs"] = logProbsJson(message.logProbs);
                printJson(object);
            } else if (message.text.empty() ? message.state == MessageState::complete
                                            : message.text.back() != '\n')
                fmt::print("\n");
            std::fflush(stdout);
            for (const Attachment& attachment : attachments)
                for (const std::string& warning : attachment.warnings)
                    fail(fmt::format("{}: {}", attachment.fileName, warning));
            for (const std::string& sentence : cuts(attachments))
                fail(sentence);
            for (const std::string& sentence : message.notices)
                fail(sentence);
            if (message.state == MessageState::stopped)
                fail("Stopped.");
            end(message.state == MessageState::complete ? kDone : kFailed);
        });

    assistant.chooseModel(chosenModel(options.modelFile, options.mmproj));
    for (const std::string& file : options.files)
        assistant.attach(file);
    assistant.send(options.question);
    if (!assistant.answering())
        return fail("There is no question.");
    const int code = QCoreApplication::exec();
    showProgress({});
    return interrupted ? kFailed : code;
}

} // namespace lectern::app::cli
