#include "tools/base/registry/params.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::vector<ParamSpec> Specs() {
  return {BoolParam("bias", true, "has a bias"),
          IntParam("width", 64, "units", 1, 1000),
          IntParam("seed", 0, "any"),
          FloatParam("rate", 0.5, "a share", 0, 1),
          StringParam("stem", "conv7", "the first layer", {"conv7", "conv3"}),
          StringParam("base", "mnist", "any word")};
}

absl::StatusOr<Params> Bind(
    std::vector<std::pair<std::string, std::string>> args) {
  return BindParams("model 'toy'", Specs(), args);
}

auto Refused(const std::string& a, const std::string& b) {
  return StatusIs(absl::StatusCode::kInvalidArgument,
                  AllOf(HasSubstr("model 'toy'"), HasSubstr(a), HasSubstr(b)));
}

TEST(BindParams, FillsInDefaultsInDeclarationOrder) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Params params, Bind({{"rate", "0.25"}}));
  EXPECT_TRUE(params.Bool("bias"));
  EXPECT_EQ(params.Int("width"), 64);
  EXPECT_EQ(params.Float("rate"), 0.25);
  EXPECT_EQ(params.String("stem"), "conv7");
  EXPECT_EQ(params.values().front().first, "bias");
  EXPECT_EQ(params.values().back().first, "base");
}

TEST(BindParams, ReadsEveryType) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Params params,
                             Bind({{"bias", "false"},
                                   {"width", "1000"},
                                   {"rate", "1e-3"},
                                   {"seed", "9223372036854775807"},
                                   {"stem", "conv3"},
                                   {"base", "a(b=1,c=2)"}}));
  EXPECT_FALSE(params.Bool("bias"));
  EXPECT_EQ(params.Int("width"), 1000);
  EXPECT_EQ(params.Int("seed"), INT64_MAX);
  EXPECT_EQ(params.Float("rate"), 1e-3);
  EXPECT_EQ(params.String("stem"), "conv3");
  EXPECT_EQ(params.String("base"), "a(b=1,c=2)");
}

TEST(BindParams, ListsTheParametersForAnUnknownOne) {
  EXPECT_THAT(Bind({{"widht", "3"}}),
              Refused("Unknown parameter 'widht'. Did you mean 'width'?",
                      "base, bias, rate, seed, stem, width"));
}

TEST(BindParams, RefusesAParameterGivenTwice) {
  EXPECT_THAT(Bind({{"width", "3"}, {"width", "3"}}),
              Refused("'width'", "twice"));
}

TEST(BindParams, SaysWhatWasGivenAndExpected) {
  EXPECT_THAT(Bind({{"bias", "yes"}}), Refused("'yes'", "true or false"));
  EXPECT_THAT(Bind({{"width", "ten"}}),
              Refused("'ten'", "a whole number from 1 to 1000"));
  EXPECT_THAT(Bind({{"width", "1.5"}}), Refused("'1.5'", "whole number"));
  EXPECT_THAT(Bind({{"width", "0"}}), Refused("'0'", "from 1 to 1000"));
  EXPECT_THAT(Bind({{"width", "1001"}}), Refused("'1001'", "from 1 to 1000"));
  EXPECT_THAT(BindParams("model 'toy'", {IntParam("steps", 1, "", 1, 1e12)},
                         {{"steps", "0"}}),
              Refused("'0'", "from 1 to 1000000000000."));
  EXPECT_THAT(Bind({{"seed", "-1"}}), Refused("'-1'", "of at least 0"));
  EXPECT_THAT(Bind({{"seed", "9223372036854775808"}}),
              Refused("seed", "whole"));
  EXPECT_THAT(Bind({{"rate", "1.01"}}), Refused("'1.01'", "from 0 to 1"));
  EXPECT_THAT(Bind({{"rate", "nan"}}), Refused("'nan'", "a number"));
  EXPECT_THAT(Bind({{"rate", "inf"}}), Refused("'inf'", "a number"));
  EXPECT_THAT(Bind({{"stem", "conv5"}}), Refused("'conv5'", "conv7, conv3"));
}

TEST(BindParams, WritesAValueInFullWhereItsSpecSaysHow) {
  ParamSpec spec = StringParam("of", "b", "a letter");
  spec.canonical = [](const std::string& text) -> absl::StatusOr<std::string> {
    if (text.size() == 1) return text + "(full)";
    return absl::NotFoundError("it has no full form.");
  };
  NCLAB_ASSERT_OK_AND_ASSIGN(const Params given,
                             BindParams("toy", {spec}, {{"of", "a"}}));
  EXPECT_EQ(given.String("of"), "a(full)");
  NCLAB_ASSERT_OK_AND_ASSIGN(const Params not_given,
                             BindParams("toy", {spec}, {}));
  EXPECT_EQ(not_given.String("of"), "b(full)");
  EXPECT_THAT(BindParams("toy", {spec}, {{"of", "abc"}}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       testing::EndsWith("'abc'; it has no full form.")));
}

TEST(Params, ReadUndeclaredOrAsAnotherTypeAreABug) {
  const Params params = *Bind({});
  EXPECT_DEATH(params.Int("height"), "'height' was read but not declared");
  EXPECT_DEATH(params.Int("rate"), "'rate' read as another type");
  Params mutable_params = params;
  EXPECT_DEATH(mutable_params.Set("rate", int64_t{1}), "another type");
}

TEST(Params, AreSetWithinTheirType) {
  Params params = *Bind({});
  params.Set("width", int64_t{7});
  EXPECT_EQ(params.Int("width"), 7);
}

TEST(ParamSpec, NamesItsType) {
  const std::vector<ParamSpec> specs = Specs();
  EXPECT_EQ(ParamTypeName(specs[0]), "bool");
  EXPECT_EQ(ParamTypeName(specs[1]), "int");
  EXPECT_EQ(ParamTypeName(specs[3]), "float");
  EXPECT_EQ(ParamTypeName(specs[4]), "string");
}

}  // namespace
}  // namespace nclab
