#include "experiments/report/claims/interval.h"

#include <cmath>
#include <iterator>
#include <numeric>

namespace nclab {

double Mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) /
         static_cast<double>(values.size());
}

double StudentQuantile95(int64_t degrees) {
  static constexpr double kTable[] = {
      12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060,
      2.2622,  2.2281, 2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199,
      2.1098,  2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639,
      2.0595,  2.0555, 2.0518, 2.0484, 2.0452, 2.0423};
  if (degrees <= static_cast<int64_t>(std::size(kTable))) {
    return kTable[degrees - 1];
  }
  constexpr double z = 1.959963984540054;  // of the normal distribution
  const double n = static_cast<double>(degrees);
  const double z3 = z * z * z, z5 = z3 * z * z;
  return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n);
}

std::optional<std::pair<double, double>> StudentInterval95(
    const std::vector<double>& values) {
  if (values.size() < 2) return std::nullopt;
  const double n = static_cast<double>(values.size());
  const double mean = Mean(values);
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  const double half = StudentQuantile95(static_cast<int64_t>(n) - 1) *
                      std::sqrt(squares / (n - 1) / n);
  return std::make_pair(mean - half, mean + half);
}

}  // namespace nclab
