// Cells as a product of axes, and those of them that a filter picks.
#ifndef NCLAB_EXPERIMENTS_PRODUCT_H_
#define NCLAB_EXPERIMENTS_PRODUCT_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/experiment.h"

namespace nclab {

// What varies: a row per value, each a value's name and whatever depends on it,
// as {{"net", "vgg11_bn"}, {"lr", "0.01"}}.
using Axis = std::vector<Words>;

// A row for each of the values, as Values("rate", "0.01|0.1").
Axis Values(const std::string& key, const std::string& values);

// `make` of every combination of rows, the first axis slowest; Cell::at is the
// combination, and its number from 0 as "index". Rows that disagree about a key
// are not combined.
std::vector<Cell> Product(const std::vector<Axis>& axes,
                          const std::function<Cell(const Words& at)>& make);

// `text` with the value of `words` in place of each "{key}".
std::string Fill(const std::string& text, const Words& words);

// Whether `cell` is one of those that `where` asks for, as Rule::where.
bool IsAt(const Cell& cell, const Words& where);

// Whether `preset` has no run of `cell`.
bool LeavesOut(const Preset& preset, const Cell& cell);

// The reading of that name; that of "text" has no rules.
// \error kNotFound lists those that there are.
absl::StatusOr<Reading> FindReading(const Experiment& experiment,
                                    const std::string& name);

// In which convention `reading` reads the runs of `cell`: the last that a rule
// for it names.
Convention ConventionOf(const Reading& reading, const Cell& cell);

// Names of the cells for which IsAt() holds, in their order.
std::vector<std::string> CellsAt(const std::vector<Cell>& cells,
                                 const Words& where);

// At() of each of them.
std::vector<Number> AtEach(const std::vector<std::string>& cells,
                           const Quantity& quantity);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_PRODUCT_H_
