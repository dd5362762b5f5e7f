#include "experiments/training/run/setup.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "datasets/normalize.h"
#include "experiments/training/checkpoints/chain.h"
#include "experiments/training/device/device.h"
#include "experiments/training/device/gpu.h"
#include "metrics/evaluation/looks.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/torch_status.h"

namespace nclab {
namespace {

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
  DeviceSplit on_device = {NormalizedSamples(dataset, split, device),
                           split.labels.to(device)};
  if (split.fine_labels.defined()) {
    on_device.fine_labels = split.fine_labels.to(device, at::kLong);
  }
  return on_device;
}

// What a split takes on a device: repeated channels are one in memory.
int64_t BytesOnDevice(const Split& split) {
  int64_t numbers = 1;
  for (int64_t i = 0; i < split.samples.dim(); ++i) {
    if (split.samples.stride(i) != 0) numbers *= split.samples.size(i);
  }
  return numbers * static_cast<int64_t>(sizeof(float));
}

// And a model: each trained weight with its gradient and a momentum.
int64_t BytesOnDevice(const Model& model) {
  int64_t bytes = 0;
  for (const at::Tensor& weight : model.parameters()) {
    bytes += (weight.requires_grad() ? 3 : 1) *
             static_cast<int64_t>(weight.nbytes());
  }
  return bytes;
}

}  // namespace

absl::StatusOr<Setup> MakeSetup(const RunSpec& canonical,
                                const RunOptions& options) {
  Setup setup;
  NCLAB_ASSIGN_OR_RETURN(setup.device, FindDevice(options.device));
  NCLAB_RETURN_IF_ERROR(SetPrecision(canonical.precision, setup.device));
  if (options.threads > 0) at::set_num_threads(options.threads);
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice,
                         Datasets().Bind(canonical.dataset));
  Dataset& dataset = setup.dataset;
  NCLAB_ASSIGN_OR_RETURN(
      dataset, LoadDataset(choice, {options.data_dir, options.fetch}));
  NCLAB_RETURN_IF_ERROR(CheckGpuMemory(
      setup.device, canonical.dataset,
      BytesOnDevice(dataset.train) + BytesOnDevice(dataset.test)));
  setup.train = ToDevice(dataset, dataset.train, setup.device);
  setup.test = ToDevice(dataset, dataset.test, setup.device);
  const ModelInput input = {SampleShape(dataset), dataset.classes()};
  at::Tensor black = Black(dataset);
  if (black.defined()) black = black.to(setup.device);
  dataset.train = dataset.test = {};

  NCLAB_ASSIGN_OR_RETURN(const BoundChoice model,
                         Models().Bind(canonical.model));
  if (std::min(canonical.batch_size, setup.train.labels.size(0)) == 1 &&
      canonical.train_part == "all") {
    NCLAB_RETURN_IF_ERROR(CheckBatchOfOne(model, input));
  }
  SeedGenerators(canonical.seed);
  NCLAB_ASSIGN_OR_RETURN(setup.model, MakeModel(model, input));
  const int64_t classes = model.params.Int("classes");
  if (classes != 0 && classes < input.classes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "The model has ", classes, " classes, the dataset ", input.classes,
        ". Leave classes out, or give at least as many."));
  }
  FreezeParts(*setup.model, canonical);
  NCLAB_RETURN_IF_ERROR(CheckGpuMemory(setup.device, canonical.model,
                                       BytesOnDevice(*setup.model)));
  setup.model->to(setup.device);
  setup.evaluation.classes =
      setup.model->named_parameters()[setup.model->head() + ".weight"].size(0);
  NCLAB_ASSIGN_OR_RETURN(
      setup.pieces,
      MakePieces(canonical, setup.evaluation.classes, setup.train, black));
  setup.evaluation.objective = setup.pieces.objective;
  setup.evaluated = setup.train;
  if (const at::Tensor index = setup.pieces.stream->Evaluated();
      index.defined()) {
    setup.evaluated = {Gather(setup.train.samples, index),
                       setup.train.labels.index_select(0, index)};
    if (setup.train.fine_labels.defined()) {
      setup.evaluated.fine_labels =
          setup.train.fine_labels.index_select(0, index);
    }
  }
  for (const LayerInfo& layer : setup.model->layers()) {
    setup.evaluation.layers.push_back(layer.name);
  }
  NCLAB_ASSIGN_OR_RETURN(setup.evaluation.unasked,
                         Unasked(setup.evaluation.layers, canonical.layers));
  NCLAB_ASSIGN_OR_RETURN(setup.evaluation.always, AlwaysKept());
  NCLAB_ASSIGN_OR_RETURN(setup.evaluation.statistics,
                         PlanRun(canonical.metrics));
  return setup;
}

}  // namespace nclab
