#include "experiments/product.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tools/base/errors.h"

namespace nclab {
namespace {

// Both; nothing where they disagree.
std::optional<Words> Joined(const Words& a, const Words& b) {
  Words both = a;
  for (const auto& [key, value] : b) {
    if (both.emplace(key, value).first->second != value) return std::nullopt;
  }
  return both;
}

}  // namespace

Axis Values(const std::string& key, const std::string& values) {
  Axis axis;
  for (const absl::string_view value : absl::StrSplit(values, '|')) {
    axis.push_back({{key, std::string(value)}});
  }
  return axis;
}

std::vector<Cell> Product(const std::vector<Axis>& axes,
                          const std::function<Cell(const Words& at)>& make) {
  std::vector<Words> combinations = {{}};
  for (const Axis& axis : axes) {
    std::vector<Words> next;
    for (const Words& one : combinations) {
      for (const Words& row : axis) {
        if (auto both = Joined(one, row)) next.push_back(*std::move(both));
      }
    }
    combinations = std::move(next);
  }
  std::vector<Cell> cells;
  for (Words& at : combinations) {
    at["index"] = absl::StrCat(cells.size());
    Cell cell = make(at);
    cell.at = std::move(at);
    cells.push_back(std::move(cell));
  }
  return cells;
}

std::string Fill(const std::string& text, const Words& words) {
  std::vector<std::pair<std::string, std::string>> values;
  for (const auto& [key, value] : words) {
    values.emplace_back(absl::StrCat("{", key, "}"), value);
  }
  return absl::StrReplaceAll(text, values);
}

bool IsAt(const Cell& cell, const Words& where) {
  return std::all_of(where.begin(), where.end(), [&](const auto& condition) {
    const auto& [axis, wanted] = condition;
    const auto own = cell.at.find(axis);
    if (own == cell.at.end() && axis != "cell") return false;
    const std::string& actual = own == cell.at.end() ? cell.name : own->second;
    const std::vector<std::string> values = absl::StrSplit(wanted, '|');
    return std::find(values.begin(), values.end(), actual) != values.end();
  });
}

bool LeavesOut(const Preset& preset, const Cell& cell) {
  return std::any_of(preset.rules.begin(), preset.rules.end(),
                     [&](const Rule& rule) {
                       return rule.leave_out && IsAt(cell, rule.where);
                     });
}

absl::StatusOr<Reading> FindReading(const Experiment& experiment,
                                    const std::string& name) {
  std::vector<std::string> known = {"text"};
  for (const Reading& reading : experiment.readings) {
    if (reading.name == name) return reading;
    known.push_back(reading.name);
  }
  if (name != "text") return UnknownNameError("reading", name, known);
  return Reading{
      "text", "what the text says, with the decisions listed below", {}, {}};
}

Convention ConventionOf(const Reading& reading, const Cell& cell) {
  Convention convention;
  for (const Rule& rule : reading.rules) {
    if (!rule.read.empty() && IsAt(cell, rule.where)) convention = rule.read;
  }
  return convention;
}

std::vector<std::string> CellsAt(const std::vector<Cell>& cells,
                                 const Words& where) {
  std::vector<std::string> names;
  for (const Cell& cell : cells) {
    if (IsAt(cell, where)) names.push_back(cell.name);
  }
  return names;
}

std::vector<Number> AtEach(const std::vector<std::string>& cells,
                           const Quantity& quantity) {
  std::vector<Number> numbers;
  for (const std::string& cell : cells) numbers.push_back(At(cell, quantity));
  return numbers;
}

}  // namespace nclab
