#include "metrics/statistics/testing/statistic_kit.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randperm.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "metrics/evaluation/looks.h"
#include "metrics/statistics/kept/views.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

constexpr int64_t kClasses = 5;  // class 3 has no samples
constexpr int64_t kDim = 7;
constexpr int64_t kSamples = 240;
constexpr double kTolerance = 1e-9;

// What a statistic may look at, now, at T and of the training split.
struct Data {
  at::Tensor features, finals, train;  // fp64 [N, D]
  at::Tensor labels, fine_labels;      // int64 [N]
  at::Tensor logits;                   // fp64 [N, K]
  int64_t batch = kSamples;
  int64_t shards = 1;
};

Data Typical() {
  at::manual_seed(1);
  const at::TensorOptions doubles(at::kDouble);
  const at::Tensor index = at::arange(kSamples, at::TensorOptions(at::kLong));
  Data data;
  data.fine_labels = (index * index).div(7, "floor").remainder(8);
  data.labels = data.fine_labels.div(2, "floor");
  data.labels += (data.labels == 3).to(at::kLong);
  const at::Tensor centers = at::randn({8, kDim}, doubles) * 5;
  const auto around = [&](const at::Tensor& of) {
    return of.index_select(0, data.fine_labels) +
           at::randn({kSamples, kDim}, doubles) * 0.5;
  };
  data.features = around(centers);
  data.finals = around(centers * 1.1 + 0.3);
  data.train = around(centers + at::randn({8, kDim}, doubles) * 0.2);
  data.logits = at::randn({kSamples, kClasses}, doubles);
  return data;
}

void Reorder(const at::Tensor& order, Data& data) {
  for (at::Tensor* rows : {&data.features, &data.finals, &data.train,
                           &data.labels, &data.fine_labels, &data.logits}) {
    *rows = rows->index_select(0, order);
  }
}

Data First(int64_t n) {
  Data data = Typical();
  Reorder(at::arange(n, at::TensorOptions(at::kLong)), data);
  return data;
}

// Shows samples [begin, end) of `data`.
void Show(const Data& data, const at::Tensor& features, int64_t begin,
          int64_t end, Looks& looks) {
  for (int64_t i = begin; i < end; i += data.batch) {
    const int64_t last = std::min(end, i + data.batch);
    Batch batch;
    batch.labels = data.labels.slice(0, i, last);
    batch.fine_labels = data.fine_labels.slice(0, i, last);
    batch.decisions = data.logits.slice(0, i, last).argmax(1);
    if (features.defined()) {
      batch.features = features.slice(0, i, last);
    } else {
      batch.logits = data.logits.slice(0, i, last);
      batch.objective = batch.logits.to(at::kDouble).abs().sum();
    }
    looks.Add(batch);
  }
}

// The shards look one after the other, each from what is kept so far, and the
// first adds up their sums.
absl::Status LookAt(const StatisticPlan& plan, const Data& data,
                    const at::Tensor& features, StatisticInput input,
                    Kept& kept) {
  const int64_t n = data.labels.size(0);
  input.classes = kClasses;
  input.dim = features.defined() ? features.size(1) : 0;
  input.samples = n;
  Looks looks(plan, input, kept);
  while (looks.Begin()) {
    for (int64_t shard = 0; shard < data.shards; ++shard) {
      const int64_t begin = shard * n / data.shards;
      const int64_t end = (shard + 1) * n / data.shards;
      if (shard == 0) {
        Show(data, features, begin, end, looks);
        continue;
      }
      Kept so_far = kept;
      Looks other(plan, input, so_far);
      other.Begin();
      Show(data, features, begin, end, other);
      NCLAB_RETURN_IF_ERROR(looks.Merge(other.Sums()));
    }
  }
  return absl::OkStatus();
}

// What `statistic` keeps; nothing if it does not apply.
absl::StatusOr<std::optional<Arrays>> ArraysOf(const std::string& statistic,
                                               const Data& data) {
  NCLAB_ASSIGN_OR_RETURN(const StatisticPlan plan, PlanStatistics({statistic}));
  const auto of = [&](StatisticTime time) {
    return Select(plan, StatisticScope::kLayer, time);
  };
  Kept whole, train, own, at_end;
  NCLAB_RETURN_IF_ERROR(
      LookAt(Select(plan, StatisticScope::kSplit, StatisticTime::kNow), data,
             {}, {}, whole));
  own.Set("head",
          Head{kClasses, kDim, std::vector<double>(kClasses * kDim, 1.0)}
              .ToArrays());
  StatisticInput input;
  NCLAB_RETURN_IF_ERROR(
      LookAt(of(StatisticTime::kNow), data, data.train, input, train));
  NCLAB_RETURN_IF_ERROR(
      LookAt(of(StatisticTime::kNow), data, data.finals, input, at_end));
  NCLAB_RETURN_IF_ERROR(
      LookAt(of(StatisticTime::kAtT), data, data.finals, input, at_end));
  input.train = &train;
  NCLAB_RETURN_IF_ERROR(
      LookAt(of(StatisticTime::kNow), data, data.features, input, own));
  input.last = &at_end;
  NCLAB_RETURN_IF_ERROR(
      LookAt(of(StatisticTime::kAfterT), data, data.features, input, own));
  for (const Kept* kept : {&own, &at_end, &whole}) {
    if (kept->Has(statistic)) return kept->Get(statistic);
  }
  return std::nullopt;
}

std::vector<double> Numbers(const Array& array) {
  if (!array.is_integer()) return array.reals();
  return {array.integers().begin(), array.integers().end()};
}

// \error if an array differs by more than rounding.
absl::Status ExpectSame(const std::string& statistic, const Data& changed) {
  NCLAB_ASSIGN_OR_RETURN(const auto before, ArraysOf(statistic, Typical()));
  NCLAB_ASSIGN_OR_RETURN(const auto after, ArraysOf(statistic, changed));
  if (!before || !after) return absl::InternalError("It keeps nothing.");
  for (const auto& [name, array] : *before) {
    const auto other = after->find(name);
    if (other == after->end() || other->second.shape() != array.shape()) {
      return absl::InternalError(
          absl::StrCat("'", name, "' is missing or of another shape."));
    }
    const std::vector<double> a = Numbers(array), b = Numbers(other->second);
    double largest = 0;
    for (const double x : a) largest = std::max(largest, std::abs(x));
    for (size_t i = 0; i < a.size(); ++i) {
      if (std::abs(a[i] - b[i]) <= kTolerance * largest) continue;
      return absl::InternalError(
          absl::StrCat("'", name, "'[", i, "]: ", a[i], " became ", b[i], "."));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckArrays(const StatisticInfo& info, const Arrays& arrays) {
  for (const auto& [name, array] : arrays) {
    const auto declared =
        std::find_if(info.arrays.begin(), info.arrays.end(),
                     [&](const ArrayInfo& of) { return of.name == name; });
    if (declared == info.arrays.end()) {
      return absl::InternalError(
          absl::StrCat("It keeps '", name, "', which it does not declare."));
    }
    const std::string& shape = declared->shape;
    const size_t axes =
        shape.empty() ? 0 : std::count(shape.begin(), shape.end(), ',') + 1;
    int64_t numbers = 1;
    for (const int64_t extent : array.shape()) numbers *= extent;
    if (axes != array.shape().size() ||
        numbers != static_cast<int64_t>(Numbers(array).size())) {
      return absl::InternalError(
          absl::StrCat("'", name, "' is declared as '", shape, "' and has ",
                       array.shape().size(), " axes and ",
                       Numbers(array).size(), " numbers."));
    }
  }
  return absl::OkStatus();
}

}  // namespace

const std::vector<StatisticPromise>& StatisticPromises() {
  static const auto* const promises = new std::vector<StatisticPromise>{
      {"DescribesItself",
       [](const std::string& statistic) -> absl::Status {
         NCLAB_ASSIGN_OR_RETURN(const auto* entry,
                                Statistics().Find(statistic));
         const StatisticInfo& info = entry->info;
         if (info.summary.empty() || info.reference.empty() ||
             info.arrays.empty() || statistic.find('.') != std::string::npos) {
           return absl::InternalError(
               "Its summary, reference or arrays are empty, or its name has a "
               "dot.");
         }
         for (const ArrayInfo& array : info.arrays) {
           if (array.meaning.empty()) {
             return absl::InternalError(
                 absl::StrCat("'", array.name, "' has no meaning."));
           }
         }
         return PlanStatistics({statistic}).status();
       }},
      {"KeepsWhatItDeclares",
       [](const std::string& statistic) -> absl::Status {
         NCLAB_ASSIGN_OR_RETURN(const auto* entry,
                                Statistics().Find(statistic));
         NCLAB_ASSIGN_OR_RETURN(const auto arrays,
                                ArraysOf(statistic, Typical()));
         if (!arrays || arrays->empty()) {
           return absl::InternalError("It keeps nothing.");
         }
         return CheckArrays(entry->info, *arrays);
       }},
      {"DoesNotDependOnTheSplitIntoBatches",
       [](const std::string& statistic) -> absl::Status {
         for (const int64_t batch : {1, 7, 100}) {
           Data data = Typical();
           data.batch = batch;
           NCLAB_RETURN_IF_ERROR(ExpectSame(statistic, data));
         }
         return absl::OkStatus();
       }},
      {"DoesNotDependOnTheOrderOfSamples",
       [](const std::string& statistic) -> absl::Status {
         NCLAB_ASSIGN_OR_RETURN(const auto* entry,
                                Statistics().Find(statistic));
         if (!entry->info.merges) return absl::OkStatus();  // it may
         Data data = Typical();
         Reorder(at::randperm(kSamples, at::TensorOptions(at::kLong)), data);
         return ExpectSame(statistic, data);
       }},
      {"MergesShards",
       [](const std::string& statistic) -> absl::Status {
         NCLAB_ASSIGN_OR_RETURN(const auto* entry,
                                Statistics().Find(statistic));
         NCLAB_ASSIGN_OR_RETURN(const StatisticPlan plan,
                                PlanStatistics({statistic}));
         const bool all = std::all_of(
             plan.begin(), plan.end(),
             [](const auto* needed) { return needed->info.merges; });
         Data data = Typical();
         data.shards = 3;
         if (all) return ExpectSame(statistic, data);
         if (entry->info.merges) return absl::OkStatus();  // what it needs not
         return absl::IsUnimplemented(ArraysOf(statistic, data).status())
                    ? absl::OkStatus()
                    : absl::InternalError(
                          "It merges: declare that it does (statistic.h).");
       }},
      {"TakesFewSamplesAndNoNumbers",
       [](const std::string& statistic) -> absl::Status {
         NCLAB_ASSIGN_OR_RETURN(const auto* entry,
                                Statistics().Find(statistic));
         std::vector<Data> odd = {First(0), First(1)};
         for (const double bad : {std::numeric_limits<double>::quiet_NaN(),
                                  std::numeric_limits<double>::infinity()}) {
           odd.push_back(Typical());
           odd.back().features[3][4] = odd.back().finals[3][4] = bad;
         }
         for (const Data& data : odd) {
           NCLAB_ASSIGN_OR_RETURN(const auto arrays, ArraysOf(statistic, data));
           if (arrays) {
             NCLAB_RETURN_IF_ERROR(CheckArrays(entry->info, *arrays));
           }
         }
         return absl::OkStatus();
       }},
      {"TakesFeaturesOfAnyFloatingType",
       [](const std::string& statistic) -> absl::Status {
         NCLAB_ASSIGN_OR_RETURN(const auto* entry,
                                Statistics().Find(statistic));
         for (const at::ScalarType type :
              {at::kFloat, at::kHalf, at::kBFloat16}) {
           Data data = Typical();
           for (at::Tensor* rows :
                {&data.features, &data.finals, &data.train, &data.logits}) {
             *rows = rows->to(type);
           }
           NCLAB_ASSIGN_OR_RETURN(const auto arrays, ArraysOf(statistic, data));
           if (!arrays) return absl::InternalError("It keeps nothing.");
           NCLAB_RETURN_IF_ERROR(CheckArrays(entry->info, *arrays));
         }
         return absl::OkStatus();
       }},
  };
  return *promises;
}

}  // namespace nclab
