// SPDX-License-Identifier: Apache-2.0
// What the shipped weights can do: a sample of their evaluation, through the engine. The sample and
// the pictures in it come from resources/models/nano/recipe/sample.py.
#include "tests/inference/engine_fixture.h"

#include <fmt/format.h>

namespace {

struct Score {
    int right = 0;
    int asked = 0;
};

// Right to the last character, by the first part of the task's name: doc, docs, image, chat.
std::map<std::string, Score> scores()
{
    const auto folder = lectern::test::root() / "golden/nano";
    const auto sample = nlohmann::json::parse(lectern::test::fileBytes(folder / "sample.json"));
    std::vector<std::string> names;
    for (int i = 0; i < sample["pictures"].get<int>(); ++i)
        names.push_back(std::to_string(i));
    const auto pictures =
        lectern::test::picturesIn(folder / "sample-tiles.rgb", names, sample["side"]);
    std::map<std::string, Score> found;
    for (const auto& conversation : sample["conversations"]) {
        const std::string task = conversation["task"];
        Score& score = found[task.substr(0, task.find('_'))];
        const std::string answer = lectern::test::answer(lectern::test::sharedEngine(),
            lectern::test::greedy(
                lectern::test::messagesIn(conversation["messages"], pictures), 200));
        score.right += answer == conversation["answer"].get<std::string>() ? 1 : 0;
        ++score.asked;
    }
    return found;
}

} // namespace

// Floors a little under what was measured: kernels round differently from machine to machine.
TEST(BuiltInModelTest, answersASampleOfItsEvaluation)
{
    auto found = scores();
    const std::map<std::string, int> floors{{"doc", 19}, {"docs", 1}, {"image", 12}, {"chat", 21}};
    for (const auto& [group, floor] : floors)
        CHECK_ROW(found[group].asked > 0 && found[group].right >= floor,
            fmt::format(
                "{}: {} of {}, at least {}", group, found[group].right, found[group].asked, floor));
    for (const auto& [group, score] : found)
        fmt::print("{}: {} of {}\n", group, score.right, score.asked);
}
