// The rows of runs, as panels, claims and tables look at them.
#ifndef NCLAB_EXPERIMENTS_VALUES_H_
#define NCLAB_EXPERIMENTS_VALUES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/records/records.h"

namespace nclab {

// A number that is measured in a run.
struct Quantity {
  std::string metric;
  std::string split;
  std::string anchor;
  // Which layers: "hidden" (each but `features` and the .pre ones; `features`
  // where there is no other), "pre" (each .pre layer), a layer's name, or ""
  // for what belongs to no layer.
  std::string layers;
};

// The paper's three variances (section 3.1), of `features` unless named.
Quantity TrainVariance(const std::string& layers = "features");
Quantity StrongTestVariance(const std::string& layers = "features");
Quantity WeakTestVariance();

// How the variances of the paper's text are read: "" as the text says.
struct Convention {
  std::string metric = "";  // in place of variance_ratio
  std::string anchor = "";  // in place of final
  std::string layers = "";  // in place of hidden

  bool empty() const;
  Quantity Of(Quantity quantity) const;
  std::string Words() const;  // "Tr(S_W S_B^+), means of the same step"
};

// What panels and claims see of one run.
struct RunRows {
  std::vector<MetricRow> rows;  // none where it did not finish
  int64_t epoch = 1;            // SGD steps of an epoch
  bool diverged = false;        // it has no rows, and never will have
  int64_t samples = 0;          // of the training split; 0: not known
  std::string spec = "";        // JSON; "": not known
  Convention convention = {};   // in which its quantities are read
};

// The runs of one seed, by cell: every planned one.
using SeedRows = std::map<std::string, RunRows>;

// The names that Quantity::layers stands for among the layers of `rows`, in
// network order.
std::vector<std::string> SelectLayers(const std::vector<MetricRow>& rows,
                                      const std::string& selection);

// Whether `row` is a value of `quantity` in `layer`, one of SelectLayers().
bool IsOf(const MetricRow& row, const Quantity& quantity,
          const std::string& layer);

// The value of one number, if it is there and is one.
std::optional<double> FindValue(const std::vector<MetricRow>& rows,
                                int64_t step, const Quantity& quantity,
                                const std::string& layer);

// The same at the last step, of the layer that `quantity` names.
std::optional<double> ValueAtEnd(const std::vector<MetricRow>& rows,
                                 const Quantity& quantity);

// First and last evaluated step of the rows; nothing if there are none.
std::optional<std::pair<int64_t, int64_t>> StepRange(
    const std::vector<MetricRow>& rows);

// The evaluated steps, ascending.
std::vector<int64_t> Steps(const std::vector<MetricRow>& rows);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_VALUES_H_
