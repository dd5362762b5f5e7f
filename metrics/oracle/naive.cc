#include "metrics/oracle/naive.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include <vector>

namespace nclab {

double NaiveVarianceRatio(const Oracle& oracle) {
  const std::vector<float> narrow(oracle.features.begin(),
                                  oracle.features.end());
  const at::TensorOptions floats(at::kFloat), longs(at::kLong);
  const at::Tensor h = at::from_blob(const_cast<float*>(narrow.data()),
                                     {oracle.samples(), oracle.dim}, floats);
  const at::Tensor y = at::from_blob(const_cast<int64_t*>(oracle.labels.data()),
                                     {oracle.samples()}, longs);
  const at::Tensor one_hot =
      at::zeros({oracle.samples(), oracle.classes}, floats)
          .scatter_(1, y.unsqueeze(1), 1);
  const at::Tensor count = one_hot.sum(0);
  const at::Tensor means = one_hot.t().mm(h) / count.unsqueeze(1);
  const at::Tensor within =
      (h * h).sum(1).mean() -
      (count * (means * means).sum(1)).sum() / count.sum();
  const at::Tensor centered = means - means.mean(0);
  return (within / (centered * centered).sum(1).mean()).item<double>();
}

}  // namespace nclab
