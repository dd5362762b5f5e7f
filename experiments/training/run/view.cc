#include "experiments/training/run/view.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/records/events/event_file.h"
#include "experiments/records/seal.h"
#include "experiments/training/checkpoints/weights.h"
#include "experiments/training/evaluation/clusters.h"
#include "experiments/training/evaluation/evaluation.h"
#include "experiments/training/run/setup.h"
#include "metrics/evaluation/looks.h"
#include "metrics/metric.h"
#include "tools/base/files/files.h"
#include "tools/base/logging.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

using Rows = std::vector<MetricRow>;

// The evaluations of a run, and what can be done about what they lack.
class View {
 public:
  View(const RunSpec& asked, const RunOptions& options,
       const RunDirectory& directory)
      : asked_(asked),
        measured_(asked),
        options_(options),
        directory_(directory) {}

  absl::Status Make() {
    NCLAB_ASSIGN_OR_RETURN(const Rows before, directory_.ReadMetrics());
    std::erase_if(asked_.metrics, [](const std::string& metric) {
      const bool known = Metrics().Bind(metric).ok();
      if (!known) LOG(WARNING) << "This program has no metric " << metric;
      return !known;
    });
    NCLAB_ASSIGN_OR_RETURN(needed_, PlanMetrics(asked_.metrics));
    NCLAB_RETURN_IF_ERROR(Load(before));
    NCLAB_RETURN_IF_ERROR(Complete());
    SayWhatIsAbsent();
    return Write(before);
  }

 private:
  // What was kept at each step that has rows; nothing where it is damaged.
  absl::Status Load(const Rows& before) {
    std::set<int64_t> steps;
    for (const MetricRow& row : before) steps.insert(row.step);
    for (const int64_t step : steps) {
      const std::string path = directory_.Moments(step);
      absl::StatusOr<Evaluation> kept = LoadEvaluation(path);
      if (absl::IsDataLoss(kept.status())) {
        NCLAB_RETURN_IF_ERROR(
            directory_.SetAside(path, kept.status().message()));
      } else if (!absl::IsNotFound(kept.status())) {
        NCLAB_RETURN_IF_ERROR(kept.status());
      }
      const bool whole = kept.ok();
      evaluations_.push_back(whole ? *std::move(kept) : Evaluation{step});
      if (!whole) continue;
      AddWhatNeedsNoSamples(evaluations_.back());
      if (!declared_.empty()) continue;
      for (const Layer& layer : evaluations_.back().train.layers) {
        declared_.push_back(layer.name);
      }
    }
    if (declared_.empty()) return absl::OkStatus();
    NCLAB_ASSIGN_OR_RETURN(unasked_, Unasked(declared_, asked_.layers));
    return absl::OkStatus();
  }

  // Statistics that are made of others, and look at nothing.
  void AddWhatNeedsNoSamples(Evaluation& evaluation) const {
    const StatisticPlan plan =
        Select(needed_, StatisticScope::kLayer, StatisticTime::kNow);
    for (SplitMeasurements* split : {&evaluation.train, &evaluation.test}) {
      const bool test = split == &evaluation.test;
      for (Layer& layer : split->layers) {
        if (!layer.kept.Has("class_moments")) continue;
        const auto& moments = layer.kept.As<Moments>();
        StatisticInput input = {.classes = moments.classes(),
                                .dim = moments.dim,
                                .samples = moments.total()};
        if (test) input.train = evaluation.train.Find(layer.name);
        Looks(plan, input, layer.kept).Begin();
      }
    }
  }

  // Statistics that metrics need and that `evaluation` lacks. A split may have
  // no use for one that the other has.
  std::set<std::string> Lacks(const Evaluation& evaluation) const {
    std::set<std::string> lacks;
    for (const auto* entry : needed_) {
      const StatisticInfo& info = entry->info;
      const auto neither = [&](const Kept* train, const Kept* test) {
        return (train == nullptr || !train->Has(info.name)) &&
               (test == nullptr || !test->Has(info.name));
      };
      // Kept at T alone, or not at all.
      if (info.time == StatisticTime::kAtT || !info.saved) continue;
      if (info.scope == StatisticScope::kSplit) {
        if (neither(&evaluation.train.whole, &evaluation.test.whole)) {
          lacks.insert(info.name);
        }
        continue;
      }
      bool any = declared_.empty();
      for (const std::string& layer : declared_) {
        any = any || (unasked_.count(layer) == 0 &&
                      neither(evaluation.train.Find(layer),
                              evaluation.test.Find(layer)));
      }
      if (any) lacks.insert(info.name);
    }
    return lacks;
  }

  // From checkpoints, where there are some.
  absl::Status Complete() {
    for (Evaluation& evaluation : evaluations_) {
      const std::string path = directory_.Checkpoint(evaluation.step);
      if (Lacks(evaluation).empty() || !FileExists(path)) continue;
      if (!setup_) {
        absl::StatusOr<Setup> setup = MakeSetup(asked_, options_);
        if (!setup.ok()) {
          why_ = setup.status();
          break;
        }
        setup_.emplace(*std::move(setup));
        setup_->evaluation.stop_requested = options_.stop_requested;
      }
      absl::Status loaded = CheckSeal(path);
      if (loaded.ok()) loaded = LoadWeights(path, *setup_->model);
      if (!loaded.ok()) {
        LOG(WARNING) << loaded.message();
        continue;
      }
      NCLAB_RETURN_IF_ERROR(EvaluateAgain(evaluation));
    }
    if (!setup_ || WaitingForT(needed_).empty() || evaluations_.empty()) {
      return absl::OkStatus();
    }
    return AddWhatWaitsForT(directory_, needed_, evaluations_);
  }

  absl::Status EvaluateAgain(Evaluation& evaluation) {
    const EvaluationPlan& plan = setup_->evaluation;
    SplitMeasurements train =
        EvaluateSplit(*setup_->model, setup_->evaluated, plan);
    TensorMap features;
    const bool waits = !WaitingForT(plan.statistics).empty();
    SplitMeasurements test = EvaluateSplit(*setup_->model, setup_->test, plan,
                                           &train, waits ? &features : nullptr);
    if (options_.stop_requested && options_.stop_requested()) {
      return absl::CancelledError("stopped while measuring; nothing is lost");
    }
    LOG(INFO) << "measured again from "
              << directory_.Checkpoint(evaluation.step);
    if (declared_.empty()) {
      declared_ = plan.layers;
      unasked_ = plan.unasked;
    }
    if (evaluation.train.layers.empty()) {
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      evaluation.wall_time = std::chrono::duration<double>(now).count();
    }
    Add(train, evaluation.train);
    Add(test, evaluation.test);
    if (waits) {
      NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(directory_.File("features")));
      NCLAB_RETURN_IF_ERROR(SaveTensors(directory_.Features(evaluation.step),
                                        features, Sealed({})));
      for (const std::string& layer : plan.layers) {
        if (plan.IsAsked(layer)) evaluation.waiting.push_back(layer);
      }
    }
    return SaveEvaluation(directory_.Moments(evaluation.step), evaluation);
  }

  // What `from` has and `to` has not.
  static void Add(const Kept& from, Kept& to) {
    for (const auto& [name, arrays] : from.statistics()) {
      if (!to.Has(name)) to.Set(name, arrays);
    }
  }
  static void Add(const SplitMeasurements& from, SplitMeasurements& to) {
    Add(from.whole, to.whole);
    if (to.layers.empty()) to.layers = from.layers;
    for (size_t i = 0; i < from.layers.size(); ++i) {
      Add(from.layers[i].kept, to.layers[i].kept);
    }
  }

  void SayWhatIsAbsent() const {
    std::map<std::string, size_t> absent;
    for (const Evaluation& evaluation : evaluations_) {
      for (const std::string& name : Lacks(evaluation)) ++absent[name];
    }
    for (const auto& [name, count] : absent) {
      LOG(WARNING) << "Statistic '" << name << "' is not kept at " << count
                   << " of " << evaluations_.size() << " evaluations, and "
                   << (why_.ok() ? "there is no checkpoint of them"
                                 : "cannot be made from a checkpoint: " +
                                       std::string(why_.message()))
                   << ": what needs it has no new rows there.";
    }
  }

  // `before`: rows that stay where they cannot be made anew.
  absl::Status Write(const Rows& before) const {
    using Key =
        std::tuple<int64_t, std::string, std::string, std::string, std::string>;
    const auto key = [](const MetricRow& row) {
      return Key{row.step, row.split, row.layer, row.metric, row.anchor};
    };
    const bool any = std::any_of(
        evaluations_.begin(), evaluations_.end(),
        [](const Evaluation& one) { return !one.train.layers.empty(); });
    std::unique_ptr<EventFile> events;
    if (any) {
      NCLAB_ASSIGN_OR_RETURN(events, EventFile::Create(directory_.path()));
    }
    Rows rows;
    auto old = before.begin();
    for (const Evaluation& evaluation : evaluations_) {
      NCLAB_ASSIGN_OR_RETURN(Rows here,
                             MetricRows(asked_.metrics, evaluation,
                                        &evaluations_.back(), unasked_));
      std::set<Key> made;
      for (const MetricRow& row : here) made.insert(key(row));
      for (; old != before.end() && old->step <= evaluation.step; ++old) {
        if (made.count(key(*old)) == 0) here.push_back(*old);
      }
      if (events) {
        NCLAB_RETURN_IF_ERROR(events->Append(here, evaluation.wall_time));
      }
      rows.insert(rows.end(), here.begin(), here.end());
    }
    Measurement measured = measured_;
    if (measured.grid.empty()) {
      for (const Evaluation& one : evaluations_) {
        measured.grid.push_back(one.step);
      }
    }
    NCLAB_RETURN_IF_ERROR(directory_.WriteMeasurement(measured));
    NCLAB_RETURN_IF_ERROR(directory_.WriteMetrics(rows));
    NCLAB_RETURN_IF_ERROR(directory_.MarkDone());
    std::error_code error;
    std::filesystem::remove(directory_.File("FAILED"), error);
    return absl::OkStatus();
  }

  RunSpec asked_;  // without metrics that this program does not know
  const Measurement measured_;  // with them
  const RunOptions& options_;
  const RunDirectory& directory_;
  StatisticPlan needed_;
  std::vector<Evaluation> evaluations_;  // ascending, the last one at T
  std::vector<std::string> declared_;    // layers
  std::set<std::string> unasked_;
  std::optional<Setup> setup_;
  absl::Status why_;  // there is no setup
};

}  // namespace

absl::Status MakeView(const RunSpec& asked, const RunOptions& options,
                      const RunDirectory& directory) {
  return View(asked, options, directory).Make();
}

}  // namespace nclab
