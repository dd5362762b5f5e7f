#include "tools/base/text/numbers.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "absl/strings/numbers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(FormatDouble, IsShortWhereItCanBe) {
  EXPECT_EQ(FormatDouble(0.1), "0.1");
  EXPECT_EQ(FormatDouble(1), "1");
  EXPECT_EQ(FormatDouble(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(FormatDouble(std::nan("")), "nan");
  EXPECT_EQ(FormatDouble(INFINITY), "inf");
  EXPECT_EQ(FormatDouble(-INFINITY), "-inf");
}

TEST(FormatDouble, ParsesBackExactly) {
  std::mt19937_64 engine(1);
  std::vector<double> values = {0.0,
                                -0.0,
                                5e-324,
                                1.0 / 3,
                                std::numeric_limits<double>::max(),
                                std::numeric_limits<double>::min()};
  for (int i = 0; i < 20000; ++i) {
    const uint64_t bits = engine();
    double value;
    std::memcpy(&value, &bits, sizeof(value));
    if (std::isfinite(value)) values.push_back(value);
  }
  for (const double value : values) {
    double back;
    ASSERT_TRUE(absl::SimpleAtod(FormatDouble(value), &back));
    EXPECT_EQ(std::memcmp(&back, &value, sizeof(value)), 0) << value;
  }
}

TEST(FormatBytes, CountsInThousands) {
  EXPECT_EQ(FormatBytes(999), "999 B");
  EXPECT_EQ(FormatBytes(1200), "1.2 kB");
  EXPECT_EQ(FormatBytes(1234567890), "1.2 GB");
}

TEST(DescribeDuration, RoundsToSeconds) {
  EXPECT_EQ(DescribeDuration(absl::Seconds(44.6)), "45 s");
  EXPECT_EQ(DescribeDuration(absl::Seconds(59.6)), "1 min 0 s");
  EXPECT_EQ(DescribeDuration(absl::Seconds(200)), "3 min 20 s");
  EXPECT_EQ(DescribeDuration(absl::Minutes(125)), "2 h 5 min");
}

TEST(SplitList, KeepsCommasInParentheses) {
  EXPECT_THAT(SplitList("a, b(c=1,d=2) ,e"),
              ElementsAre("a", "b(c=1,d=2)", "e"));
  EXPECT_THAT(SplitList(""), ElementsAre());
  EXPECT_THAT(SplitList(" "), ElementsAre());
}

TEST(ParseIntList, ReadsNumbersAndRanges) {
  EXPECT_THAT(*ParseIntList("seeds", "3"), ElementsAre(3));
  EXPECT_THAT(*ParseIntList("seeds", "0,1, 2"), ElementsAre(0, 1, 2));
  EXPECT_THAT(*ParseIntList("seeds", "7,0..2"), ElementsAre(7, 0, 1, 2));
  EXPECT_THAT(*ParseIntList("seeds", "-2..-1"), ElementsAre(-2, -1));
}

TEST(ParseIntList, EndsAtTheLargestNumbers) {
  EXPECT_THAT(*ParseIntList("seeds", "9223372036854775807"),
              ElementsAre(std::numeric_limits<int64_t>::max()));
  EXPECT_THAT(
      ParseIntList("seeds", "-9223372036854775808..9223372036854775807"),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("seeds")));
}

TEST(ParseIntList, NamesTheWordThatIsNoNumber) {
  for (const char* word : {"x", "1.5", "1..", "..2", "3..1", "1...3", "0x1",
                           "0..99999999", "9223372036854775808"}) {
    EXPECT_THAT(ParseIntList("--seeds", std::string("1,") + word),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr("--seeds"),
                               HasSubstr(std::string("'") + word + "'"))));
  }
  EXPECT_THAT(ParseIntList("--seeds", ""),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("empty")));
}

}  // namespace
}  // namespace nclab
