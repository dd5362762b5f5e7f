#include "metrics/features/readers/row_reader.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>

#include "absl/strings/str_cat.h"

namespace nclab {

absl::Status RowReader::NotFinite() {
  absl::Status found;
  NCLAB_RETURN_IF_ERROR(Visit([&](const at::Tensor& rows, int64_t first) {
    if (!found.ok()) return;
    const at::Tensor bad = at::isfinite(rows).logical_not().flatten().nonzero();
    if (bad.size(0) == 0) return;
    const int64_t at = bad.const_data_ptr<int64_t>()[0];
    const int64_t width = rows.dim() > 1 ? rows.size(1) : 1;
    found = absl::InvalidArgumentError(absl::StrCat(
        source_.description(), " holds ",
        rows.flatten().to(at::kDouble).const_data_ptr<double>()[at], " in row ",
        first + at / width, ", column ", at % width,
        ". Every metric needs finite numbers."));
  }));
  NCLAB_RETURN_IF_ERROR(found);
  return absl::InvalidArgumentError(
      absl::StrCat(source_.description(),
                   " holds numbers so large that their squares overflow."));
}

absl::Status RowReader::InRange(double largest) const {
  constexpr double kSmallest = 1e-70, kLargest = 1e70;
  if (largest == 0 || (largest >= kSmallest && largest <= kLargest)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(source_.description(), " holds numbers of size ", largest,
                   "; expected 0, or ", kSmallest, " to ", kLargest,
                   ", whose squares fp64 can square. Scale it."));
}

}  // namespace nclab
