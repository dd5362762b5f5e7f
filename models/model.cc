#include "models/model.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tools/base/errors.h"
#include "tools/base/memory.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/torch_status.h"

namespace nclab {

bool Taps::Wants(absl::string_view name) const {
  return std::find(wanted_.begin(), wanted_.end(), name) != wanted_.end();
}

void Taps::operator()(absl::string_view name, const at::Tensor& tensor) {
  for (size_t i = 0; i < wanted_.size(); ++i) {
    if (wanted_[i] != name) continue;
    tensors_[i] = tensor.dim() == 4 ? tensor.mean({2, 3}) : tensor;
  }
}

ModelRegistry& Models() {
  static auto* const registry = new ModelRegistry("model");
  return *registry;
}

bool RegisterModel(ModelInfo info, ModelFactory factory, const char* file,
                   int line) {
  Models().Register(
      std::move(info), std::move(factory), file, line,
      {IntParam("classes", 0, "number of classes; 0: as many as the data has",
                0, 1e9)},
      "models/model.cc");
  return true;
}

absl::StatusOr<std::shared_ptr<Model>> MakeModel(const BoundChoice& choice,
                                                 ModelInput input) {
  NCLAB_ASSIGN_OR_RETURN(const auto* entry, Models().Find(choice.name));
  if (choice.params.Int("classes") != 0) {
    input.classes = choice.params.Int("classes");
  }
  if (input.classes < 1 && entry->info.weights_from.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("How many classes has model '", choice.name, "'? Write ",
                     choice.name, "(classes=10)."));
  }
  std::shared_ptr<Model> model;
  const absl::Status status = CatchTorch([&]() -> absl::Status {
    NCLAB_ASSIGN_OR_RETURN(model, entry->factory(choice.params, input));
    return absl::OkStatus();
  });
  if (!status.ok()) {
    return Annotate(status, absl::StrCat("model '", choice.name, "'"));
  }
  return model;
}

absl::Status CheckWeights(double weights) {
  return CheckMemory(
      "a network of these sizes, with its gradients and momenta,",
      3 * sizeof(float) * weights);
}

int64_t SampleSize(const ModelInput& input) {
  int64_t size = 1;
  for (const int64_t dim : input.shape) size *= dim;
  return size;
}

}  // namespace nclab
