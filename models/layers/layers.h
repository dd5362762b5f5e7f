// The layers that the convolutional families are made of, with torchvision's
// parameter names and shapes. They are agnostic of the memory format.
//
// They stand in for LibTorch's own modules because a family draws its weights
// in its own way, once; and because they include no more than they use.
#ifndef NCLAB_MODELS_LAYERS_LAYERS_H_
#define NCLAB_MODELS_LAYERS_LAYERS_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "models/kernels/kernels.h"
#include "models/model.h"
#include "models/rewrites/rewrites.h"

namespace nclab {

// How weights are drawn. Biases are 0 unless stated.
enum class Init {
  kFanIn,    // normal, standard deviation sqrt(2 / fan in): He et al. 2015, for
             // ReLU
  kFanOut,   // normal, standard deviation sqrt(2 / fan out)
  kSmall,    // normal, standard deviation 0.01
  kUniform,  // uniform up to 1 / sqrt(fan in), biases too: LibTorch's own
};

struct Conv2dOptions {
  int64_t in, out;  // channels
  int64_t kernel;   // side of the square kernel
  int64_t stride = 1;
  int64_t padding = 0;  // on each side
  bool bias = false;
};

// weight [out, in, kernel, kernel], bias [out].
class Conv2d final : public torch::nn::Module, public MapLayer {
 public:
  Conv2d(const Conv2dOptions& options, Init init);

  // x: [B, in, H, W] -> [B, out, H', W']. Once specialized, for maps of the
  // size that it was made for.
  at::Tensor Forward(const at::Tensor& x);

  Specialized Specialize(const ReductionKinds& wanted) override;

 private:
  at::Tensor weight_;
  at::Tensor bias_;  // undefined without
  Convolution convolution_;
  SeenMaps maps_;
  at::Tensor used_;  // weight_, or what stands for it
};

// weight and bias [channels] (1 and 0 at first), running_mean, running_var,
// num_batches_tracked; momentum 0.1, epsilon 1e-5.
class BatchNorm2d final : public torch::nn::Module {
 public:
  explicit BatchNorm2d(int64_t channels);

  // x: [B, channels, H, W]. In training mode by the batch's own statistics,
  // of more than one value per channel. Not counted: see CountBatches().
  at::Tensor Forward(const at::Tensor& x);

  void Count(int64_t batches) { num_batches_tracked_.add_(batches); }

 private:
  at::Tensor weight_, bias_;
  at::Tensor running_mean_, running_var_;
  at::Tensor num_batches_tracked_;  // int64 scalar
};

// Adds to num_batches_tracked of every BatchNorm2d in training mode the
// `batches` that it has seen since. Who trains says it when somebody wants to
// know: counted in the step it would be a kernel of a GPU for each layer.
void CountBatches(torch::nn::Module& model, int64_t batches);

// The average of every map over side x side cells, then a Linear: weight
// [out, channels * side * side], bias [out].
class PooledLinear final : public torch::nn::Module, public MapLayer {
 public:
  PooledLinear(int64_t channels, int64_t side, int64_t out, Init init,
               bool zero_bias);

  // x: [B, channels, H, W] -> [B, out].
  at::Tensor Forward(const at::Tensor& x);

  Specialized Specialize(const ReductionKinds& wanted) override;

 private:
  int64_t side_;
  at::Tensor weight_, bias_;
  SeenMaps maps_;
  at::Tensor used_;  // weight_, or [out, channels] that stands for it
};

// weight [out, in], bias [out].
class Linear final : public torch::nn::Module {
 public:
  Linear(int64_t in, int64_t out, Init init, bool zero_bias);

  // x: [B, in] -> [B, out].
  at::Tensor Forward(const at::Tensor& x) const;

 private:
  at::Tensor weight_, bias_;
};

// Registers `layer` under a dotted path such as "layer1.0.conv1"; the modules
// on the way are made where they are missing. Returns `layer`.
template <typename Layer>
std::shared_ptr<Layer> AddLayer(torch::nn::Module& root, absl::string_view path,
                                std::shared_ptr<Layer> layer);

// The type-erased part of AddLayer().
void AddModule(torch::nn::Module& root, absl::string_view path,
               std::shared_ptr<torch::nn::Module> module);

// \error kInvalidArgument unless samples are images [C, H, W] of at least
// smallest x smallest pixels; says the smallest size.
absl::Status CheckImages(const ModelInput& input, int64_t smallest);

template <typename Layer>
std::shared_ptr<Layer> AddLayer(torch::nn::Module& root, absl::string_view path,
                                std::shared_ptr<Layer> layer) {
  AddModule(root, path, layer);
  return layer;
}

}  // namespace nclab

#endif  // NCLAB_MODELS_LAYERS_LAYERS_H_
