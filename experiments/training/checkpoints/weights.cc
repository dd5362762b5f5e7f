#include "experiments/training/checkpoints/weights.h"

#include <ATen/core/grad_mode.h>

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/base/files/safetensors.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/tensor_file.h"

namespace nclab {
namespace {

// The format's name of the dtypes that models have.
std::string DtypeOf(const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return "F32";
    case at::kDouble:
      return "F64";
    case at::kLong:
      return "I64";
    default:
      return at::toString(tensor.scalar_type());
  }
}

std::string Describe(const std::string& dtype,
                     const std::vector<int64_t>& shape) {
  return absl::StrCat(dtype, " [", absl::StrJoin(shape, ", "), "]");
}

bool Keeps(absl::string_view kept, const std::string& name) {
  return !kept.empty() && absl::StartsWith(name, kept);
}

// Compares the header of the file with the model.
absl::Status Compare(const SafetensorsReader& file, const NamedTensors& state,
                     absl::string_view kept) {
  std::set<std::string> known;
  for (const auto& [name, target] : state) {
    known.insert(name);
    if (Keeps(kept, name)) continue;
    const SafetensorsEntry* entry = file.Find(name);
    if (entry == nullptr) {
      return absl::FailedPreconditionError(
          absl::StrCat(file.path(), " lacks the tensor '", name, "', ",
                       Describe(DtypeOf(target), target.sizes().vec()),
                       ", which the model has."));
    }
    if (entry->dtype != DtypeOf(target) ||
        entry->shape != target.sizes().vec()) {
      return absl::FailedPreconditionError(absl::StrCat(
          file.path(), ": tensor '", name, "' is ",
          Describe(entry->dtype, entry->shape), "; the model needs ",
          Describe(DtypeOf(target), target.sizes().vec()), "."));
    }
  }
  for (const SafetensorsEntry& entry : file.entries()) {
    if (absl::StartsWith(entry.name, "nclab.") ||
        known.count(entry.name) != 0) {
      continue;
    }
    return absl::FailedPreconditionError(
        absl::StrCat(file.path(), " has the tensor '", entry.name,
                     "', which the model lacks."));
  }
  return absl::OkStatus();
}

}  // namespace

NamedTensors StateOf(const Model& model) {
  NamedTensors state;
  for (const auto& item : model.named_parameters()) {
    state.emplace_back(item.key(), item.value());
  }
  for (const auto& item : model.named_buffers()) {
    state.emplace_back(item.key(), item.value());
  }
  return state;
}

absl::Status LoadWeights(const std::string& path, Model& model,
                         absl::string_view kept) {
  NCLAB_ASSIGN_OR_RETURN(const SafetensorsReader file,
                         SafetensorsReader::Open(path));
  const NamedTensors state = StateOf(model);
  NCLAB_RETURN_IF_ERROR(Compare(file, state, kept));
  const at::NoGradGuard no_grad;
  for (const auto& [name, target] : state) {
    if (Keeps(kept, name)) continue;
    NCLAB_ASSIGN_OR_RETURN(const at::Tensor tensor,
                           ReadTensor(file, *file.Find(name)));
    target.copy_(tensor);
  }
  return absl::OkStatus();
}

}  // namespace nclab
