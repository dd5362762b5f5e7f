#include "experiments/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "tools/base/logging.h"

namespace nclab {
namespace {

// Ranks from 1, ties at their mean.
std::vector<double> Ranks(const std::vector<double>& values) {
  std::vector<double> ranks;
  for (const double v : values) {
    double below = 0, equal = 0;
    for (const double other : values) {
      below += other < v;
      equal += other == v;
    }
    ranks.push_back(below + (equal + 1) / 2);
  }
  return ranks;
}

// Pearson's correlation; 0 if one side is constant.
double Correlation(const std::vector<double>& x, const std::vector<double>& y) {
  const double n = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xy = 0, xx = 0, yy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  if (xx == 0 || yy == 0) return 0;
  return xy / std::sqrt(xx * yy);
}

// The ranks of each side of pairs.
struct Ranked {
  std::vector<double> x, y;
};

// Those of the pairs that the plan has; nothing for fewer than three, or where
// a number is missing.
std::optional<Ranked> RankPairs(const SeedRows& seed,
                                const std::vector<Number>& x,
                                const std::vector<Number>& y) {
  Ranked pairs;
  for (size_t i = 0; i < y.size(); ++i) {
    const Result a = x[i].In({seed}), b = y[i].In({seed});
    const Lack lack = std::max(a.lack, b.lack);
    if (lack == Lack::kLeftOut) continue;
    if (lack != Lack::kNothing) return std::nullopt;
    pairs.x.push_back(a.value);
    pairs.y.push_back(b.value);
  }
  if (pairs.x.size() < 3) return std::nullopt;
  return Ranked{Ranks(pairs.x), Ranks(pairs.y)};
}

// Of each pairing of x with y.
std::vector<double> AllCorrelations(const Ranked& pairs, int sign) {
  std::vector<size_t> order(pairs.y.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::vector<double> all, arranged(order.size());
  do {
    for (size_t i = 0; i < order.size(); ++i) arranged[i] = pairs.y[order[i]];
    all.push_back(Correlation(pairs.x, arranged) * sign);
  } while (std::next_permutation(order.begin(), order.end()));
  return all;
}

// make(variance) of each of its layers.
Numbers OfLayers(const std::string& cell, const Quantity& variance,
                 const std::function<Number(const Quantity&)>& make) {
  return PerLayer(cell, variance.layers, [=](const std::string& layer) {
    Quantity one = variance;
    one.layers = layer;
    return make(one);
  });
}

// log10 of how far each layer falls.
Numbers Falls(const std::string& cell, const Quantity& variance) {
  return OfLayers(cell, variance, [=](const Quantity& one) {
    return Log10(At(cell, one, AfterFirstEpoch())) - Log10(At(cell, one));
  });
}

}  // namespace

Number LayersDescendAtEnd(const std::string& cell, const Quantity& variance) {
  return LeastDrop(OfLayers(cell, variance, [=](const Quantity& one) {
    return Log10(At(cell, one));
  }));
}

Number EveryLayerFalls(const std::string& cell, const Quantity& variance) {
  return Least(Falls(cell, variance));
}

Number LastLayerFallsMost(const std::string& cell, const Quantity& variance) {
  return LeadOfLast(Falls(cell, variance));
}

Number DeeperLayersFallFirst(const std::string& cell,
                             const Quantity& variance) {
  const Number level = At(cell, variance);
  return LeastDrop(OfLayers(cell, variance, [=](const Quantity& one) {
    return Log10(StepsToFall(cell, one, level) + 1);
  }));
}

Number Above(Number a, Number b, double factor) {
  return Log10(std::move(a) / std::move(b)) - std::log10(factor);
}

Number Below(Number value, double limit) {
  return 1 - std::move(value) / limit;
}

Number BestExceeds(const std::vector<Number>& a, const std::vector<Number>& b) {
  CHECK_EQ(a.size(), b.size());
  std::vector<Number> both_a, both_b;
  for (size_t i = 0; i < a.size(); ++i) {
    both_a.push_back(Beside(a[i], b[i]));
    both_b.push_back(Beside(b[i], a[i]));
  }
  return Best(both_a) - Best(both_b);
}

ClaimStatistic RankCorrelation(std::vector<Number> x, std::vector<Number> y,
                               int sign) {
  CHECK_EQ(x.size(), y.size());
  constexpr size_t kMostPairs = 8;  // 40,320 pairings
  std::vector<Number> all = x;
  all.insert(all.end(), y.begin(), y.end());
  const std::vector<std::string> cells = CellsOf(all);
  size_t in_pairs = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    in_pairs += CellsOf({x[i], y[i]}).size();
  }
  const bool apart = in_pairs == cells.size();  // no run is in two pairs
  return ClaimStatistic(
      Number(cells,
             [=](const Scope& scope) -> Result {
               const auto pairs = RankPairs(scope.seed, x, y);
               if (!pairs) return {0, Lack::kUndefined};
               return {Correlation(pairs->x, pairs->y) * sign};
             }),
      /*most=*/1, [=](const SeedRows& seed) -> std::vector<double> {
        const auto pairs = RankPairs(seed, x, y);
        if (!apart || !pairs || pairs->x.size() > kMostPairs) return {};
        return AllCorrelations(*pairs, sign);
      });
}

}  // namespace nclab
