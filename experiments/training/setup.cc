#include "experiments/training/setup.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "datasets/view.h"
#include "experiments/training/device.h"
#include "metrics/evaluation/measurements.h"
#include "tools/base/errors.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/torch_status.h"

namespace nclab {
namespace {

// In network order, in which claims judge them, whatever the order of `wanted`.
absl::StatusOr<std::vector<std::string>> ResolveLayers(
    const Model& model, const std::vector<std::string>& wanted) {
  std::vector<std::string> known;
  for (const LayerInfo& layer : model.layers()) known.push_back(layer.name);
  if (wanted == std::vector<std::string>{"all"}) return known;
  for (const std::string& name : wanted) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return absl::InvalidArgumentError(
          UnknownNameError("layer", name, known, "Or write all.").message());
    }
  }
  std::erase_if(known, [&](const std::string& name) {
    return std::find(wanted.begin(), wanted.end(), name) == wanted.end();
  });
  return known;
}

// Whether the model learns from the one sample that a batch is: batch
// normalisation may then have one value per channel. Draws weights.
absl::Status CheckBatchOfOne(const BoundChoice& model,
                             const ModelInput& input) {
  NCLAB_ASSIGN_OR_RETURN(const auto made, MakeModel(model, input));
  std::vector<int64_t> shape = {1};
  shape.insert(shape.end(), input.shape.begin(), input.shape.end());
  const absl::Status status = CatchTorch([&] {
    const at::NoGradGuard no_grad;
    Taps no_taps;
    made->Forward(at::zeros(shape), no_taps);
    return absl::OkStatus();
  });
  if (status.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "A batch is one sample here, and ", model.name,
      " cannot be trained on that: ", status.message(),
      " Give batch_size=2 or more, and at least as many training samples."));
}

DeviceSplit ToDevice(const Dataset& dataset, const Split& split,
                     at::Device device) {
  return {NormalizedSamples(dataset, split, device), split.labels.to(device)};
}

}  // namespace

absl::StatusOr<RunData> LoadRunData(const RunSpec& spec,
                                    const RunOptions& options) {
  RunData data;
  NCLAB_ASSIGN_OR_RETURN(data.device, FindDevice(options.device));
  NCLAB_RETURN_IF_ERROR(SetPrecision(spec.precision, data.device));
  if (options.threads > 0) at::set_num_threads(options.threads);
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice,
                         Datasets().Bind(spec.dataset));
  NCLAB_ASSIGN_OR_RETURN(
      data.dataset, LoadDataset(choice, {options.data_dir, options.fetch}));
  data.train = ToDevice(data.dataset, data.dataset.train, data.device);
  data.test = ToDevice(data.dataset, data.dataset.test, data.device);
  data.input = {SampleShape(data.dataset), data.dataset.classes()};
  data.dataset.train = data.dataset.test = {};
  return data;
}

absl::StatusOr<Setup> Prepare(const RunSpec& spec, RunData data) {
  Setup setup;
  setup.data = std::move(data);
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice model, Models().Bind(spec.model));
  const int64_t samples = setup.data.train.labels.size(0);
  if (std::min(spec.batch_size, samples) == 1 && spec.train_part == "all") {
    NCLAB_RETURN_IF_ERROR(CheckBatchOfOne(model, setup.data.input));
  }
  SeedGenerators(spec.seed);
  NCLAB_ASSIGN_OR_RETURN(setup.model, MakeModel(model, setup.data.input));
  const int64_t data_classes = setup.data.input.classes;
  const int64_t classes = model.params.Int("classes");
  if (classes != 0 && classes < data_classes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "The model has ", classes, " classes, the dataset ", data_classes,
        ". Leave classes out, or give at least as many."));
  }
  setup.model->to(setup.data.device);
  FreezeParts(*setup.model, spec);
  setup.evaluation.classes =
      setup.model->named_parameters()[setup.model->head() + ".weight"].size(0);
  NCLAB_ASSIGN_OR_RETURN(setup.evaluation.layers,
                         ResolveLayers(*setup.model, spec.layers));
  NCLAB_ASSIGN_OR_RETURN(setup.evaluation.needs, NeedsOf(spec.metrics));
  return setup;
}

void Rewrite(const RunSpec& spec, const RunOptions& options, Setup& setup) {
  setup.rewriting =
      RewriteFor(spec, options.rewrite, *setup.model, setup.data.train.samples);
  const Rewrites& rewrites = setup.rewriting.rewrites;
  setup.trained = rewrites.Reduced(TrainedParameters(*setup.model));
  NamedTensors all;
  for (const auto& item : setup.model->named_parameters()) {
    all.emplace_back(item.key(), item.value());
  }
  setup.channels_last = UseChannelsLast(rewrites.Reduced(all));
}

}  // namespace nclab
