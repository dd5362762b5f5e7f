// Sizes that no machine holds are the user's mistake, wherever they are given.
#include <string>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "datasets/dataset.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

// Every whole-number parameter of every dataset that is linked.
TEST(Sizes, ThatAreHugeAreRefusedUnlessTheyAreSeeds) {
  for (const auto* entry : Datasets().List()) {
    for (const ParamSpec& spec : entry->info.params) {
      if (!std::holds_alternative<int64_t>(spec.default_value)) continue;
      const std::string text = absl::StrCat(entry->info.name, "(", spec.name,
                                            "=9223372036854775806)");
      const absl::StatusOr<BoundChoice> choice = Datasets().Bind(text);
      const absl::Status status =
          choice.ok() ? LoadDataset(*choice, {}).status() : choice.status();
      if (absl::EndsWith(spec.name, "seed")) {
        EXPECT_THAT(status, IsOk()) << text;
      } else {
        EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument,
                                     testing::HasSubstr(spec.name)))
            << text;
      }
    }
  }
}

TEST(Sizes, OfSeveralParametersTogetherAreRefused) {
  for (const char* text :
       {"gaussian_etf(per_class=9223372036854775806)",
        "gaussian_etf(test_samples=9223372036854775806)",
        "gaussian_etf(num_classes=100000,dim=1000000,per_class=100000)",
        "gaussian_etf(num_classes=100000,dim=1000000,per_class="
        "4611686018427387904)",
        "synthetic_images(train=100000000,test=100000000,size=1024,"
        "channels=64)",
        "random_labels(of=gaussian_etf(per_class=9223372036854775806))",
        "synthetic_images(train=100000,size=4,channels=1,image_size=4096)"}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(const BoundChoice choice, Datasets().Bind(text));
    EXPECT_THAT(LoadDataset(choice, {}),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         testing::HasSubstr("of memory; this machine has ")))
        << text;
  }
}

}  // namespace
}  // namespace nclab
