#include "metrics/moments.h"

#include <limits>
#include <numeric>

namespace nclab {

int64_t Moments::present() const {
  int64_t n = 0;
  for (const int64_t c : count) n += c > 0;
  return n;
}

int64_t Moments::total() const {
  return std::accumulate(count.begin(), count.end(), int64_t{0});
}

double SquaredDistance(const double* a, const double* b, int64_t dim) {
  double sum = 0;
  for (int64_t d = 0; d < dim; ++d) sum += (a[d] - b[d]) * (a[d] - b[d]);
  return sum;
}

std::vector<double> GlobalMean(const Moments& moments) {
  // Around the first present mean, so that a common offset costs no digits.
  std::vector<double> mean(moments.dim, 0.0);
  const double* origin = nullptr;
  for (int64_t c = 0; c < moments.classes(); ++c) {
    if (moments.count[c] == 0) continue;
    if (origin == nullptr) origin = moments.mean_of(c);
    for (int64_t d = 0; d < moments.dim; ++d) {
      mean[d] += moments.mean_of(c)[d] - origin[d];
    }
  }
  if (origin == nullptr) return mean;
  const double k = static_cast<double>(moments.present());
  for (int64_t d = 0; d < moments.dim; ++d) mean[d] = origin[d] + mean[d] / k;
  return mean;
}

double WithinVariance(const Moments& moments) {
  return std::accumulate(moments.scatter.begin(), moments.scatter.end(), 0.0) /
         static_cast<double>(moments.total());
}

double BetweenVariance(const Moments& moments) {
  const std::vector<double> center = GlobalMean(moments);
  double sum = 0;
  for (int64_t c = 0; c < moments.classes(); ++c) {
    if (moments.count[c] == 0) continue;
    sum += SquaredDistance(moments.mean_of(c), center.data(), moments.dim);
  }
  return sum / static_cast<double>(moments.present());
}

double WithinVarianceAround(const Moments& moments, const Moments& anchor) {
  double sum = 0;
  for (int64_t c = 0; c < moments.classes(); ++c) {
    if (moments.count[c] == 0) continue;
    if (c >= anchor.classes() || anchor.count[c] == 0) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    sum +=
        moments.scatter[c] +
        static_cast<double>(moments.count[c]) *
            SquaredDistance(moments.mean_of(c), anchor.mean_of(c), moments.dim);
  }
  return sum / static_cast<double>(moments.total());
}

}  // namespace nclab
