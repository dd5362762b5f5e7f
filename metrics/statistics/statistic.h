// What a statistic is, and how one is registered.
//
// A statistic is what is added up in a pass over the samples of a split: of one
// layer's features, or of the split as a whole. Its named arrays are saved with
// an evaluation; metrics are functions of them, then and later.
#ifndef NCLAB_METRICS_STATISTICS_STATISTIC_H_
#define NCLAB_METRICS_STATISTICS_STATISTIC_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "metrics/statistics/kept/kept.h"
#include "tools/base/registry/registry.h"

namespace nclab {

// B samples, all tensors on StatisticInput::device.
struct Batch {
  at::Tensor features;     // [B, D] floating; undefined for scope kSplit
  at::Tensor labels;       // int64 [B] in 0 .. classes-1
  at::Tensor fine_labels;  // int64 [B], or undefined: those before a view
                           // joined classes
  at::Tensor logits;       // [B, K]; scope kSplit only, and its first look
  at::Tensor decisions;    // int64 [B], arg max of the logits, or undefined
  at::Tensor objective;    // fp64 [], sum over the samples of what training
                           // minimises; with logits of runs, or undefined
};

// What is known before a statistic's first look. All but the numbers may be
// missing (nullptr) and outlive the statistic.
struct StatisticInput {
  int64_t classes = 0;  // K
  int64_t dim = 0;      // D; 0 for scope kSplit
  int64_t samples = 0;  // N that will be looked at, those of merged ones too
  at::Device device = at::kCPU;
  // What is finished of this layer and split; `head` where the layer is its
  // input.
  const Kept* own = nullptr;
  // The same of the training split at the same time; nullptr if this is it.
  const Kept* train = nullptr;
  // The same of this split at T; `own` itself if T is now. Only when kAfterT.
  const Kept* last = nullptr;
};

class Statistic {
 public:
  virtual ~Statistic() = default;

  // Whether it wants look `n`, n = 0, 1, ...: all samples once more, in the
  // same batches. Asked when look n-1 is over. What has to be done between two
  // looks is done here.
  virtual bool WantsLook(int n) { return n == 0; }

  virtual void Add(const Batch& batch) = 0;

  // What was added up, as StatisticInfo::arrays says, on the CPU.
  virtual Arrays Finish() const = 0;

  // The sums of the look so far, in the form in which another one's Merge()
  // adds them to its own: shards of a split, on one device or several, become
  // one. Both began with the same input.
  virtual Arrays Sums() const { return Finish(); }
  // \error kUnimplemented if samples have to be seen in one place.
  virtual absl::Status Merge(const Arrays& sums) = 0;
};

enum class StatisticScope {
  kLayer,  // looks at features
  kSplit,  // looks at logits
};

enum class StatisticTime {
  kNow,    // at every evaluation
  kAtT,    // at the last one only: what is fitted to the features at T
  kAfterT  // at every evaluation, once what was kept at T is there
};

struct ArrayInfo {
  std::string name;
  std::string shape;    // "[K, D]"; "" of one number
  std::string meaning;  // with its unit; where it may be missing, when
};

struct StatisticInfo {
  std::string name;       // as metrics name it
  std::string summary;    // one line
  std::string reference;  // formula, paper, page
  int version = 1;        // another one where the arrays change
  std::vector<ArrayInfo> arrays;
  StatisticScope scope = StatisticScope::kLayer;
  StatisticTime time = StatisticTime::kNow;
  // Statistics whose arrays it looks at: of the same layer and split, finished
  // in an earlier look. When kAfterT also those kAtT, in `last`.
  std::vector<std::string> after = {};
  bool merges = true;  // Merge() is implemented
  // Kept with an evaluation on disk; else only until those that look at it, of
  // both splits, are finished.
  bool saved = true;
  std::vector<ParamSpec> params = {};
};

// nullptr if there is nothing to look at here: no logits, no training split.
// What metrics then ask for is not there, and they have no row.
using StatisticFactory = std::function<std::unique_ptr<Statistic>(
    const Params&, const StatisticInput&)>;

using StatisticRegistry = Registry<StatisticInfo, StatisticFactory>;
StatisticRegistry& Statistics();

// Registers at static-initialisation time. Returns true.
bool RegisterStatistic(StatisticInfo info, StatisticFactory factory,
                       const char* file, int line);

}  // namespace nclab

// In a .cc file only, once per statistic. The arguments are a StatisticInfo and
// a StatisticFactory.
#define NCLAB_REGISTER_STATISTIC(...) \
  NCLAB_REGISTER(::nclab::RegisterStatistic, __VA_ARGS__)

#endif  // NCLAB_METRICS_STATISTICS_STATISTIC_H_
