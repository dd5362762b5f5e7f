#include "tools/base/torch/tensor_file.h"

#include <ATen/ops/empty.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/torch_status.h"

namespace nclab {
namespace {

struct DtypeName {
  at::ScalarType type;
  const char* name;
};

constexpr DtypeName kDtypes[] = {
    {at::kBool, "BOOL"}, {at::kByte, "U8"},    {at::kChar, "I8"},
    {at::kShort, "I16"}, {at::kHalf, "F16"},   {at::kBFloat16, "BF16"},
    {at::kInt, "I32"},   {at::kFloat, "F32"},  {at::kDouble, "F64"},
    {at::kLong, "I64"},  {at::kUInt16, "U16"}, {at::kUInt32, "U32"},
    {at::kUInt64, "U64"}};

}  // namespace

absl::Status SaveTensors(const std::string& path, const TensorMap& tensors,
                         const std::map<std::string, std::string>& metadata) {
  return CatchTorch([&]() -> absl::Status {
    std::vector<at::Tensor> alive;
    std::vector<SafetensorsTensor> entries;
    for (const auto& [name, tensor] : tensors) {
      const char* dtype = nullptr;
      for (const DtypeName& candidate : kDtypes) {
        if (candidate.type == tensor.scalar_type()) dtype = candidate.name;
      }
      if (dtype == nullptr) {
        return absl::InvalidArgumentError(absl::StrCat(
            "Tensor '", name, "' has a dtype that safetensors lacks."));
      }
      alive.push_back(tensor.detach().cpu().contiguous());
      entries.push_back({name, dtype, alive.back().sizes().vec(),
                         alive.back().const_data_ptr()});
    }
    return WriteSafetensors(path, std::move(entries), metadata);
  });
}

std::optional<at::ScalarType> TorchDtype(absl::string_view dtype) {
  for (const DtypeName& candidate : kDtypes) {
    if (dtype == candidate.name) return candidate.type;
  }
  return std::nullopt;
}

absl::StatusOr<at::Tensor> ReadTensor(const SafetensorsReader& reader,
                                      const SafetensorsEntry& entry) {
  const std::optional<at::ScalarType> type = TorchDtype(entry.dtype);
  if (!type) {
    return absl::InvalidArgumentError(
        absl::StrCat(reader.path(), ": tensor '", entry.name, "' has dtype ",
                     entry.dtype, ", which cannot be computed with."));
  }
  at::Tensor tensor;
  NCLAB_RETURN_IF_ERROR(CatchTorch([&]() -> absl::Status {
    tensor = at::empty(entry.shape, at::TensorOptions(*type));
    return reader.Read(entry, 0, entry.end - entry.begin,
                       tensor.mutable_data_ptr());
  }));
  return tensor;
}

absl::StatusOr<TensorFile> LoadTensors(const std::string& path) {
  NCLAB_ASSIGN_OR_RETURN(const SafetensorsReader reader,
                         SafetensorsReader::Open(path));
  TensorFile file;
  file.metadata = reader.metadata();
  for (const SafetensorsEntry& entry : reader.entries()) {
    NCLAB_ASSIGN_OR_RETURN(file.tensors[entry.name], ReadTensor(reader, entry));
  }
  return file;
}

}  // namespace nclab
