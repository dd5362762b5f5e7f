#include "tools/base/text/csv.h"

#include "gtest/gtest.h"

namespace nclab {
namespace {

TEST(CsvLine, QuotesWhatWouldEndAFieldOrALine) {
  EXPECT_EQ(CsvLine({"plain", "with blank", "", "1e-05"}),
            "plain,with blank,,1e-05\n");
  EXPECT_EQ(CsvLine({"mlp(width=64,depth=2)", "7"}),
            "\"mlp(width=64,depth=2)\",7\n");
  EXPECT_EQ(CsvLine({"say \"when\"", "two\nlines", "\r"}),
            "\"say \"\"when\"\"\",\"two\nlines\",\"\r\"\n");
}

}  // namespace
}  // namespace nclab
