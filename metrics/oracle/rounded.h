// A simplex ETF in general position, where writing the features down as fp32 or
// fp64 rounds them, and so moves the answer.
#ifndef NCLAB_METRICS_ORACLE_ROUNDED_H_
#define NCLAB_METRICS_ORACLE_ROUNDED_H_

#include <cstdint>
#include <string>

#include "metrics/oracle/oracle.h"

namespace nclab {

struct Rounded {
  Oracle oracle;  // `features` rounded to `dtype`; variances and ratio known
  std::string dtype;
  double ratio = 0;  // asked for
  // Two passes in long double over the rounded features.
  double exact = 0;
  // How far rounding moves the ratio at most, relative: by the variance of the
  // rounding, D u^2 / (12 W), and three deviations of its product with the
  // noise, 6 u / sqrt(12 W N); u is the spacing of numbers of `dtype` at the
  // features, W the within-class variance.
  double moved = 0;
};

// Vertices of norm 1, turned at random, at `offset` in every coordinate; noise
// in the span. The answer is representable to a bound if `moved` is at most
// half of it. K <= D.
Rounded RoundedSimplexEtf(int64_t classes, int64_t dim, double ratio,
                          double offset, const std::string& dtype);

}  // namespace nclab

#endif  // NCLAB_METRICS_ORACLE_ROUNDED_H_
