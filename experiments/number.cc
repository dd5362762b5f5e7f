#include "experiments/number.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "tools/base/logging.h"
#include "tools/base/registry/choice.h"
#include "tools/base/text/json.h"

namespace nclab {
namespace {

using Cells = std::vector<std::string>;

constexpr Result kUndefined = {0, Lack::kUndefined};

Result Of(std::optional<double> value) {
  return value ? Result{*value} : kUndefined;
}

// What `of` says of the cell's run, once that has rows.
Number OfRun(const std::string& cell,
             std::function<Result(const RunRows&, const Scope&)> of) {
  return Number({cell}, [=](const Scope& scope) -> Result {
    const auto run = scope.seed.find(cell);
    if (run == scope.seed.end()) return {0, Lack::kLeftOut};
    if (run->second.diverged) return {0, Lack::kDiverged};
    if (run->second.rows.empty()) return {0, Lack::kNotRun};
    return of(run->second, scope);
  });
}

// `combine` of what numbers are.
Number Combined(Cells cells,
                std::function<std::vector<Result>(const Scope&)> of,
                std::function<double(const std::vector<double>&)> combine) {
  return Number(std::move(cells), [=](const Scope& scope) -> Result {
    Lack lack = Lack::kNothing;
    std::vector<double> values;
    for (const Result& one : of(scope)) {
      lack = std::max(lack, one.lack);
      values.push_back(one.value);
    }
    if (lack != Lack::kNothing) return {0, lack};
    return {combine(values)};
  });
}

Number Binary(Number a, Number b, std::function<double(double, double)> f) {
  return Combined(
      CellsOf({a, b}),
      [=](const Scope& scope) {
        return std::vector<Result>{a.In(scope), b.In(scope)};
      },
      [=](const std::vector<double>& v) { return f(v[0], v[1]); });
}

// Undefined for fewer than `least` numbers.
Number Reduced(Numbers numbers, size_t least,
               std::function<double(const std::vector<double>&)> combine) {
  return Combined(
      numbers.cells(),
      [=](const Scope& scope) {
        std::vector<Result> results;
        for (const auto& [name, one] : numbers.In(scope)) {
          results.push_back(one);
        }
        if (results.size() < least) results.push_back(kUndefined);
        return results;
      },
      std::move(combine));
}

double MostOf(const std::vector<double>& v) {
  return *std::max_element(v.begin(), v.end());
}

// A quantity in one layer, step by step; nothing if a value is no number.
std::optional<std::vector<std::pair<double, double>>> CurveOf(
    const RunRows& run, const Quantity& quantity, const std::string& layer) {
  std::vector<std::pair<double, double>> curve;
  for (const MetricRow& row : run.rows) {
    if (!IsOf(row, quantity, layer)) continue;
    if (!std::isfinite(row.value)) return std::nullopt;
    curve.emplace_back(static_cast<double>(row.step), row.value);
  }
  std::sort(curve.begin(), curve.end());
  return curve;
}

// Where `curve` passes below `level`, as StepsToFall().
Result PassesBelow(const std::vector<std::pair<double, double>>& curve,
                   double level) {
  for (size_t i = 0; i < curve.size(); ++i) {
    if (curve[i].second > level) continue;
    if (i == 0) return kUndefined;
    const auto [step, value] = curve[i];
    const auto [before, above] = curve[i - 1];
    const double share = (std::log10(above) - std::log10(level)) /
                         (std::log10(above) - std::log10(value));
    const double from = std::log10(before + 1), to = std::log10(step + 1);
    return {std::pow(10, from + share * (to - from)) - 1};
  }
  return kUndefined;
}

}  // namespace

Number::Number(double constant)
    : Number({}, [=](const Scope&) { return Result{constant}; }) {}

Result Number::In(const Scope& scope) const {
  const Result result = evaluate_(scope);
  if (result.lack != Lack::kNothing) return {0, result.lack};
  return std::isfinite(result.value) ? result : kUndefined;
}

std::optional<double> Number::operator()(const SeedRows& seed) const {
  const Result result = In({seed});
  if (result.lack != Lack::kNothing) return std::nullopt;
  return result.value;
}

Numbers::Numbers(std::vector<Number> numbers)
    : Numbers(CellsOf(numbers), [=](const Scope& scope) {
        std::vector<Named> results;
        for (const Number& one : numbers)
          results.emplace_back("", one.In(scope));
        return results;
      }) {}

std::vector<std::string> CellsOf(const std::vector<Number>& numbers) {
  std::set<std::string> cells;
  for (const Number& number : numbers) {
    cells.insert(number.cells().begin(), number.cells().end());
  }
  return {cells.begin(), cells.end()};
}

Time AtEnd() { return AtShare(1); }

Time AtStep(int64_t step) {
  return [=](const RunRows&, int64_t) { return step; };
}

Time AtShare(double share) {
  CHECK(share >= 0 && share <= 1)
      << "at is " << share << "; expected a share of the steps";
  return [=](const RunRows& run, int64_t) {
    const double last = static_cast<double>(StepRange(run.rows)->second);
    return std::llround(share * last);
  };
}

Time FromShare(double share) {
  return [=](const RunRows& run, int64_t) -> std::optional<int64_t> {
    const std::vector<int64_t> steps = Steps(run.rows);
    const auto found = std::lower_bound(
        steps.begin(), steps.end(), share * static_cast<double>(steps.back()));
    if (found == steps.end()) return std::nullopt;
    return *found;
  };
}

Time AfterFirstEpoch() {
  return [](const RunRows& run, int64_t) -> std::optional<int64_t> {
    const int64_t last = StepRange(run.rows)->second;
    for (const int64_t step : Steps(run.rows)) {
      if (step >= run.epoch && step < last) return step;
    }
    return std::nullopt;
  };
}

Time FirstBelow(Quantity quantity, double level) {
  return [=](const RunRows& run, int64_t) -> std::optional<int64_t> {
    for (const int64_t step : Steps(run.rows)) {
      const auto value = FindValue(run.rows, step, quantity, quantity.layers);
      if (value && *value < level) return step;
    }
    return std::nullopt;
  };
}

Time Now() {
  return [](const RunRows&, int64_t step) { return step; };
}

Number At(const std::string& cell, Quantity quantity, Time time) {
  return OfRun(cell, [=](const RunRows& run, const Scope& scope) -> Result {
    const std::optional<int64_t> step = time(run, scope.step);
    if (!step) return kUndefined;
    const Quantity read = run.convention.Of(quantity);
    std::optional<double> most;
    for (const std::string& layer : SelectLayers(run.rows, read.layers)) {
      const auto value = FindValue(run.rows, *step, read, layer);
      if (!value) return kUndefined;
      most = std::max(most.value_or(*value), *value);
    }
    return Of(most);
  });
}

Number AtReach(const std::string& cell, Quantity quantity, Quantity reaches,
               Number level) {
  const Number there =
      OfRun(cell, [=](const RunRows& run, const Scope& scope) -> Result {
        const Result least = level.In(scope);
        if (least.lack != Lack::kNothing) return least;
        for (const int64_t step : Steps(run.rows)) {
          const auto value = FindValue(run.rows, step, reaches, reaches.layers);
          if (!value || *value < least.value) continue;
          return At(cell, quantity, AtStep(step)).In(scope);
        }
        return kUndefined;
      });
  return Binary(there, level, [](double value, double) { return value; });
}

Number StepAt(const std::string& cell, Time time) {
  return OfRun(cell, [=](const RunRows& run, const Scope& scope) -> Result {
    const std::optional<int64_t> step = time(run, scope.step);
    return step ? Result{static_cast<double>(*step)} : kUndefined;
  });
}

Number StepsToFall(const std::string& cell, Quantity quantity, Number level) {
  const Number falls =
      OfRun(cell, [=](const RunRows& run, const Scope& scope) -> Result {
        const Result below = level.In(scope);
        if (below.lack != Lack::kNothing) return below;
        const auto curve =
            CurveOf(run, run.convention.Of(quantity), quantity.layers);
        // A curve that ends at the level has reached it, whatever its rounding.
        return curve ? PassesBelow(*curve, below.value * (1 + 1e-12))
                     : kUndefined;
      });
  return Binary(falls, level, [](double steps, double) { return steps; });
}

Number Samples(const std::string& cell) {
  return OfRun(cell, [](const RunRows& run, const Scope&) -> Result {
    if (run.samples < 1) return kUndefined;
    return {static_cast<double>(run.samples)};
  });
}

Number Setting(const std::string& cell, const std::string& name) {
  return OfRun(cell, [=](const RunRows& run, const Scope&) -> Result {
    const auto spec = nlohmann::json::parse(run.spec, nullptr, false);
    const size_t dot = name.find('.');
    if (dot == std::string::npos) {
      const double value = ValueOr(spec, name.c_str(), std::nan(""));
      return {value};
    }
    const auto choice =
        ParseChoice(ValueOr(spec, name.substr(0, dot).c_str(), std::string()));
    if (!choice.ok()) return kUndefined;
    for (const auto& [key, text] : choice->args) {
      double value = 0;
      if (key == name.substr(dot + 1) && absl::SimpleAtod(text, &value)) {
        return {value};
      }
    }
    return kUndefined;
  });
}

Numbers PerLayer(const std::string& cell, const std::string& selection,
                 std::function<Number(const std::string& layer)> make) {
  return Numbers({cell}, [=](const Scope& scope) {
    std::vector<Numbers::Named> results;
    const Result there = OfRun(cell, [](const RunRows&, const Scope&) {
                           return Result{};
                         }).In(scope);
    if (there.lack != Lack::kNothing) {
      results.emplace_back("", there);
      return results;
    }
    const RunRows& run = scope.seed.at(cell);
    for (const std::string& layer : SelectLayers(
             run.rows, run.convention.Of({"", "", "", selection}).layers)) {
      results.emplace_back(layer, make(layer).In(scope));
    }
    if (results.empty()) results.emplace_back("", kUndefined);
    return results;
  });
}

Number operator+(Number a, Number b) {
  return Binary(std::move(a), std::move(b), std::plus<>());
}

Number operator-(Number a, Number b) {
  return Binary(std::move(a), std::move(b), std::minus<>());
}

Number operator/(Number a, Number b) {
  return Binary(std::move(a), std::move(b), std::divides<>());
}

Number Log10(Number a) {
  return Reduced(std::vector<Number>{a}, 1,
                 [](const std::vector<double>& v) { return std::log10(v[0]); });
}

Number Least(Numbers numbers) {
  return Reduced(std::move(numbers), 1, [](const std::vector<double>& v) {
    return *std::min_element(v.begin(), v.end());
  });
}

Number Greatest(Numbers numbers) {
  return Reduced(std::move(numbers), 1, MostOf);
}

Number Mean(Numbers numbers) {
  return Reduced(std::move(numbers), 1, [](const std::vector<double>& v) {
    return std::accumulate(v.begin(), v.end(), 0.0) /
           static_cast<double>(v.size());
  });
}

Number Best(Numbers numbers) {
  return Combined(
      numbers.cells(),
      [=](const Scope& scope) {
        std::vector<Result> candidates;
        Result none = {0, Lack::kLeftOut};
        for (const auto& [name, one] : numbers.In(scope)) {
          if (one.lack == Lack::kDiverged) none = one;
          if (one.lack != Lack::kDiverged && one.lack != Lack::kLeftOut) {
            candidates.push_back(one);
          }
        }
        if (candidates.empty()) candidates.push_back(none);
        return candidates;
      },
      MostOf);
}

Number Beside(Number a, Number b) {
  return Number(CellsOf({a, b}), [=](const Scope& scope) -> Result {
    const Result other = b.In(scope);
    return other.lack == Lack::kLeftOut ? other : a.In(scope);
  });
}

Number LeastDrop(Numbers numbers) {
  return Reduced(std::move(numbers), 2, [](const std::vector<double>& v) {
    double least = v[0] - v[1];
    for (size_t i = 1; i + 1 < v.size(); ++i) {
      least = std::min(least, v[i] - v[i + 1]);
    }
    return least;
  });
}

Number LeadOfLast(Numbers numbers) {
  return Reduced(std::move(numbers), 2, [](const std::vector<double>& v) {
    return v.back() - *std::max_element(v.begin(), v.end() - 1);
  });
}

}  // namespace nclab
