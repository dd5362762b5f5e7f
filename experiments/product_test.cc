#include "experiments/product.h"

#include "gtest/gtest.h"

namespace nclab {
namespace {

std::vector<Cell> Cells() {
  return Product({{{{"data", "mnist"}}, {{"data", "stl10"}, {"large", "yes"}}},
                  {{{"net", "small"}, {"large", "no"}},
                   {{"net", "large"}, {"large", "yes"}},
                   {{"net", "any"}}}},
                 [](const Words& at) {
                   return Cell{Fill("{data}-{net}", at), RunSpec()};
                 });
}

TEST(Product, CombinesRowsThatAgree) {
  const std::vector<Cell> cells = Cells();
  using Names = std::vector<std::string>;
  EXPECT_EQ(CellsAt(cells, {}),
            (Names{"mnist-small", "mnist-large", "mnist-any", "stl10-large",
                   "stl10-any"}));
  EXPECT_EQ(CellsAt(cells, {{"large", "yes"}}),
            (Names{"mnist-large", "stl10-large", "stl10-any"}));
  EXPECT_EQ(CellsAt(cells, {{"data", "stl10"}, {"net", "small|any"}}),
            Names{"stl10-any"});
  EXPECT_EQ(CellsAt(cells, {{"cell", "mnist-any"}}), Names{"mnist-any"});
  EXPECT_TRUE(CellsAt(cells, {{"depth", "3"}}).empty());
  EXPECT_EQ(cells[4].at.at("index"), "4");
}

TEST(Values, AreRows) {
  EXPECT_EQ(Values("rate", "0.1|1"),
            (Axis{{{"rate", "0.1"}}, {{"rate", "1"}}}));
}

}  // namespace
}  // namespace nclab
