// third_moment: second and third moments of the features of each class along
// the line from the global mean to the class mean.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "metrics/statistics/kept/geometry.h"
#include "metrics/statistics/statistic.h"

namespace {

using nclab::Array;
using nclab::Arrays;

class ThirdMoment final : public nclab::Statistic {
 public:
  explicit ThirdMoment(const nclab::StatisticInput& input) {
    const auto& moments = input.own->As<nclab::Moments>();
    const at::TensorOptions real(at::kDouble);
    means_ = at::tensor(moments.mean, real).view({input.classes, input.dim});
    const std::vector<double> center = nclab::GlobalMean(moments);
    const at::Tensor away = means_ - at::tensor(center, real);
    const at::Tensor length = away.square().sum(1, true).sqrt();
    along_ = (away / length.clamp_min(1e-300)).to(input.device);
    means_ = means_.to(input.device);
    squares_ = at::zeros({input.classes}, real.device(input.device));
    cubes_ = squares_.clone();
  }

  void Add(const nclab::Batch& batch) override {
    const at::Tensor z =
        batch.features.to(at::kDouble) - means_.index_select(0, batch.labels);
    const at::Tensor p = (z * along_.index_select(0, batch.labels)).sum(1);
    const at::Tensor classes =
        at::arange(squares_.size(0), batch.labels.options());
    const at::Tensor of_class =
        (classes.unsqueeze(1) == batch.labels).to(at::kDouble);
    squares_ += of_class.mv(p * p);
    cubes_ += of_class.mv(p * p * p);
  }

  Arrays Finish() const override {
    return {{"squares", ToArray(squares_)}, {"cubes", ToArray(cubes_)}};
  }

  absl::Status Merge(const Arrays& sums) override {
    squares_ += ToTensor(sums.at("squares"));
    cubes_ += ToTensor(sums.at("cubes"));
    return absl::OkStatus();
  }

 private:
  static Array ToArray(const at::Tensor& tensor) {
    const at::Tensor whole = tensor.cpu();
    const double* data = whole.const_data_ptr<double>();
    return Array({whole.size(0)},
                 std::vector<double>(data, data + whole.numel()));
  }
  at::Tensor ToTensor(const Array& array) const {
    return at::tensor(array.reals(), at::TensorOptions(at::kDouble))
        .to(squares_.device());
  }

  at::Tensor means_, along_, squares_, cubes_;
};

NCLAB_REGISTER_STATISTIC(
    {.name = "third_moment",
     .summary = "moments of each class along its mean",
     .reference = "nclab, tools/plugin_example/statistic/third_moment.cc",
     .arrays = {{"squares", "[K]",
                 "sum over class c of p^2, p = (h - mu_c) . "
                 "(mu_c - mu) / |mu_c - mu|"},
                {"cubes", "[K]", "sum over class c of p^3"}},
     .after = {"class_moments"}},
    [](const nclab::Params&, const nclab::StatisticInput& input) {
      return std::make_unique<ThirdMoment>(input);
    });

}  // namespace
