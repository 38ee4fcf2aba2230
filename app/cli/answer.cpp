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

nlohmann::json answerJson(const ChatMessage& message, const std::vector<Attachment>& attachments)
{
    const auto& t = message.stats.timings;
    nlohmann::json warnings = message.notices;
    return {{"text", message.text}, {"model", message.modelName},
        {"finish", finishName(message.stats.reason)},
        {"timings",
            {{"vision_seconds", t.visionSeconds}, {"prefill_seconds", t.prefillSeconds},
                {"first_token_seconds", t.firstTokenSeconds}, {"decode_seconds", t.decodeSeconds}}},
        {"tokens",
            {{"prompt", t.promptTokens}, {"cached", t.cachedTokens}, {"image", t.imageTokens},
                {"generated", t.generatedTokens}}},
        {"context_length", message.stats.contextLength},
        {"attachments", attachmentsJson(attachments)}, {"warnings", std::move(warnings)}};
}

std::vector<Attachment> attachmentsOf(const Assistant& assistant)
{
    const auto& messages = assistant.messages();
    return messages.empty() ? std::vector<Attachment>() : messages.front().attachments;
}

} // namespace

int answer(const AnswerOptions& options)
{
    AssistantOptions setUp;
    setUp.system = options.system;
    setUp.openEngine = openLocalModels();
    setUp.maxTokens = options.maxTokens;
    setUp.sampling.temperature = options.temperature;
    setUp.sampling.seed = options.seed;
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
            if (options.json)
                printJson(answerJson(message, attachments));
            else if (message.text.empty() ? message.state == MessageState::complete
                                          : message.text.back() != '\n')
                fmt::print("\n");
            std::fflush(stdout);
            for (const Attachment& attachment : attachments)
                for (const std::string& warning : attachment.warnings)
                    fail(fmt::format("{}: {}", attachment.fileName, warning));
            for (const std::string& sentence : message.notices)
                fail(sentence);
            if (message.state == MessageState::stopped)
                fail("Stopped.");
            end(message.state == MessageState::complete ? kDone : kFailed);
        });

    assistant.chooseModel(options.model);
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
