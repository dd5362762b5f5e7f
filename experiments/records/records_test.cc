#include "experiments/records/records.h"

#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::HasSubstr;

std::vector<MetricRow> Rows() {
  return {{0, "train", "", "loss", "", 2.302585092994046},
          {1000000000000, "test", "fc1.pre", "variance_ratio", "final", 0.1},
          {7, "test", "features", "cdnv", "own", 5e-324},
          {7, "test", "features", "cdnv", "own",
           std::numeric_limits<double>::max()},
          {7, "test", "features", "weak(a=1,b=2)", "final", -1.0 / 3},
          {7, "test", "a \"quoted\" layer", "cdnv", "own", -0.0},
          {8, "train", "features", "cdnv", "own",
           std::numeric_limits<double>::infinity()}};
}

TEST(Records, ComeBackFromCsvExactly) {
  const std::string csv = ToCsv(Rows());
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::vector<MetricRow> back,
                             ParseCsv("m.csv", csv));
  EXPECT_EQ(back, Rows());
  EXPECT_TRUE(std::signbit(back[5].value));
  EXPECT_EQ(ToCsv(back), csv);
}

TEST(Records, KeepUndefinedValues) {
  const std::string csv =
      ToCsv({{3, "test", "features", "cdnv", "own", std::nan("")}});
  EXPECT_EQ(csv,
            "step,split,layer,metric,anchor,value\n"
            "3,test,features,cdnv,own,nan\n");
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::vector<MetricRow> back,
                             ParseCsv("m.csv", csv));
  EXPECT_TRUE(std::isnan(back.at(0).value));
}

TEST(Records, MayBeNone) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::vector<MetricRow> back,
                             ParseCsv("m.csv", ToCsv({})));
  EXPECT_TRUE(back.empty());
}

TEST(Records, NameFileAndLineOfDamage) {
  const std::string header = "step,split,layer,metric,anchor,value\n";
  const std::string good = "1,train,,loss,,0.5\n";
  for (const char* bad :
       {"x,train,,loss,,0.5\n", "1,train,,loss,,\n", "1,train,,loss,,0.5x\n",
        "1,train,,loss,0.5\n", "1,train,,loss,,0.5,9\n"}) {
    EXPECT_THAT(ParseCsv("runs/m.csv", header + good + bad),
                StatusIs(StatusCode::kDataLoss,
                         AllOf(HasSubstr("runs/m.csv"), HasSubstr("line 3"))))
        << bad;
  }
  EXPECT_THAT(ParseCsv("m.csv", "step,value\n"),
              StatusIs(StatusCode::kDataLoss, HasSubstr("line 1")));
}

TEST(Records, CutAnywhereInALineAreRefused) {
  const std::string csv = ToCsv(Rows());
  for (size_t size = 0; size < csv.size(); ++size) {
    if (size > 0 && csv[size - 1] == '\n') continue;  // whole lines only
    EXPECT_THAT(ParseCsv("m.csv", csv.substr(0, size)),
                StatusIs(StatusCode::kDataLoss, HasSubstr("m.csv")))
        << size;
  }
}

}  // namespace
}  // namespace nclab
