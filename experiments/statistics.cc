#include "experiments/statistics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

namespace nclab {
namespace {

// log10 of the value of each layer at the first and the last step.
struct Ends {
  std::vector<double> first;
  std::vector<double> last;
};

std::optional<Ends> EndsOf(const SeedRows& seed, const std::string& cell,
                           const Quantity& quantity) {
  const auto found = seed.find(cell);
  if (found == seed.end()) return std::nullopt;
  const std::vector<MetricRow>& rows = found->second;
  const auto range = StepRange(rows);
  if (!range) return std::nullopt;
  Ends ends;
  for (const std::string& layer : SelectLayers(rows, quantity.layers)) {
    const auto first = FindValue(rows, range->first, quantity, layer);
    const auto last = FindValue(rows, range->second, quantity, layer);
    if (!first || !last || *first <= 0 || *last <= 0) return std::nullopt;
    ends.first.push_back(std::log10(*first));
    ends.last.push_back(std::log10(*last));
  }
  if (ends.last.empty()) return std::nullopt;
  return ends;
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

// Pearson's correlation; nothing if one side is constant.
std::optional<double> Correlation(const std::vector<double>& x,
                                  const std::vector<double>& y) {
  const double n = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xy = 0, xx = 0, yy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  if (xx == 0 || yy == 0) return std::nullopt;
  return xy / std::sqrt(xx * yy);
}

struct Pairs {
  std::vector<double> x, y;

  // False if one of them is missing.
  bool Add(std::optional<double> a, std::optional<double> b) {
    if (!a || !b) return false;
    x.push_back(*a);
    y.push_back(*b);
    return true;
  }

  std::optional<double> RankCorrelation(int sign) const {
    if (x.size() < 3) return std::nullopt;
    const auto correlation = Correlation(Ranks(x), Ranks(y));
    if (!correlation) return std::nullopt;
    return *correlation * sign;
  }

  // The same for every pairing of x with y.
  std::vector<double> RankCorrelations(int sign) const {
    if (x.size() > kMostPairs || !RankCorrelation(sign)) return {};
    const std::vector<double> fixed = Ranks(x), moved = Ranks(y);
    std::vector<size_t> order(moved.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::vector<double> all;
    std::vector<double> arranged(moved.size());
    do {
      for (size_t i = 0; i < order.size(); ++i) arranged[i] = moved[order[i]];
      all.push_back(*Correlation(fixed, arranged) * sign);
    } while (std::next_permutation(order.begin(), order.end()));
    return all;
  }

 private:
  static constexpr size_t kMostPairs = 8;  // 40,320 pairings
};

// The claim that pairs, as `collect` finds them, are correlated. `collect` says
// nothing where one is missing.
Statistic OfPairs(std::function<std::optional<Pairs>(const SeedRows&)> collect,
                  int sign) {
  return Statistic(
      [=](const SeedRows& seed) -> std::optional<double> {
        const std::optional<Pairs> pairs = collect(seed);
        if (!pairs) return std::nullopt;
        return pairs->RankCorrelation(sign);
      },
      [=](const SeedRows& seed) -> std::vector<double> {
        const std::optional<Pairs> pairs = collect(seed);
        if (!pairs) return {};
        return pairs->RankCorrelations(sign);
      });
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

// log10(a / b) where both are there and positive.
std::optional<double> LogRatio(std::optional<double> a,
                               std::optional<double> b) {
  if (!a || !b || *a <= 0 || *b <= 0) return std::nullopt;
  return std::log10(*a / *b);
}

}  // namespace

Statistic LayersDescendAtEnd(const std::string& cell, Quantity quantity) {
  return [cell, quantity = std::move(quantity)](
             const SeedRows& seed) -> std::optional<double> {
    const auto ends = EndsOf(seed, cell, quantity);
    if (!ends || ends->last.size() < 2) return std::nullopt;
    double least = ends->last[0] - ends->last[1];
    for (size_t i = 1; i + 1 < ends->last.size(); ++i) {
      least = std::min(least, ends->last[i] - ends->last[i + 1]);
    }
    return least;
  };
}

Statistic EveryLayerFalls(const std::string& cell, Quantity quantity) {
  return [cell, quantity = std::move(quantity)](
             const SeedRows& seed) -> std::optional<double> {
    const auto ends = EndsOf(seed, cell, quantity);
    if (!ends) return std::nullopt;
    double least = ends->first[0] - ends->last[0];
    for (size_t i = 1; i < ends->last.size(); ++i) {
      least = std::min(least, ends->first[i] - ends->last[i]);
    }
    return least;
  };
}

Statistic LastLayerFallsMost(const std::string& cell, Quantity quantity) {
  return [cell, quantity = std::move(quantity)](
             const SeedRows& seed) -> std::optional<double> {
    const auto ends = EndsOf(seed, cell, quantity);
    if (!ends || ends->last.size() < 2) return std::nullopt;
    const size_t last = ends->last.size() - 1;
    double greatest = ends->first[0] - ends->last[0];
    for (size_t i = 1; i < last; ++i) {
      greatest = std::max(greatest, ends->first[i] - ends->last[i]);
    }
    return ends->first[last] - ends->last[last] - greatest;
  };
}

Statistic DeeperLayersFallFirst(const std::string& cell, Quantity quantity) {
  return [cell, quantity = std::move(quantity)](
             const SeedRows& seed) -> std::optional<double> {
    const auto ends = EndsOf(seed, cell, quantity);
    if (!ends || ends->last.size() < 2) return std::nullopt;
    const double level =
        std::pow(10, *std::max_element(ends->last.begin(), ends->last.end()));
    const std::vector<MetricRow>& rows = seed.at(cell);
    std::vector<double> passes;
    for (const std::string& layer : SelectLayers(rows, quantity.layers)) {
      std::vector<std::pair<double, double>> curve;
      for (const MetricRow& row : rows) {
        if (row.layer == layer && row.split == quantity.split &&
            row.metric == quantity.metric && row.anchor == quantity.anchor) {
          curve.emplace_back(static_cast<double>(row.step), row.value);
        }
      }
      std::sort(curve.begin(), curve.end());
      const auto pass = PassesBelow(curve, level * (1 + 1e-12));
      if (!pass) return std::nullopt;
      passes.push_back(*pass);
    }
    double least = passes[0] - passes[1];
    for (size_t i = 1; i + 1 < passes.size(); ++i) {
      least = std::min(least, passes[i] - passes[i + 1]);
    }
    return least;
  };
}

Statistic FallsFurther(const std::string& cell, Quantity a, Quantity b,
                       double factor) {
  return [=](const SeedRows& seed) -> std::optional<double> {
    const auto fall_a = EveryLayerFalls(cell, a)(seed);
    const auto fall_b = EveryLayerFalls(cell, b)(seed);
    if (!fall_a || !fall_b) return std::nullopt;
    return *fall_a - *fall_b - std::log10(factor);
  };
}

Statistic StaysAbove(Value value, double limit) {
  return [=](const SeedRows& seed) {
    return LogRatio(FindValue(seed, value), limit);
  };
}

Statistic Above(Value a, Value b) {
  return [=](const SeedRows& seed) {
    return LogRatio(FindValue(seed, a), FindValue(seed, b));
  };
}

Statistic Exceeds(Value a, Value b) {
  return [=](const SeedRows& seed) -> std::optional<double> {
    const auto found_a = FindValue(seed, a);
    const auto found_b = FindValue(seed, b);
    if (!found_a || !found_b) return std::nullopt;
    return *found_a - *found_b;
  };
}

Statistic Below(Value value, double limit) {
  return [=](const SeedRows& seed) -> std::optional<double> {
    const auto found = FindValue(seed, value);
    if (!found) return std::nullopt;
    return 1 - *found / limit;
  };
}

Statistic TestAboveTrainAtZeroError(const std::string& cell) {
  return [=](const SeedRows& seed) -> std::optional<double> {
    const auto accuracy =
        FindValue(seed, {{cell}, {"accuracy", "train", "", ""}});
    const auto above =
        Above({{cell}, StrongTestVariance()}, {{cell}, TrainVariance()})(seed);
    if (!accuracy || !above) return std::nullopt;
    return *accuracy < 1 ? *accuracy - 1 : *above;
  };
}

Statistic RankCorrelation(std::vector<Value> x, std::vector<Value> y,
                          int sign) {
  return OfPairs(
      [=](const SeedRows& seed) -> std::optional<Pairs> {
        Pairs pairs;
        for (size_t i = 0; i < x.size(); ++i) {
          if (LeftOut(seed, x[i]) || LeftOut(seed, y[i])) continue;
          if (!pairs.Add(FindValue(seed, x[i]), FindValue(seed, y[i]))) {
            return std::nullopt;
          }
        }
        return pairs;
      },
      sign);
}

Statistic RankCorrelation(std::vector<double> x, std::vector<Value> y,
                          int sign) {
  return OfPairs(
      [=](const SeedRows& seed) -> std::optional<Pairs> {
        Pairs pairs;
        for (size_t i = 0; i < x.size(); ++i) {
          if (LeftOut(seed, y[i])) continue;
          if (!pairs.Add(x[i], FindValue(seed, y[i]))) return std::nullopt;
        }
        return pairs;
      },
      sign);
}

Statistic Least(std::vector<Statistic> statistics) {
  return [=](const SeedRows& seed) -> std::optional<double> {
    std::optional<double> least;
    for (const Statistic& statistic : statistics) {
      const auto effect = statistic(seed);
      if (!effect) return std::nullopt;
      least = std::min(least.value_or(*effect), *effect);
    }
    return least;
  };
}

}  // namespace nclab
