#include "experiments/training/checkpoints/weights.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "tools/base/status_macros.h"
#include "tools/base/tensors/tensor_archive.h"

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

// What stands before the names of all of the model's tensors in the file; ""
// where nothing does.
std::string PrefixIn(const TensorArchive& file, const NamedTensors& state) {
  for (const auto& [in_file, source] : file.tensors()) {
    absl::string_view prefix = in_file;
    if (!absl::ConsumeSuffix(&prefix, "." + state.front().first)) continue;
    const std::string found = absl::StrCat(prefix, ".");
    if (std::all_of(state.begin(), state.end(), [&](const auto& item) {
          return file.Find(absl::StrCat(found, item.first)) != nullptr;
        })) {
      return found;
    }
  }
  return "";
}

// Compares names, types and shapes of the file with the model.
absl::Status Compare(const TensorArchive& file, const NamedTensors& state,
                     absl::string_view kept, absl::string_view prefix) {
  std::set<std::string> known;
  for (const auto& [name, target] : state) {
    known.insert(absl::StrCat(prefix, name));
    if (Keeps(kept, name)) continue;
    const TensorSource* source = file.Find(absl::StrCat(prefix, name));
    if (source == nullptr) {
      const std::string there = PrefixIn(file, state);
      return absl::FailedPreconditionError(absl::StrCat(
          file.path(), " lacks the tensor '", prefix, name, "', ",
          Describe(DtypeOf(target), target.sizes().vec()),
          ", which the model has.",
          there.empty()
              ? ""
              : absl::StrCat(" It has all of the model's after '", there,
                             "': take that off with --strip_prefix=", there)));
    }
    if (source->dtype() != DtypeOf(target) ||
        source->shape() != target.sizes().vec()) {
      return absl::FailedPreconditionError(absl::StrCat(
          source->description(), " is ",
          Describe(source->dtype(), source->shape()), "; the model needs ",
          Describe(DtypeOf(target), target.sizes().vec()), "."));
    }
  }
  for (const auto& [name, source] : file.tensors()) {
    if (absl::StartsWith(name, "nclab.") || known.count(name) != 0 ||
        !absl::StartsWith(name, prefix)) {
      continue;
    }
    return absl::FailedPreconditionError(absl::StrCat(
        file.path(), " has the tensor '", name, "', which the model lacks."));
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
                         absl::string_view kept, absl::string_view prefix) {
  NCLAB_ASSIGN_OR_RETURN(const TensorArchive file, TensorArchive::Open(path));
  const NamedTensors state = StateOf(model);
  NCLAB_RETURN_IF_ERROR(Compare(file, state, kept, prefix));
  const at::NoGradGuard no_grad;
  for (const auto& [name, target] : state) {
    if (Keeps(kept, name)) continue;
    NCLAB_ASSIGN_OR_RETURN(const at::Tensor tensor,
                           file.Find(absl::StrCat(prefix, name))->All());
    target.copy_(tensor);
  }
  return absl::OkStatus();
}

}  // namespace nclab
