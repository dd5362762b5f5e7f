// The geometry of class means and classifier rows, from their dot products.
// No LibTorch here.
//
// V = v_1 .. v_n are the centred class means mu_c - mu of the classes present,
// or the rows w_c of the last Linear (all of them, not centred).
#ifndef NCLAB_METRICS_GEOMETRY_H_
#define NCLAB_METRICS_GEOMETRY_H_

#include <vector>

#include "metrics/metric.h"

namespace nclab {

// mu_c - mu of the classes present, in their order [present, D]; 0 where it is
// no longer than rounding.
std::vector<double> CenteredMeans(const Moments& moments);

// Dot products of `n` rows of `dim` numbers.
Gram GramOf(const double* rows, int64_t n, int64_t dim);

// Standard deviation (population) over mean of the norms |v_c|: NC2, equal
// norms. Source: Papyan, Han, Donoho, arXiv 2008.08186, figure 2.
MetricValue Equinorm(const Gram& gram);

// Standard deviation (population) of cos(v_a, v_b) over pairs a < b: NC2,
// equal angles. Source: same, figure 3.
MetricValue CosStd(const Gram& gram);

// Mean of |cos(v_a, v_b) + 1/(n-1)| over pairs: NC2, angles as wide as n
// vectors can have. Source: same, figure 4.
MetricValue MaxAngle(const Gram& gram);

// | V V^T / |V V^T|_F - (I - 11^T/n) / sqrt(n-1) |_F: NC2, distance from a
// simplex ETF. Source: Zhu et al., arXiv 2105.02375, section 4.
MetricValue EtfError(const Gram& gram);

}  // namespace nclab

#endif  // NCLAB_METRICS_GEOMETRY_H_
