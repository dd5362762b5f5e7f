#include "tools/base/process/main.h"

#include <gflags/gflags.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

DEFINE_int32(toy_steps, 10, "(1..1000) how many steps");
DEFINE_double(toy_rate, 0.5, "how fast");
DEFINE_bool(toy_fresh, true, "start anew");
DEFINE_string(toy_name, "none", "what to call it");
DEFINE_string(toy_set, "", "(repeatable) key=value");
DEFINE_string(toy_worker, "", "(internal) for workers");

namespace nclab {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class ParseFlagsTest : public testing::Test {
 protected:
  absl::StatusOr<std::vector<std::string>> Parse(
      std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "program");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    return ParseFlags(static_cast<int>(argv.size()), argv.data());
  }

  gflags::FlagSaver restore_;
};

auto Refused(const std::string& a, const std::string& b) {
  return StatusIs(StatusCode::kInvalidArgument,
                  AllOf(HasSubstr(a), HasSubstr(b)));
}

TEST_F(ParseFlagsTest, SetsFlagsAndReturnsTheRest) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const auto rest,
      Parse({"one", "--toy_steps=3", "-toy_rate", "0.25", "-", "--notoy_fresh",
             "--toy_name=a=b", "--", "--toy_steps=4"}));
  EXPECT_EQ(FLAGS_toy_steps, 3);
  EXPECT_EQ(FLAGS_toy_rate, 0.25);
  EXPECT_FALSE(FLAGS_toy_fresh);
  EXPECT_EQ(FLAGS_toy_name, "a=b");
  EXPECT_THAT(rest, ElementsAre("one", "-", "--toy_steps=4"));
}

TEST_F(ParseFlagsTest, ReadsEveryFormOfABool) {
  ASSERT_THAT(Parse({"--toy_fresh=false"}), IsOk());
  EXPECT_FALSE(FLAGS_toy_fresh);
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto rest, Parse({"--toy_fresh", "false"}));
  EXPECT_TRUE(FLAGS_toy_fresh);
  EXPECT_THAT(rest, ElementsAre("false")) << "a bool takes no next word";
}

TEST_F(ParseFlagsTest, RefusesAnEmptyText) {
  EXPECT_THAT(Parse({"--toy_name="}),
              Refused("--toy_name is empty", "its default holds"));
  EXPECT_THAT(Parse({"--toy_name", ""}), Refused("--toy_name is empty", ""));
  EXPECT_EQ(FLAGS_toy_name, "none");
}

TEST_F(ParseFlagsTest, JoinsTheValuesOfARepeatableFlag) {
  ASSERT_THAT(Parse({"--toy_set=a=1", "--toy_set", "b=2"}), IsOk());
  EXPECT_EQ(FLAGS_toy_set, "a=1,b=2");
}

TEST_F(ParseFlagsTest, TakesTheLastValueOfAnyOtherFlag) {
  ASSERT_THAT(Parse({"--toy_steps=3", "--toy_steps=4"}), IsOk());
  EXPECT_EQ(FLAGS_toy_steps, 4);
}

TEST_F(ParseFlagsTest, ListsTheFlagsForAnUnknownOne) {
  EXPECT_THAT(Parse({"--toy_stesp=3"}),
              Refused("'--toy_stesp'", "Did you mean '--toy_steps'?"));
  EXPECT_THAT(Parse({"--nothing"}), Refused("'--nothing'", "--toy_rate"));
  EXPECT_THAT(Parse({"--notoy_steps"}), Refused("'--notoy_steps'", "Known"));
  EXPECT_THAT(Parse({"--"}), IsOk());
  EXPECT_THAT(Parse({"--toy-steps=7"}), IsOk());
  EXPECT_EQ(FLAGS_toy_steps, 7);
}

TEST_F(ParseFlagsTest, RefusesTheFlagsOfTheLibraries) {
  for (const std::string name :
       {"helpfull", "helpshort", "helpxml", "fromenv=HOME", "flagfile=missing",
        "undefok=x", "tab_completion_word=x", "logtostderr", "nologtostderr",
        "v=1", "minloglevel=1"}) {
    EXPECT_THAT(Parse({"--" + name}), Refused("Unknown flag", "--toy_steps"))
        << name;
  }
}

TEST_F(ParseFlagsTest, SaysWhichValueIsWrong) {
  EXPECT_THAT(Parse({"--toy_steps=many"}),
              Refused("--toy_steps is 'many'", "a whole number"));
  EXPECT_THAT(Parse({"--toy_steps=1.5"}), Refused("'1.5'", "a whole number"));
  for (const std::string out : {"0", "-1", "1001", "3000000000"}) {
    EXPECT_THAT(Parse({"--toy_steps=" + out}),
                Refused(out, "a whole number from 1 to 1000."));
  }
  EXPECT_THAT(Parse({"--toy_rate=fast"}), Refused("'fast'", "a number"));
  EXPECT_THAT(Parse({"--toy_fresh=perhaps"}),
              Refused("'perhaps'", "true or false"));
  EXPECT_EQ(FLAGS_toy_steps, 10);
}

TEST_F(ParseFlagsTest, SaysWhichValueIsMissing) {
  EXPECT_THAT(Parse({"--toy_steps"}),
              Refused("--toy_steps has no value", "--toy_steps=VALUE"));
}

TEST(DescribeFlags, ShowsTheProgramsOwnFlags) {
  const std::string text = DescribeFlags();
  EXPECT_THAT(text, HasSubstr("--toy_steps=10"));
  EXPECT_THAT(text, HasSubstr("how many steps"));
  EXPECT_THAT(text, testing::Not(HasSubstr("--logtostderr")));
  EXPECT_THAT(text, testing::Not(HasSubstr("--flagfile")));
  EXPECT_THAT(text, testing::Not(HasSubstr("--toy_worker")));
}

}  // namespace
}  // namespace nclab
