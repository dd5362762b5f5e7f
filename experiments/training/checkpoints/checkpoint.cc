#include "experiments/training/checkpoints/checkpoint.h"

#include <ATen/core/grad_mode.h>

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "experiments/records/seal.h"
#include "experiments/training/device/device.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/numbers.h"
#include "tools/base/torch/tensor_file.h"

namespace nclab {
namespace {

constexpr char kGenerator[] = "nclab.generator.";
constexpr char kSum[] = "nclab.sum.";

// Everything but the generators' states, under the names of the file.
NamedTensors Named(const StateTensors& state) {
  NamedTensors named = StateOf(state.model);
  for (const OptimizerState& one : state.optimizer) {
    for (size_t i = 0; i < state.trained.size(); ++i) {
      named.emplace_back(
          absl::StrCat("nclab.", one.name, ".", state.trained[i].first),
          one.tensors[i]);
    }
  }
  for (const auto& [name, sum] : state.sums) {
    named.emplace_back(kSum + name, sum);
  }
  named.emplace_back("nclab.losses", state.losses);
  return named;
}

// Whether the file has a tensor `name` that fits `target`.
absl::Status Fits(const std::string& path, const TensorMap& tensors,
                  const std::string& name, const at::Tensor& target) {
  const auto it = tensors.find(name);
  if (it != tensors.end() && it->second.sizes() == target.sizes() &&
      it->second.scalar_type() == target.scalar_type()) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      path, " lacks the tensor '", name,
      "' of this run's shape and type: another version of the model wrote it. "
      "Use that version, or start anew in another directory."));
}

}  // namespace

absl::Status SaveCheckpoint(const std::string& path, const LoopState& loop,
                            const StateTensors& state) {
  TensorMap tensors;
  for (const auto& [name, tensor] : Named(state)) tensors[name] = tensor;
  for (auto& [name, generator] : GeneratorStates(state.device)) {
    tensors[absl::StrCat(kGenerator, name)] = generator;
  }
  return SaveTensors(
      path, tensors,
      Sealed({{"step", absl::StrCat(loop.step)},
              {"mean_loss", FormatDouble(loop.mean_loss)},
              {"last_evaluated", absl::StrCat(loop.last_evaluated)}}));
}

absl::StatusOr<LoopState> ReadLoopState(const std::string& path) {
  NCLAB_RETURN_IF_ERROR(CheckSeal(path));
  NCLAB_ASSIGN_OR_RETURN(const SafetensorsReader file,
                         SafetensorsReader::Open(path));
  Metadata metadata = file.metadata();
  LoopState loop;
  if (!absl::SimpleAtoi(metadata["step"], &loop.step) ||
      !absl::SimpleAtod(metadata["mean_loss"], &loop.mean_loss) ||
      !absl::SimpleAtoi(metadata["last_evaluated"], &loop.last_evaluated)) {
    return absl::DataLossError(
        absl::StrCat(path, " does not say at which step it was written."));
  }
  return loop;
}

absl::StatusOr<LoopState> LoadCheckpoint(const std::string& path,
                                         StateTensors& state) {
  NCLAB_ASSIGN_OR_RETURN(const LoopState loop, ReadLoopState(path));
  NCLAB_ASSIGN_OR_RETURN(const TensorFile file, LoadTensors(path));
  std::erase_if(state.sums, [&](const auto& sum) {
    return file.tensors.count(kSum + sum.first) == 0;
  });
  NamedTensors targets = Named(state);
  const auto generators = GeneratorStates(state.device);
  for (const auto& [name, tensor] : generators) {
    targets.emplace_back(absl::StrCat(kGenerator, name), tensor);
  }
  for (const auto& [name, target] : targets) {
    NCLAB_RETURN_IF_ERROR(Fits(path, file.tensors, name, target));
  }
  const at::NoGradGuard no_grad;
  for (const auto& [name, target] : targets) {
    target.copy_(file.tensors.at(name));
  }
  for (const auto& [name, tensor] : generators) {
    SetGeneratorState(name, tensor, state.device);
  }
  return loop;
}

}  // namespace nclab
