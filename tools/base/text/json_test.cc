#include "tools/base/text/json.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace nclab {
namespace {

using Json = nlohmann::ordered_json;

TEST(ValueOr, GivesWhatIsThereOfThisType) {
  const Json json = {{"i", 3}, {"d", 0.5}, {"b", true}, {"s", "text"}};
  EXPECT_EQ(ValueOr(json, "i", int64_t{1}), 3);
  EXPECT_EQ(ValueOr(json, "d", 1.0), 0.5);
  EXPECT_EQ(ValueOr(json, "i", 1.0), 3.0);
  EXPECT_EQ(ValueOr(json, "b", false), true);
  EXPECT_EQ(ValueOr(json, "s", std::string("other")), "text");
}

TEST(ValueOr, GivesTheOtherWhateverElseIsThere) {
  for (const char* text : {"3", "[]", "null", R"("s")", "{}", R"({"k": null})",
                           R"({"k": []})", R"({"k": {"k": 1}})", "{"}) {
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    EXPECT_EQ(ValueOr(json, "k", int64_t{7}), 7) << text;
    EXPECT_EQ(ValueOr(json, "k", 7.5), 7.5) << text;
    EXPECT_EQ(ValueOr(json, "k", true), true) << text;
    EXPECT_EQ(ValueOr(json, "k", std::string("no")), "no") << text;
  }
  EXPECT_EQ(ValueOr(Json{{"k", 0.5}}, "k", int64_t{7}), 7);
  EXPECT_EQ(ValueOr(Json{{"k", "true"}}, "k", false), false);
}

TEST(JsonText, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(JsonText(Json{{"path", "a\xff"}}),
            "{\n  \"path\": \"a\xef\xbf\xbd\"\n}\n");
}

}  // namespace
}  // namespace nclab
