#include "metrics/statistics/kept/moments.h"

#include <algorithm>
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

Moments Moments::Of(const Kept& kept) {
  const Arrays& a = kept.Get("class_moments");
  const Array& mean = a.at("mean");
  return {mean.shape().at(1), a.at("count").integers(), mean.reals(),
          a.at("scatter").reals()};
}

Arrays Moments::ToArrays() const {
  return {{"count", Array({classes()}, count)},
          {"mean", Array({classes(), dim}, mean)},
          {"scatter", Array({classes()}, scatter)}};
}

double SquaredDistance(const double* a, const double* b, int64_t dim) {
  // In eight partial sums, so that it needs no reassociation to be fast.
  double sums[8] = {};
  int64_t d = 0;
  for (; d + 8 <= dim; d += 8) {
    for (int64_t j = 0; j < 8; ++j) {
      sums[j] += (a[d + j] - b[d + j]) * (a[d + j] - b[d + j]);
    }
  }
  for (; d < dim; ++d) sums[d % 8] += (a[d] - b[d]) * (a[d] - b[d]);
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) +
         ((sums[4] + sums[5]) + (sums[6] + sums[7]));
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

double MeansRounding(const Moments& moments) {
  constexpr double kUlps = 4 * 0x1p-53;
  double longest = 0;
  for (int64_t c = 0; c < moments.classes(); ++c) {
    if (moments.count[c] == 0) continue;
    double square = 0;
    for (int64_t d = 0; d < moments.dim; ++d) {
      square += moments.mean_of(c)[d] * moments.mean_of(c)[d];
    }
    longest = std::max({longest, square, moments.scatter[c]});
  }
  return kUlps * kUlps * longest;
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
  const double between = sum / static_cast<double>(moments.present());
  return between <= MeansRounding(moments) ? 0 : between;
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
