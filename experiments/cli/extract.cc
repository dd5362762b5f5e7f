// //tools:extract: a model's logits and layer features for a tensor file or a
// dataset.
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>
#include <gflags/gflags.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "datasets/dataset.h"
#include "datasets/normalize.h"
#include "experiments/cli/flags/run_flags.h"
#include "experiments/training/checkpoints/weights.h"
#include "experiments/training/device/device.h"
#include "experiments/training/evaluation/evaluation.h"
#include "models/model.h"
#include "tools/base/errors.h"
#include "tools/base/files/files.h"
#include "tools/base/process/main.h"
#include "tools/base/status_macros.h"
#include "tools/base/tensors/tensor_archive.h"
#include "tools/base/text/numbers.h"
#include "tools/base/torch/tensor_file.h"
#include "tools/base/torch/torch_status.h"

DEFINE_string(model, "", "for example resnet18 or 'mlp(width=64)'");
DEFINE_string(weights, "",
              "the model's parameters and buffers: a torchvision state dict "
              "(safetensors, or .pt and .pth of torch.save()), or a checkpoint "
              "of a run");
DEFINE_string(strip_prefix, "",
              "what stands before the names in --weights, as module. or "
              "state_dict.; tensors without it are passed over");
DEFINE_string(input, "",
              "a file (safetensors, .npz, or .pt and .pth of torch.save()) "
              "with `images`, float [N, C, H, W] as the model takes them "
              "(normalised), or [N, D]; and perhaps `labels` [N]");
DEFINE_string(dataset, "",
              "in place of --input: a dataset, normalised as in training");
DEFINE_string(split, "test", "of the dataset: train or test");
DEFINE_string(layers, "all", "comma-separated, or all; features always");
DEFINE_string(output, "", "safetensors file to write");

namespace nclab {
namespace {

// What goes into the model.
struct Samples {
  int64_t count = 0;
  std::vector<int64_t> shape;  // of one
  std::function<absl::StatusOr<at::Tensor>(int64_t begin, int64_t end)> rows;
  at::Tensor labels;               // int64 [N], or undefined
  int64_t classes = 0;             // of the labels; 0: unknown
  std::vector<std::string> files;  // that were read for them
};

absl::StatusOr<Samples> SamplesOfFile(const std::string& path) {
  NCLAB_ASSIGN_OR_RETURN(const TensorArchive file, TensorArchive::Open(path));
  const TensorSource* images = file.Find("images");
  if (images == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " lacks the tensor 'images'; it has: ", file.Names(), "."));
  }
  const size_t dims = images->shape().size();
  if (!images->is_floating() || (dims != 2 && dims != 4) ||
      images->row_bytes() == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        images->description(), " is ", images->dtype(), " [",
        absl::StrJoin(images->shape(), ", "),
        "]; expected floating numbers, [N, C, H, W] or [N, D], normalised as "
        "the model was trained, and at least one of them."));
  }
  Samples samples;
  samples.count = images->rows();
  samples.shape.assign(images->shape().begin() + 1, images->shape().end());
  samples.rows = [source = *images](int64_t begin, int64_t end) {
    return source.Floats(begin, end);
  };
  if (const TensorSource* labels = file.Find("labels")) {
    if (!labels->is_integer() ||
        labels->shape() != std::vector<int64_t>{samples.count}) {
      return absl::InvalidArgumentError(
          absl::StrCat(labels->description(), " is ", labels->dtype(), " [",
                       absl::StrJoin(labels->shape(), ", "),
                       "]; expected integers, [", samples.count, "]."));
    }
    NCLAB_ASSIGN_OR_RETURN(const std::vector<int64_t> values,
                           labels->Integers());
    samples.labels = at::tensor(values, at::kLong);
  }
  return samples;
}

absl::StatusOr<Samples> SamplesOfDataset(const ExecutionOptions& options,
                                         at::Device device) {
  if (FLAGS_split != "train" && FLAGS_split != "test") {
    return absl::InvalidArgumentError(absl::StrCat(
        "--split is '", FLAGS_split, "'; expected train or test."));
  }
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice,
                         Datasets().Bind(FLAGS_dataset));
  NCLAB_ASSIGN_OR_RETURN(
      const Dataset dataset,
      LoadDataset(choice, {options.data_dir, options.fetch}));
  const Split& split = FLAGS_split == "train" ? dataset.train : dataset.test;
  const at::Tensor all = NormalizedSamples(dataset, split, device);
  Samples samples;
  samples.count = split.size();
  samples.shape = SampleShape(dataset);
  samples.rows = [all](int64_t begin, int64_t end) {
    return all.slice(0, begin, end);
  };
  samples.labels = split.labels;
  samples.classes = dataset.classes();
  for (const DataFile& file : dataset.files) samples.files.push_back(file.path);
  return samples;
}

// With as many classes as the weights have, where the choice does not say.
absl::StatusOr<std::shared_ptr<Model>> BuildModel(const BoundChoice& choice,
                                                  bool brings_weights,
                                                  const Samples& samples) {
  ModelInput input = {samples.shape, std::max<int64_t>(samples.classes, 2)};
  if (brings_weights) input.classes = 0;
  NCLAB_ASSIGN_OR_RETURN(std::shared_ptr<Model> model,
                         MakeModel(choice, input));
  if (FLAGS_weights.empty()) return model;
  if (choice.params.Int("classes") == 0) {
    NCLAB_ASSIGN_OR_RETURN(const TensorArchive weights,
                           TensorArchive::Open(UserPath(FLAGS_weights)));
    const TensorSource* head = weights.Find(
        absl::StrCat(FLAGS_strip_prefix, model->head(), ".weight"));
    if (head != nullptr && head->shape().size() == 2 && head->rows() > 0 &&
        head->rows() != input.classes) {
      input.classes = head->rows();
      NCLAB_ASSIGN_OR_RETURN(model, MakeModel(choice, input));
    }
  }
  NCLAB_RETURN_IF_ERROR(LoadWeights(UserPath(FLAGS_weights), *model,
                                    /*kept=*/"", FLAGS_strip_prefix));
  return model;
}

// --layers among those of the model, with features; in the model's order.
absl::StatusOr<std::vector<std::string>> WantedLayers(const Model& model) {
  std::vector<std::string> known;
  for (const LayerInfo& layer : model.layers()) known.push_back(layer.name);
  if (FLAGS_layers == "all") return known;
  std::vector<std::string> wanted = SplitList(FLAGS_layers);
  for (const std::string& name : wanted) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return UnknownNameError("layer", name, known, "Or write all.");
    }
  }
  wanted.push_back("features");
  std::vector<std::string> in_order;
  for (const std::string& name : known) {
    if (std::find(wanted.begin(), wanted.end(), name) != wanted.end()) {
      in_order.push_back(name);
    }
  }
  return in_order;
}

// Logits and layers of all samples, float [N, ...] on the CPU, by name.
absl::StatusOr<TensorMap> Forward(Model& model, const Samples& samples,
                                  const std::vector<std::string>& layers,
                                  at::Device device) {
  const c10::InferenceMode no_gradients;
  model.eval();
  TensorMap all;
  const auto put = [&](const std::string& name, int64_t begin,
                       const at::Tensor& rows) {
    at::Tensor& target = all[name];
    const at::Tensor flat = rows.flatten(1);
    if (!target.defined()) {
      target = at::empty({samples.count, flat.size(1)}, at::kFloat);
    }
    target.slice(0, begin, begin + flat.size(0)).copy_(flat);
  };
  const int64_t size = EvaluationBatch(samples.shape);
  for (int64_t begin = 0; begin < samples.count; begin += size) {
    const int64_t end = std::min(samples.count, begin + size);
    NCLAB_ASSIGN_OR_RETURN(const at::Tensor x, samples.rows(begin, end));
    Taps taps(layers);
    put("logits", begin, model.Forward(x.to(device, at::kFloat), taps));
    for (size_t i = 0; i < layers.size(); ++i) {
      put(layers[i], begin, taps.tensors()[i]);
    }
  }
  return all;
}

absl::Status CheckFlags() {
  const std::pair<const char*, const std::string*> needed[] = {
      {"--model=resnet18", &FLAGS_model},
      {"--output=F.safetensors", &FLAGS_output}};
  for (const auto& [example, value] : needed) {
    if (value->empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("extract needs a flag more, as ", example, "."));
    }
  }
  if (FLAGS_input.empty() == FLAGS_dataset.empty()) {
    return absl::InvalidArgumentError(
        "extract takes one of --input=X.safetensors and --dataset=cifar10.");
  }
  return absl::OkStatus();
}

absl::Status Extract() {
  NCLAB_RETURN_IF_ERROR(CheckFlags());
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice, Models().Bind(FLAGS_model));
  NCLAB_ASSIGN_OR_RETURN(const auto* entry, Models().Find(choice.name));
  const std::string& weights_from = entry->info.weights_from;
  const std::string output = UserPath(FLAGS_output);
  std::vector<std::string> inputs;
  if (!FLAGS_weights.empty()) {
    inputs.push_back(UserPath(FLAGS_weights));
  } else if (weights_from.empty()) {
    return absl::InvalidArgumentError(
        "extract needs a flag more, as --weights=W.safetensors.");
  }
  if (!weights_from.empty()) {
    inputs.push_back(choice.params.String(weights_from));
  }
  if (!FLAGS_input.empty()) inputs.push_back(UserPath(FLAGS_input));
  NCLAB_RETURN_IF_ERROR(CheckOutputFiles({output}, inputs));
  // Wrong weights are said before a dataset is loaded.
  if (!FLAGS_weights.empty()) {
    NCLAB_RETURN_IF_ERROR(TensorArchive::Open(inputs[0]).status());
  }
  NCLAB_ASSIGN_OR_RETURN(const ExecutionOptions options,
                         ExecutionOptionsFromFlags());
  ConfigureProcess();
  NCLAB_ASSIGN_OR_RETURN(const at::Device device, FindDevice(options.device));
  NCLAB_ASSIGN_OR_RETURN(const Samples samples,
                         FLAGS_input.empty()
                             ? SamplesOfDataset(options, device)
                             : SamplesOfFile(UserPath(FLAGS_input)));
  NCLAB_RETURN_IF_ERROR(CheckOutputFiles({output}, samples.files));
  NCLAB_ASSIGN_OR_RETURN(const std::shared_ptr<Model> model,
                         BuildModel(choice, !weights_from.empty(), samples));
  NCLAB_ASSIGN_OR_RETURN(const std::vector<std::string> layers,
                         WantedLayers(*model));
  model->to(device);
  if (!std::filesystem::is_symlink(output)) {
    NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(
        std::filesystem::path(output).parent_path().string()));
  }
  NCLAB_ASSIGN_OR_RETURN(TensorMap tensors,
                         Forward(*model, samples, layers, device));
  if (samples.labels.defined()) tensors["labels"] = samples.labels;
  for (const auto& [name, tensor] : StateOf(*model)) {
    if (name == model->head() + ".weight") tensors["weight"] = tensor.detach();
    if (name == model->head() + ".bias") tensors["bias"] = tensor.detach();
  }
  // measure finds the layers by this list.
  NCLAB_RETURN_IF_ERROR(SaveTensors(
      output, tensors,
      {{"model", choice.ToString()}, {"layers", absl::StrJoin(layers, ",")}}));
  for (const auto& [name, tensor] : tensors) {
    std::printf("%-16s [%s]\n", name.c_str(),
                absl::StrJoin(tensor.sizes().vec(), ", ").c_str());
  }
  std::printf("%s\n", output.c_str());
  return absl::OkStatus();
}

absl::StatusOr<int> Run(const std::vector<std::string>&) {
  NCLAB_RETURN_IF_ERROR(CatchTorch(Extract));
  return kExitOk;
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  return nclab::RunMain(
      argc, argv,
      {"Writes a model's logits and layer features, for measure.\n\n"
       "  extract --model=resnet18 --weights=W.safetensors "
       "--input=X.safetensors --output=F.safetensors\n"
       "  extract --model=mlp --weights=RUN/checkpoints/step-2000.safetensors "
       "--dataset=mnist --output=F.safetensors",
       nclab::Run, /*flags_only=*/true});
}
