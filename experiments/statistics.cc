#include "experiments/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include "tools/base/logging.h"

namespace nclab {
namespace {

using Cells = std::vector<std::string>;

// Those of all `values`, each once.
Cells CellsOf(const std::vector<Value>& values) {
  std::set<std::string> cells;
  for (const Value& value : values) {
    cells.insert(value.cells.begin(), value.cells.end());
  }
  return {cells.begin(), cells.end()};
}

// nullptr if the seed has no rows of the cell.
const RunRows* RunOf(const SeedRows& seed, const std::string& cell) {
  const auto found = seed.find(cell);
  return found == seed.end() || found->second.rows.empty() ? nullptr
                                                           : &found->second;
}

// log10 of each layer at `step`; nothing if one is not there or not positive.
std::optional<std::vector<double>> LogsAt(const RunRows& run, int64_t step,
                                          const Quantity& quantity) {
  std::vector<double> logs;
  for (const std::string& layer : SelectLayers(run.rows, quantity.layers)) {
    const auto value = FindValue(run.rows, step, quantity, layer);
    if (!value || *value <= 0) return std::nullopt;
    logs.push_back(std::log10(*value));
  }
  if (logs.empty()) return std::nullopt;
  return logs;
}

std::optional<std::vector<double>> LogsAtEnd(const SeedRows& seed,
                                             const std::string& cell,
                                             const Quantity& quantity) {
  const RunRows* run = RunOf(seed, cell);
  if (run == nullptr) return std::nullopt;
  return LogsAt(*run, StepRange(run->rows)->second, quantity);
}

// How far each layer falls; nothing if no evaluation lies between the end of
// the first epoch and the last step.
std::optional<std::vector<double>> Falls(const SeedRows& seed,
                                         const std::string& cell,
                                         const Quantity& quantity) {
  const RunRows* run = RunOf(seed, cell);
  if (run == nullptr) return std::nullopt;
  const int64_t last = StepRange(run->rows)->second;
  int64_t first = last;
  for (const MetricRow& row : run->rows) {
    if (row.step >= run->epoch) first = std::min(first, row.step);
  }
  if (first == last) return std::nullopt;
  auto falls = LogsAt(*run, first, quantity);
  const auto ends = LogsAt(*run, last, quantity);
  if (!falls || !ends) return std::nullopt;
  for (size_t i = 0; i < falls->size(); ++i) (*falls)[i] -= (*ends)[i];
  return falls;
}

// The least of a[i] - a[i + 1]; nothing for fewer than two.
std::optional<double> LeastStepDown(const std::vector<double>& a) {
  if (a.size() < 2) return std::nullopt;
  double least = a[0] - a[1];
  for (size_t i = 1; i + 1 < a.size(); ++i) {
    least = std::min(least, a[i] - a[i + 1]);
  }
  return least;
}

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

// Log10 of the step (plus 1) at which `curve` (step, value; ascending) first
// goes below `level`; nothing if it starts there or never does.
std::optional<double> PassesBelow(
    const std::vector<std::pair<double, double>>& curve, double level) {
  for (size_t i = 0; i < curve.size(); ++i) {
    if (curve[i].second > level) continue;
    if (i == 0) return std::nullopt;
    const auto [step, value] = curve[i];
    const auto [before, above] = curve[i - 1];
    const double share = (std::log10(above) - std::log10(level)) /
                         (std::log10(above) - std::log10(value));
    const double from = std::log10(before + 1), to = std::log10(step + 1);
    return from + share * (to - from);
  }
  return std::nullopt;
}

// Whether the plan left out every cell of `value`.
bool LeftOut(const SeedRows& seed, const Value& value) {
  return std::none_of(
      value.cells.begin(), value.cells.end(),
      [&](const std::string& cell) { return seed.count(cell) > 0; });
}

// Two sides of pairs. `x` are the numbers of `known` where that is not empty.
struct Sides {
  std::vector<double> known;
  std::vector<Value> x, y;
};

// The ranks of each side; nothing for fewer than three pairs, or where a number
// is missing.
struct Ranked {
  std::vector<double> x, y;
};

std::optional<Ranked> RankPairs(const SeedRows& seed, const Sides& sides) {
  Ranked pairs;
  for (size_t i = 0; i < sides.y.size(); ++i) {
    const bool known = !sides.known.empty();
    if ((!known && LeftOut(seed, sides.x[i])) || LeftOut(seed, sides.y[i])) {
      continue;
    }
    const auto x = known ? sides.known[i] : FindValue(seed, sides.x[i]);
    const auto y = FindValue(seed, sides.y[i]);
    if (!x || !y) return std::nullopt;
    pairs.x.push_back(*x);
    pairs.y.push_back(*y);
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

Statistic RankCorrelation(Sides sides, int sign) {
  constexpr size_t kMostPairs = 8;  // 40,320 pairings
  std::vector<Value> all = sides.x;
  all.insert(all.end(), sides.y.begin(), sides.y.end());
  size_t in_pairs = 0;
  for (size_t i = 0; i < sides.y.size(); ++i) {
    std::vector<Value> pair = {sides.y[i]};
    if (!sides.x.empty()) pair.push_back(sides.x[i]);
    in_pairs += CellsOf(pair).size();
  }
  const Cells cells = CellsOf(all);
  const bool apart = in_pairs == cells.size();  // no run is in two pairs
  return Statistic(
      cells,
      [=](const SeedRows& seed) -> std::optional<double> {
        const auto pairs = RankPairs(seed, sides);
        if (!pairs) return std::nullopt;
        return Correlation(pairs->x, pairs->y) * sign;
      },
      /*most=*/1,
      [=](const SeedRows& seed) -> std::vector<double> {
        const auto pairs = RankPairs(seed, sides);
        if (!apart || !pairs || pairs->x.size() > kMostPairs) return {};
        return AllCorrelations(*pairs, sign);
      });
}

// log10(a / b) where both are there and positive.
std::optional<double> LogRatio(std::optional<double> a,
                               std::optional<double> b) {
  if (!a || !b || *a <= 0 || *b <= 0) return std::nullopt;
  return std::log10(*a / *b);
}

}  // namespace

Statistic LayersDescendAtEnd(const std::string& cell, Quantity quantity) {
  return Statistic({cell}, [=](const SeedRows& seed) -> std::optional<double> {
    const auto ends = LogsAtEnd(seed, cell, quantity);
    if (!ends) return std::nullopt;
    return LeastStepDown(*ends);
  });
}

Statistic EveryLayerFalls(const std::string& cell, Quantity quantity) {
  return Statistic({cell}, [=](const SeedRows& seed) -> std::optional<double> {
    const auto falls = Falls(seed, cell, quantity);
    if (!falls) return std::nullopt;
    return *std::min_element(falls->begin(), falls->end());
  });
}

Statistic LastLayerFallsMost(const std::string& cell, Quantity quantity) {
  return Statistic({cell}, [=](const SeedRows& seed) -> std::optional<double> {
    const auto falls = Falls(seed, cell, quantity);
    if (!falls || falls->size() < 2) return std::nullopt;
    return falls->back() - *std::max_element(falls->begin(), falls->end() - 1);
  });
}

Statistic DeeperLayersFallFirst(const std::string& cell, Quantity quantity) {
  return Statistic({cell}, [=](const SeedRows& seed) -> std::optional<double> {
    const auto ends = LogsAtEnd(seed, cell, quantity);
    if (!ends) return std::nullopt;
    const double level =
        std::pow(10, *std::max_element(ends->begin(), ends->end()));
    const std::vector<MetricRow>& rows = seed.at(cell).rows;
    std::vector<double> passes;
    for (const std::string& layer : SelectLayers(rows, quantity.layers)) {
      std::vector<std::pair<double, double>> curve;
      for (const MetricRow& row : rows) {
        if (!IsOf(row, quantity, layer)) continue;
        if (!std::isfinite(row.value)) return std::nullopt;
        curve.emplace_back(static_cast<double>(row.step), row.value);
      }
      std::sort(curve.begin(), curve.end());
      const auto pass = PassesBelow(curve, level * (1 + 1e-12));
      if (!pass) return std::nullopt;
      passes.push_back(*pass);
    }
    return LeastStepDown(passes);
  });
}

Statistic StaysAbove(Value value, double limit) {
  return Statistic(value.cells, [=](const SeedRows& seed) {
    return LogRatio(FindValue(seed, value), limit);
  });
}

Statistic Above(Value a, Value b, double factor) {
  return Statistic(
      CellsOf({a, b}), [=](const SeedRows& seed) -> std::optional<double> {
        const auto ratio = LogRatio(FindValue(seed, a), FindValue(seed, b));
        if (!ratio) return std::nullopt;
        return *ratio - std::log10(factor);
      });
}

Statistic Exceeds(Value a, Value b) {
  CHECK_EQ(a.cells.size(), b.cells.size());
  return Statistic(CellsOf({a, b}),
                   [=](const SeedRows& seed) -> std::optional<double> {
                     Value both_a = a, both_b = b;
                     both_a.cells.clear();
                     both_b.cells.clear();
                     for (size_t i = 0; i < a.cells.size(); ++i) {
                       if (seed.count(a.cells[i]) + seed.count(b.cells[i]) < 2)
                         continue;
                       both_a.cells.push_back(a.cells[i]);
                       both_b.cells.push_back(b.cells[i]);
                     }
                     const auto found_a = FindValue(seed, both_a);
                     const auto found_b = FindValue(seed, both_b);
                     if (!found_a || !found_b) return std::nullopt;
                     return *found_a - *found_b;
                   });
}

Statistic Below(Value value, double limit) {
  return Statistic(value.cells,
                   [=](const SeedRows& seed) -> std::optional<double> {
                     const auto found = FindValue(seed, value);
                     if (!found) return std::nullopt;
                     return 1 - *found / limit;
                   });
}

Statistic RankCorrelation(std::vector<Value> x, std::vector<Value> y,
                          int sign) {
  CHECK_EQ(x.size(), y.size());
  return RankCorrelation(Sides{{}, std::move(x), std::move(y)}, sign);
}

Statistic RankCorrelation(std::vector<double> x, std::vector<Value> y,
                          int sign) {
  CHECK_EQ(x.size(), y.size());
  return RankCorrelation(Sides{std::move(x), {}, std::move(y)}, sign);
}

Statistic Least(std::vector<Statistic> statistics) {
  std::set<std::string> cells;
  for (const Statistic& statistic : statistics) {
    cells.insert(statistic.cells().begin(), statistic.cells().end());
  }
  return Statistic({cells.begin(), cells.end()},
                   [=](const SeedRows& seed) -> std::optional<double> {
                     std::optional<double> least;
                     for (const Statistic& statistic : statistics) {
                       const auto effect = statistic(seed);
                       if (!effect) return std::nullopt;
                       least = std::min(least.value_or(*effect), *effect);
                     }
                     return least;
                   });
}

}  // namespace nclab
