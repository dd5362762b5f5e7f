// The promises of models/model.h, each a check that any model can be held to.
// In BUILD: nclab_model_kit_test() of tools/build/defs.bzl.
#ifndef NCLAB_MODELS_TESTING_MODEL_KIT_H_
#define NCLAB_MODELS_TESTING_MODEL_KIT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "models/model.h"

namespace nclab {

// A registered model on made samples. Writes into `scratch`, a directory.
class ModelUnderTest {
 public:
  static constexpr int64_t kBatch = 6;
  static constexpr int64_t kClasses = 10;

  // choice: as "resnet18(width=8)"; shape: of one sample, {C, H, W} or {D}.
  // \error kNotFound, kInvalidArgument as ModelRegistry::Bind().
  static absl::StatusOr<ModelUnderTest> Create(const std::string& choice,
                                               std::vector<int64_t> shape,
                                               std::string scratch);

  // With weights drawn from `seed`, for samples of `shape` and kClasses
  // classes.
  absl::StatusOr<std::shared_ptr<Model>> Make(uint64_t seed) const;
  absl::StatusOr<std::shared_ptr<Model>> MakeFor(
      const std::vector<int64_t>& shape) const;
  // With the parameter `classes` set.
  absl::StatusOr<std::shared_ptr<Model>> MakeWithClasses(int64_t classes) const;

  // Standard normal, [kBatch, shape]; the same each time.
  at::Tensor Samples() const { return SamplesOf(shape_); }
  at::Tensor SamplesOf(const std::vector<int64_t>& shape) const;

  const BoundChoice& choice() const { return choice_; }
  const ModelInfo& info() const { return *info_; }
  const std::vector<int64_t>& shape() const { return shape_; }
  const std::string& scratch() const { return scratch_; }

 private:
  ModelUnderTest(BoundChoice choice, const ModelInfo& info,
                 std::vector<int64_t> shape, std::string scratch);

  BoundChoice choice_;
  const ModelInfo* info_;
  std::vector<int64_t> shape_;
  std::string scratch_;
};

struct ModelPromise {
  const char* name;  // a sentence without its subject
  // \error of any code says how the promise is broken. LibTorch's exceptions
  // are among them.
  std::function<absl::Status(const ModelUnderTest&)> check;
};

const std::vector<ModelPromise>& ModelPromises();

}  // namespace nclab

#endif  // NCLAB_MODELS_TESTING_MODEL_KIT_H_
