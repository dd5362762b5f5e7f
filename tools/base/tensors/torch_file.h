// Where the tensors of a file of torch.save() lie: .pt and .pth, a zip archive
// of a pickle and one record of bytes per storage (PyTorch 1.6 and later).
#ifndef NCLAB_TOOLS_BASE_TENSORS_TORCH_FILE_H_
#define NCLAB_TOOLS_BASE_TENSORS_TORCH_FILE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/base/files/zip_file.h"
#include "tools/base/tensors/pickle/pickle.h"

namespace nclab {

struct TorchTensor {
  PickledTensor about;  // `offset` and `record` are used up
  uint64_t begin = 0;   // of its first number, in the file
};

// Whether the archive has the pickle of torch.save().
bool IsTorchFile(const ZipFile& zip);

// Every number of every tensor lies within its record; tensors of dtypes that
// safetensors lacks are not looked at.
// \error kInvalidArgument: as TensorsOfPickle(), or the tensor whose numbers
// are not in the file; a TorchScript module; another order of bytes.
absl::StatusOr<std::vector<TorchTensor>> TensorsOfTorchFile(const ZipFile& zip);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_TENSORS_TORCH_FILE_H_
