// A run is its recipe: everything that decides the weights, nothing else. What
// is measured of it is a second list, which may grow. Device, threads and
// places are in neither; the manifest records them.
#ifndef NCLAB_EXPERIMENTS_SPEC_RUN_SPEC_H_
#define NCLAB_EXPERIMENTS_SPEC_RUN_SPEC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nclab {

// PAPER.md, sections 2 and 4, is the source of the defaults. All that is to be
// known of a field is in the table of experiments/spec/fields.h.
struct Recipe {
  std::string dataset = "mnist";
  std::string model = "mlp";
  std::string objective = "cross_entropy";
  std::string optimizer = "sgd";
  std::string schedule = "cosine";
  std::string stream = "epochs";
  int64_t steps = 1000;      // T, steps of the optimizer
  int64_t batch_size = 128;  // a batch is min(batch_size, N)
  double lr = 0.01;          // initial learning rate
  // The run ends at the first of StopSteps() at which the training split's mean
  // is below this, in evaluation mode: of the cross-entropy in nats, or of the
  // objective. 0: never; at most one of the two is set.
  double stop_train_loss = 0;
  double stop_train_objective = 0;
  int64_t seed = 0;                // of weights and of the order of samples
  std::string precision = "fp32";  // fp32, tf32 or bf16

  // Where a run starts from another's checkpoint (transfer): the other run's
  // canonical text, the step of its checkpoint, and whether the last Linear is
  // taken over or drawn anew from `seed`. "": from new weights.
  std::string init_from;
  int64_t init_step = 0;
  std::string init_head = "new";  // or keep
  // "head" trains the last Linear alone (linear probing): everything before it
  // is frozen and in evaluation mode.
  std::string train_part = "all";
};

// What is asked of a run.
struct Measurement {
  std::vector<std::string> metrics;  // empty: every registered one
  std::vector<std::string> layers = {"features"};  // "all": every one declared
  int64_t eval_points = 80;                        // see EvaluationSteps()
  std::vector<int64_t> save_steps;  // checkpoints to keep, besides the last two
  // The steps at which the run is evaluated, ascending; empty until it begins.
  std::vector<int64_t> grid;
};

struct RunSpec : Recipe, Measurement {};

// What needs neither models, datasets nor metrics of Canonical() in
// experiments/spec/canonical.h: ranges, the steps of checkpoints, the run that
// it starts from; sorts the lists.
// \error kInvalidArgument.
absl::StatusOr<RunSpec> CheckFields(const RunSpec& spec);

// Canonical text: sorted keys, shortest numbers that parse back exactly.
std::string ToJson(const Recipe& canonical);

// The recipe of such a text; what is measured has its defaults. \error
// kInvalidArgument names the key that is missing, unknown or mistyped; of a
// spec of an earlier version, those that are something else now.
absl::StatusOr<RunSpec> RunSpecFromJson(absl::string_view text);

// A directory name that a person can read: dataset, model, seed, and eight hex
// digits of the canonical text.
std::string RunName(const Recipe& canonical);

// The directory name of the run that this one starts from; "" if none.
std::string ParentRunName(const Recipe& canonical);

std::string MeasurementToJson(const Measurement& canonical);
// \error kInvalidArgument as RunSpecFromJson().
absl::StatusOr<Measurement> MeasurementFromJson(absl::string_view text);

// What answers both. A run that has begun keeps the grid and the eval_points of
// `there`, which is asked for longer.
Measurement Union(const Measurement& there, const Measurement& asked);
// Whether Union() is `there` already.
bool Covers(const Measurement& there, const Measurement& asked);

// The steps at which a run is evaluated, ascending: 0, the first half of
// eval_points log-spaced from 1 on, the other half evenly spaced up to T, and
// every step whose checkpoint is kept, so that a checkpoint has its row.
// `samples`: of both splits, which an evaluation looks at; 0: not known. Where
// it is, the evenly spaced ones are so few (ten at least) that they take a
// hundredth of the run, a step counted as three forward passes of its batch.
std::vector<int64_t> EvaluationSteps(const RunSpec& canonical,
                                     int64_t samples = 0);

// The steps at which a run may end early, ascending: every 1/kStopChecks of it
// and 40 log-spaced ones, whatever is measured; not 0. Empty without a stop
// rule.
inline constexpr int64_t kStopChecks = 80;
std::vector<int64_t> StopSteps(const Recipe& canonical);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_SPEC_RUN_SPEC_H_
