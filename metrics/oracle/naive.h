// What the usual one-pass formula makes of the same features.
#ifndef NCLAB_METRICS_ORACLE_NAIVE_H_
#define NCLAB_METRICS_ORACLE_NAIVE_H_

#include "metrics/oracle/oracle.h"

namespace nclab {

// variance_ratio with within = E|h|^2 - sum_c (n_c/N) |mu_c|^2, all of it in
// fp32: class sums, squares, means. Its total is LibTorch's, pairwise.
double NaiveVarianceRatio(const Oracle& oracle);

}  // namespace nclab

#endif  // NCLAB_METRICS_ORACLE_NAIVE_H_
