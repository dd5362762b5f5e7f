// A tensor of plain numbers: what statistics give, files hold and metrics take.
// No LibTorch here: metrics are compiled, and run, without it.
#ifndef NCLAB_METRICS_STATISTICS_KEPT_ARRAY_H_
#define NCLAB_METRICS_STATISTICS_KEPT_ARRAY_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace nclab {

// In C order. Reading it as another type, or more than one number as one, is a
// bug of the reader, and throws.
class Array {
 public:
  Array() : Array(0.0) {}
  explicit Array(double value) : values_(std::vector<double>{value}) {}
  explicit Array(int64_t value) : values_(std::vector<int64_t>{value}) {}
  Array(std::vector<int64_t> shape, std::vector<double> values)
      : shape_(std::move(shape)), values_(std::move(values)) {}
  Array(std::vector<int64_t> shape, std::vector<int64_t> values)
      : shape_(std::move(shape)), values_(std::move(values)) {}

  const std::vector<int64_t>& shape() const { return shape_; }  // {}: a number
  bool is_integer() const { return values_.index() == 1; }
  const std::vector<double>& reals() const { return std::get<0>(values_); }
  const std::vector<int64_t>& integers() const { return std::get<1>(values_); }
  double real() const { return reals().at(0); }
  int64_t integer() const { return integers().at(0); }

  bool operator==(const Array&) const = default;

 private:
  std::vector<int64_t> shape_;
  std::variant<std::vector<double>, std::vector<int64_t>> values_;
};

// Those of a statistic, by name.
using Arrays = std::map<std::string, Array>;

}  // namespace nclab

#endif  // NCLAB_METRICS_STATISTICS_KEPT_ARRAY_H_
