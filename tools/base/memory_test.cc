#include "tools/base/memory.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(CheckMemory, TakesWhatFits) {
  EXPECT_THAT(CheckMemory("nothing", 0), IsOk());
  EXPECT_THAT(CheckMemory("a page", 4096), IsOk());
}

TEST(CheckMemory, SaysWhatIsAskedForAndWhatThereIs) {
  EXPECT_THAT(CheckMemory("mlp(width=9)", 2e15),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("mlp(width=9) takes 2000.0 TB of "
                                       "memory; this machine has "),
                             HasSubstr("Ask for less."))));
  for (const double bytes :
       {1e19, 1e300, std::numeric_limits<double>::infinity()}) {
    EXPECT_THAT(CheckMemory("it", bytes),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr("takes more than 9000000.0 TB")));
  }
}

}  // namespace
}  // namespace nclab
