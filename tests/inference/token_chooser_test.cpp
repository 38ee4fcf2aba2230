// SPDX-License-Identifier: Apache-2.0
// What a request asks of its tokens, through the engine: bias, stop strings, log-probabilities.
#include "inference/token_chooser.h"
#include "tests/inference/engine_fixture.h"

#include <cmath>
#include <limits>

using namespace lectern::inference;
using namespace lectern::test;

namespace {

Request question(const std::string& text, int maxTokens = 24)
{
    return greedy({says(Role::user, text)}, maxTokens);
}

const Tokenizer& tokenizer()
{
    static const auto loaded = [] {
        const std::string bytes = fileBytes(nano("nano-text-f16.gguf"));
        auto gguf = parseGguf(std::as_bytes(std::span(bytes)));
        return std::move(*Tokenizer::fromGguf(*gguf));
    }();
    return *loaded;
}

} // namespace

TEST(TokenChooserTest, limitsOfARequestAreSaid)
{
    const auto refusal = [](const std::function<void(Request&)>& change) {
        Request request = question("Hello");
        change(request);
        Caller caller(sharedEngine(), request);
        const auto& result = caller.wait();
        return result ? std::string() : result.error().message;
    };
    CHECK(refusal([](Request& r) { r.logProbs = 21; }).find("0 to 20") != std::string::npos);
    CHECK(refusal([](Request& r) { r.logProbs = -1; }).find("0 to 20") != std::string::npos);
    CHECK(
        refusal([](Request& r) { r.stops.resize(65, "x"); }).find("65 stop") != std::string::npos);
    CHECK(refusal([](Request& r) { r.stops = {std::string(5000, 'x')}; }).find("5000 bytes")
        != std::string::npos);
    CHECK(refusal([](Request& r) {
        r.sampling.logitBias = {{{}, 2048, 1}};
    }).find("0 to 2047")
        != std::string::npos);
    CHECK(refusal([](Request& r) {
        r.sampling.logitBias = {{{}, -1, 1}};
    }).find("token -1")
        != std::string::npos);
    CHECK(refusal([](Request&) {}).empty());
}

TEST(TokenChooserTest, biasByTextAndByNumberForbidsAndForces)
{
    const std::string plain = answer(sharedEngine(), question("What is it?"));
    const auto ids = tokenizer().encode(plain, SpecialTokens::asText);
    REQUIRE(!ids.empty());
    const std::string first(tokenizer().bytes(ids.front()));
    constexpr float kForbidden = -std::numeric_limits<float>::infinity();

    Request byNumber = question("What is it?");
    byNumber.sampling.logitBias = {{{}, ids.front(), kForbidden}};
    const std::string other = answer(sharedEngine(), byNumber);
    CHECK(!other.starts_with(plain));
    Request byText = question("What is it?");
    byText.sampling.logitBias = {{first, std::nullopt, kForbidden}};
    CHECK(answer(sharedEngine(), byText) == other);

    Request forced = question("What is it?", 3);
    const auto wanted = tokenizer().encode("z", SpecialTokens::asText);
    REQUIRE(wanted.size() == 1);
    forced.sampling.logitBias = {{"z", std::nullopt, 1000.0F}};
    CHECK(answer(sharedEngine(), forced) == "zzz");
}

TEST(TokenChooserTest, aStopStringEndsTheAnswerWhereItBegins)
{
    const std::string plain = answer(sharedEngine(), question("What is it?"));
    REQUIRE(plain.size() > 8);
    for (std::size_t at = 0; at + 3 <= plain.size(); ++at) {
        Request request = question("What is it?");
        const std::string stop = plain.substr(at, 3);
        request.stops = {"never in it", stop};
        Caller caller(sharedEngine(), request);
        const auto& result = caller.wait();
        REQUIRE(result.has_value());
        CHECK_ROW(caller.text() == plain.substr(0, plain.find(stop)), stop);
        CHECK_ROW(result->reason == FinishReason::stopString, stop);
        CHECK_ROW(result->stopString == stop, stop);
    }
    Caller free(sharedEngine(), question("What is it?"));
    Request request = question("What is it?");
    request.stops = {"never in it"};
    Caller caller(sharedEngine(), request);
    CHECK(caller.wait()->reason == free.wait()->reason);
    CHECK(caller.wait()->reason != FinishReason::stopString);
    CHECK(caller.text() == plain);
    CHECK(caller.wait()->stopString.empty());
}

TEST(TokenChooserTest, logProbsAreThoseOfTheModelWhateverTheSampler)
{
    Request request = question("What is it?");
    request.logProbs = 5;
    Caller caller(sharedEngine(), request);
    const auto& result = caller.wait();
    REQUIRE(result.has_value());
    REQUIRE(result->logProbs.size() == static_cast<std::size_t>(result->timings.generatedTokens));
    std::string joined;
    for (const ChosenLogProb& one : result->logProbs) {
        joined += one.text;
        CHECK(one.logProb <= 0 && one.logProb > -20);
        REQUIRE(one.alternatives.size() == 5);
        CHECK(one.alternatives[0].text == one.text); // greedy
        CHECK(one.alternatives[0].logProb == one.logProb);
        double sum = 0;
        for (std::size_t i = 0; i < 5; ++i) {
            CHECK(i == 0 || one.alternatives[i].logProb <= one.alternatives[i - 1].logProb);
            sum += std::exp(one.alternatives[i].logProb);
        }
        CHECK(sum > 0 && sum <= 1.00001);
    }
    CHECK(joined == caller.text());

    // The first token's, while another one is forced.
    Request forced = question("What is it?", 1);
    forced.sampling.logitBias = {{"z", std::nullopt, 1000.0F}};
    forced.sampling.repetitionPenalty = 3;
    forced.logProbs = 5;
    Caller second(sharedEngine(), forced);
    const auto& other = second.wait();
    REQUIRE(other.has_value() && other->logProbs.size() == 1);
    CHECK(other->logProbs[0].text == "z");
    CHECK(other->logProbs[0].logProb < result->logProbs[0].logProb);
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(other->logProbs[0].alternatives[i].text == result->logProbs[0].alternatives[i].text);
        CHECK(std::abs(other->logProbs[0].alternatives[i].logProb
                  - result->logProbs[0].alternatives[i].logProb)
            < 1e-4);
    }
}

TEST(TokenChooserTest, logProbsAgreeWithADoubleSoftmax)
{
    Prng prng(4);
    std::vector<float> logits(2048);
    for (float& logit : logits)
        logit = static_cast<float>(20 * prng.uniform() - 10);
    logits[7] = std::numeric_limits<float>::quiet_NaN();
    logits[8] = -std::numeric_limits<float>::infinity();
    double sum = 0;
    for (const float logit : logits)
        sum += std::isnan(logit) ? 0 : std::exp(static_cast<double>(logit));
    LogProbs logProbs(tokenizer(), 20);
    for (const TokenId id : {0, 9, 700, 2047}) {
        const auto result = logProbs.of(logits, id);
        CHECK(std::abs(result.logProb
                  - (static_cast<double>(logits[static_cast<std::size_t>(id)]) - std::log(sum)))
            < 2e-6);
        CHECK(result.alternatives.size() == 20);
    }
    CHECK(std::isinf(logProbs.of(logits, 7).logProb));
    CHECK(std::isinf(logProbs.of(logits, 8).logProb));
    const std::vector<float> nothing(2048, -std::numeric_limits<float>::infinity());
    CHECK(std::isinf(logProbs.of(nothing, 3).logProb));
    CHECK(logProbs.of(nothing, 3).alternatives.empty());
}
