#include "datasets/formats/svhn_format.h"

#include <ATen/ops/empty.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "datasets/formats/matlab5/matlab5.h"
#include "datasets/formats/planes.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

absl::Status WrongShape(const std::string& path, const MatlabArray& array,
                        absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": the variable '", array.name, "' has the dimensions ",
      absl::StrJoin(array.dims, "x"), "; expected ", expected, "."));
}

}  // namespace

absl::StatusOr<Split> ParseSvhn(LoadedFile file) {
  const std::string& path = file.origin.path;
  NCLAB_ASSIGN_OR_RETURN(std::vector<MatlabArray> arrays,
                         ParseMatlab5(path, file.bytes, {"X", "y"}));
  std::string().swap(file.bytes);
  MatlabArray& x = arrays[0];
  const MatlabArray& y = arrays[1];
  // MATLAB drops a last dimension of 1.
  if (x.dims.size() == 3) x.dims.push_back(1);
  if (x.dims.size() != 4 || x.dims[0] != 32 || x.dims[1] != 32 ||
      x.dims[2] != 3) {
    return WrongShape(path, x, "32x32x3xN");
  }
  const int64_t n = x.dims[3];
  if (n == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " holds no samples; expected at least one."));
  }
  if (y.dims.size() != 2 || y.dims[0] != n || y.dims[1] != 1) {
    return WrongShape(path, y,
                      absl::StrCat(n, "x1, one label for each image of 'X'"));
  }
  Split split;
  split.labels = at::empty({n}, at::TensorOptions(at::kLong));
  int64_t* labels = split.labels.mutable_data_ptr<int64_t>();
  for (int64_t i = 0; i < n; ++i) {
    const int64_t label = static_cast<uint8_t>(y.values[i]);
    if (label < 1 || label > 10) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": value ", i, " of the variable 'y' is ", label,
                       "; expected a label from 1 to 10."));
    }
    labels[i] = label % 10;
  }
  split.samples = ImagesFromColumns(std::move(x.values), n, 32);
  return split;
}

}  // namespace nclab
