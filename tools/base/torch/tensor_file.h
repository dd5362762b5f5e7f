// Named tensors to and from safetensors files.
#ifndef NCLAB_TOOLS_BASE_TORCH_TENSOR_FILE_H_
#define NCLAB_TOOLS_BASE_TORCH_TENSOR_FILE_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/base/files/safetensors.h"

namespace nclab {

using TensorMap = std::map<std::string, at::Tensor>;

// Writes atomically. Tensors of any device and layout; data is copied to the
// CPU, C order. \error kInvalidArgument for a dtype the format lacks.
absl::Status SaveTensors(
    const std::string& path, const TensorMap& tensors,
    const std::map<std::string, std::string>& metadata = {});

// One tensor of an open file, on the CPU.
// \error kInvalidArgument for a dtype that LibTorch lacks.
absl::StatusOr<at::Tensor> ReadTensor(const SafetensorsReader& reader,
                                      const SafetensorsEntry& entry);

// The type of a dtype of the format; nothing for one that LibTorch lacks.
std::optional<at::ScalarType> TorchDtype(absl::string_view dtype);

struct TensorFile {
  TensorMap tensors;
  std::map<std::string, std::string> metadata;
};

// The whole file. \error as SafetensorsReader::Open() and ReadTensor().
absl::StatusOr<TensorFile> LoadTensors(const std::string& path);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_TORCH_TENSOR_FILE_H_
