// What a model is, and how one is registered.
//
// A model is a torch::nn::Module with one forward function. It offers its
// measurable layers to `taps` on the way; training passes taps that want
// nothing, so a tap costs nothing there.
//
//   at::Tensor MyNet::Forward(const at::Tensor& x, Taps& taps) {
//     at::Tensor h = torch::relu(fc1_(x.flatten(1)));
//     taps("fc1", h);
//     taps("features", h);
//     return head_(h);
//   }
//
// See models/mlp.cc for a whole one, docs/architecture.md for the whole.
#ifndef NCLAB_MODELS_MODEL_H_
#define NCLAB_MODELS_MODEL_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "models/named_tensors.h"
#include "tools/base/registry/registry.h"

namespace nclab {

// Collects the layers that somebody asked for during one forward pass.
class Taps {
 public:
  Taps() = default;  // wants nothing
  explicit Taps(std::vector<std::string> wanted)
      : wanted_(std::move(wanted)), tensors_(wanted_.size()) {}

  bool Wants(absl::string_view name) const;

  // Keeps `tensor` under `name` if it is wanted. [B, D] is kept as it is;
  // [B, C, H, W] is averaged over H and W to [B, C].
  void operator()(absl::string_view name, const at::Tensor& tensor);

  // In the order of `wanted`; undefined where the model did not offer one.
  const std::vector<std::string>& wanted() const { return wanted_; }
  const std::vector<at::Tensor>& tensors() const { return tensors_; }

 private:
  std::vector<std::string> wanted_;
  std::vector<at::Tensor> tensors_;
};

struct LayerInfo {
  std::string name;
  int64_t dim;  // D of the tapped [B, D]
};

class Model : public torch::nn::Module {
 public:
  // x: [B, C, H, W] float (or [B, D] for feature-like inputs). Returns logits
  // [B, K]. Offers every layer of layers() to `taps`.
  virtual at::Tensor Forward(const at::Tensor& x, Taps& taps) = 0;

  // The measurable layers, input side first. "features", the input of the last
  // Linear, is always among them.
  virtual std::vector<LayerInfo> layers() const = 0;

  // The name of the last Linear: its parameters are head() + ".weight" [K, D]
  // and head() + ".bias" [K].
  virtual std::string head() const = 0;
};

// What a factory is told of the data.
struct ModelInput {
  std::vector<int64_t> shape;  // of one sample: {C, H, W} or {D}
  int64_t classes;             // K
};

using ModelFactory = std::function<absl::StatusOr<std::shared_ptr<Model>>(
    const Params&, const ModelInput&)>;

struct ModelInfo {
  std::string name;       // as on the command line
  std::string summary;    // one line
  std::string reference;  // where it comes from: paper, page
  // Every model has a parameter `classes`, added to these; 0 means as many as
  // the data has.
  std::vector<ParamSpec> params = {};
  // The parameter that names a file of weights, if any; 0 classes are then as
  // many as these have.
  std::string weights_from = "";
};

using ModelRegistry = Registry<ModelInfo, ModelFactory>;
ModelRegistry& Models();

// Registers at static-initialisation time. Returns true.
bool RegisterModel(ModelInfo info, ModelFactory factory, const char* file,
                   int line);

// Builds the model of a choice, on the CPU, in training mode, initialised from
// LibTorch's default generator.
// \error what the factory says, after the model's name; kInvalidArgument if
// neither the choice nor `input` says how many classes there are.
absl::StatusOr<std::shared_ptr<Model>> MakeModel(const BoundChoice& choice,
                                                 ModelInput input);

// For a factory, before it makes anything: `weights` of a network, or of its
// largest parts, counted as double. \error kInvalidArgument if training so many
// exceeds the memory of this machine.
absl::Status CheckWeights(double weights);

// The number of elements of one sample.
int64_t SampleSize(const ModelInput& input);

}  // namespace nclab

// In a .cc file only, once per model; the sizes of a family share a file. The
// arguments are a ModelInfo and a ModelFactory.
#define NCLAB_REGISTER_MODEL(...) \
  NCLAB_REGISTER(::nclab::RegisterModel, __VA_ARGS__)

#endif  // NCLAB_MODELS_MODEL_H_
