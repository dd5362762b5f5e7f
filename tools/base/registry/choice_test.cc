#include "tools/base/registry/choice.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(ParseChoice, ReadsANameAlone) {
  for (const char* text : {"resnet18", " resnet18 ", "resnet18()"}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(const Choice choice, ParseChoice(text));
    EXPECT_EQ(choice.name, "resnet18");
    EXPECT_TRUE(choice.args.empty());
  }
}

TEST(ParseChoice, ReadsArgumentsInOrder) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Choice choice,
                             ParseChoice(" mlp( width = 64 ,depth=2 ) "));
  EXPECT_EQ(choice.name, "mlp");
  EXPECT_THAT(choice.args,
              ElementsAre(Pair("width", "64"), Pair("depth", "2")));
}

TEST(ParseChoice, LetsAValueBeAChoice) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Choice choice, ParseChoice("noisy(base=mnist(skip=1,a=b),p=0.5)"));
  EXPECT_THAT(choice.args,
              ElementsAre(Pair("base", "mnist(skip=1,a=b)"), Pair("p", "0.5")));
}

TEST(ParseChoice, KeepsEqualsSignsOfAValue) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Choice choice, ParseChoice("a(b=c=d)"));
  EXPECT_THAT(choice.args, ElementsAre(Pair("b", "c=d")));
}

TEST(ParseChoice, QuotesWhatItCannotRead) {
  for (const char* text :
       {"", "  ", "(a=1)", "1mlp", "ml-p", "mlp(", "mlp)", "mlp(width=1",
        "mlp(width=1))", "mlp(width=1)x", "mlp(width)", "mlp(=1)",
        "mlp(width=)", "mlp(a=1)(b=2)", "mlp(a=(1)", "mlp(wi dth=1)",
        "mlp(a=1,,b=2)", "mlp(a=1,)", "mlp(,)"}) {
    EXPECT_THAT(ParseChoice(text),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr(std::string("'") + text + "'"),
                               HasSubstr("name(parameter=value,...)"))))
        << text;
  }
}

}  // namespace
}  // namespace nclab
