#include "tools/base/registry/registry.h"

#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;

struct ToyInfo {
  std::string name, summary, reference;
  std::vector<ParamSpec> params;
};
using ToyRegistry = Registry<ToyInfo, std::function<int()>>;

void Fill(ToyRegistry& registry) {
  registry.Register(
      {"square", "", "", {FloatParam("side", 0.1, "")}}, [] { return 4; },
      "shapes/square.cc", 12);
  registry.Register(
      {"circle",
       "",
       "",
       {BoolParam("filled", true, ""), IntParam("r", 3, ""),
        StringParam("colour", "red", "", {"red", "blue"}),
        StringParam("inside", "square(side=2,a=b)", "")}},
      [] { return 0; }, "shapes/circle.cc", 34);
}

TEST(Registry, FindsWhatWasRegistered) {
  ToyRegistry registry("shape");
  Fill(registry);
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto* entry, registry.Find("square"));
  EXPECT_EQ(entry->info.name, "square");
  EXPECT_EQ(entry->factory(), 4);
  ASSERT_EQ(registry.List().size(), 2);
  EXPECT_EQ(registry.List()[0]->info.name, "circle") << "sorted";
  EXPECT_EQ(registry.noun(), "shape");
}

TEST(Registry, ListsKnownNamesForAnUnknownOne) {
  ToyRegistry registry("shape");
  Fill(registry);
  EXPECT_THAT(registry.Find("squre"),
              StatusIs(StatusCode::kNotFound,
                       AllOf(HasSubstr("Unknown shape 'squre'"),
                             HasSubstr("Did you mean 'square'?"),
                             HasSubstr("circle, square"),
                             EndsWith("Is its target listed in deps?"))));
}

TEST(Registry, SaysThatNothingIsLinked) {
  EXPECT_THAT(ToyRegistry("shape").Find("square"),
              StatusIs(StatusCode::kNotFound,
                       AllOf(HasSubstr("(none)"),
                             EndsWith("Is its target listed in deps?"))));
}

TEST(Registry, AbortsOnADuplicateNamingBothPlaces) {
  ToyRegistry registry("shape");
  Fill(registry);
  EXPECT_DEATH(
      registry.Register(
          {"square", "", "", {}}, [] { return 5; }, "mine/square.cc", 56),
      "shape 'square' is registered twice: shapes/square.cc:12 and "
      "mine/square.cc:56");
}

TEST(Registry, AbortsOnAParameterThatIsThereNamingBothPlaces) {
  ToyRegistry registry("shape");
  const std::vector<ParamSpec> common = {IntParam("x", 1, "")};
  registry.Register(
      {"square", "", "", {IntParam("side", 3, "")}}, [] { return 4; },
      "shapes/square.cc", 12, common, "shape.cc");
  EXPECT_EQ(registry.Bind("square")->ToString(), "square(side=3,x=1)");
  EXPECT_DEATH(
      registry.Register(
          {"circle", "", "", {IntParam("r", 3, ""), IntParam("x", 3, "")}},
          [] { return 5; }, "mine/circle.cc", 56, common, "shape.cc"),
      "shape 'circle', mine/circle.cc:56, declares the parameter 'x', which "
      "is declared at shape.cc already");
  EXPECT_DEATH(
      registry.Register(
          {"circle", "", "", {IntParam("r", 3, ""), BoolParam("r", 1, "")}},
          [] { return 5; }, "mine/circle.cc", 56),
      "mine/circle.cc:56, declares the parameter 'r', which is "
      "declared at the same place already");
}

TEST(NamingWhatItThrows, NamesTheItemAndLeavesTheRestAsItIs) {
  const auto naming = [](std::function<int(const int&)> factory) {
    return NamingWhatItThrows("shape 'mine'", std::move(factory));
  };
  EXPECT_EQ(naming([](const int& side) { return side * side; })(3), 9);
  const auto thrown_by = [&](std::function<int(const int&)> factory) {
    try {
      naming(std::move(factory))(3);
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(
      thrown_by([](const int&) -> int { throw std::runtime_error("no"); }),
      "shape 'mine': no");
  EXPECT_THAT(thrown_by([](const int& i) { return std::vector<int>().at(i); }),
              testing::StartsWith("shape 'mine': "));
  EXPECT_THROW(naming([](const int&) -> int { throw std::bad_alloc(); })(3),
               std::bad_alloc);
}

TEST(Registry, BindsAChoiceThatPrintsAndBindsBackToItself) {
  ToyRegistry registry("shape");
  Fill(registry);
  for (const char* text :
       {"circle", "circle(r=7)", "circle(colour=blue,filled=false)",
        "circle(inside=x(y=z(w=1),v=2))", "square(side=0.30000000000000004)",
        "square(side=5e-324)", "square(side=-1e300)"}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(const BoundChoice once, registry.Bind(text));
    NCLAB_ASSERT_OK_AND_ASSIGN(const BoundChoice twice,
                               registry.Bind(once.ToString()));
    EXPECT_EQ(twice.ToString(), once.ToString());
    EXPECT_EQ(twice.params.values(), once.params.values()) << text;
  }
  EXPECT_EQ(registry.Bind("circle(r=7)")->ToString(),
            "circle(filled=true,r=7,colour=red,inside=square(side=2,a=b))");
}

TEST(Registry, PrintsAChoiceShortWithoutItsDefaults) {
  ToyRegistry registry("shape");
  Fill(registry);
  for (const auto& [text, want] :
       std::vector<std::pair<std::string, std::string>>{
           {"circle", "circle"},
           {"circle(r=3,filled=true)", "circle"},
           {"circle(inside=square(side=2,a=b),r=4)", "circle(r=4)"},
           {"square(side=1e-1)", "square"},
           {" circle( colour = blue , filled=0 )",
            "circle(filled=false,colour=blue)"}}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(const std::string got, registry.Short(text));
    EXPECT_EQ(got, want);
  }
  EXPECT_FALSE(registry.Short("circle(r=x)").ok());
}

TEST(Registry, PrintsAChoiceWithoutParametersAsItsName) {
  ToyRegistry registry("shape");
  registry.Register(
      {"point", "", "", {}}, [] { return 1; }, "point.cc", 1);
  EXPECT_EQ(registry.Bind("point()")->ToString(), "point");
}

TEST(Registry, NamesTheOwnerOfAWrongParameter) {
  ToyRegistry registry("shape");
  Fill(registry);
  EXPECT_THAT(registry.Bind("circle(q=1)"),
              StatusIs(StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("shape 'circle'"), HasSubstr("'q'"))));
  EXPECT_THAT(
      registry.Bind("circle(r=1"),
      StatusIs(StatusCode::kInvalidArgument, HasSubstr("'circle(r=1'")));
}

constexpr int kMajor = NCLAB_INTERFACE_MAJOR, kMinor = NCLAB_INTERFACE_MINOR;

TEST(InterfaceVersion, TakesItsOwnAndEarlierOnesOfItsMajor) {
  for (int minor = 0; minor <= kMinor; ++minor) {
    EXPECT_TRUE(CheckInterface(kMajor, minor, "mine/net.cc", 7));
  }
}

TEST(InterfaceVersion, AbortsOnLaterOnesAndOtherMajorsNamingPlaceAndVersions) {
  const std::string ours =
      absl::StrCat("this is version ", kMajor, ".", kMinor);
  EXPECT_DEATH(
      CheckInterface(kMajor, kMinor + 1, "mine/net.cc", 7),
      absl::StrCat("what mine/net.cc:7 registers was written for "
                   "version ",
                   kMajor, ".", kMinor + 1, " of the plugin interface, ", ours,
                   "; build it with a later nclab"));
  EXPECT_DEATH(CheckInterface(kMajor + 1, 0, "mine/net.cc", 7),
               absl::StrCat(ours, "; build it with a later nclab"));
  EXPECT_DEATH(CheckInterface(kMajor - 1, 99, "mine/net.cc", 7),
               absl::StrCat(ours, "; see CHANGELOG.md"));
}

bool Registers(const char*, const char*, int) {
  ADD_FAILURE() << "an item of another interface is looked at";
  return true;
}

// As of a source that was written for a version that never was.
#undef NCLAB_WRITTEN_FOR
#define NCLAB_WRITTEN_FOR 0, 7

TEST(InterfaceVersion, IsCheckedBeforeAnItemIsRegistered) {
  EXPECT_DEATH({ NCLAB_REGISTER(Registers, "item"); },
               absl::StrCat("registry_test.cc:[0-9]+ registers was "
                            "written for version 0.7 of the plugin interface, "
                            "this is version ",
                            InterfaceVersion()));
}

}  // namespace
}  // namespace nclab
