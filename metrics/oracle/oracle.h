// Features for which every metric is known in closed form.
//
// They are sums of few rows of a Hadamard matrix, H_j in {-1, +1}^D, D a power
// of two, which are orthogonal and have |H_j|^2 = D; the coefficients are
// multiples of 2^-10. So every coordinate, a global offset of 1e4 included, is
// a number that fp32 holds: the answer is representable, and an error is that
// of the measuring. Noise comes in pairs, vertex + e and vertex - e, so that
// class means and scatter are exact.
//
// s is the scale of the vertices, B the between-class variance, W the
// within-class variance, R = W / B. An offset changes no value below.
#ifndef NCLAB_METRICS_ORACLE_ORACLE_H_
#define NCLAB_METRICS_ORACLE_ORACLE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace nclab {

struct KnownValue {
  std::string metric, anchor;
  double value = 0;
  // What an error is relative to if the value is 0.
  double scale = 1;
};

struct Oracle {
  std::string family;
  int64_t classes = 0, dim = 0;
  double offset = 0;
  std::vector<double> features;  // [N, D]
  std::vector<double> finals;    // [N, D], or empty
  std::vector<int64_t> labels;   // [N]
  std::vector<double> weight;    // [K, D], or empty
  std::vector<double> bias;      // [K], with weight: takes the offset out
  std::vector<double> logits;    // [N, K], or empty
  std::vector<KnownValue> known;

  int64_t samples() const { return static_cast<int64_t>(labels.size()); }
  // \error aborts if there is no such value.
  double Known(const std::string& metric) const;
};

enum class NoiseIn {
  kSpan,        // of the centred means
  kComplement,  // of that span
  kEverywhere,  // isotropic: every direction alike, N = 2 D
};

// K vertices s H_c: a simplex ETF around their mean, B = s^2 D (K-1)/K. The
// ratio is as near to `ratio` as a coefficient on the grid comes. The rows of W
// are a_c H_c, a = 1, 3, 1, 3, ... (times a power of two). Where K < D, the
// features at T are those now, moved by s/2 in every coordinate. K <= D.
Oracle SimplexEtf(int64_t classes, int64_t dim, double ratio, NoiseIn noise,
                  double offset);

// K = 2 J vertices +s H_j and -s H_j, j < J: as many as 2 D vertices in D
// dimensions, rank J. Noise in their span. Logits favour the label, and the
// next class for one sample in four. J <= D.
Oracle CrossPolytope(int64_t classes, int64_t dim, double ratio, double offset);

// Two classes at +s H_1 and -s H_1, the second three times as large with four
// times the variance, in the span; the first's noise is orthogonal to it. W is
// the means. A sample of the second class in two is nearer to the first where
// the ratio is about 1.
Oracle TwoClasses(int64_t dim, double ratio, double offset,
                  int64_t multiple = 1);

// Every sample at a vertex of a simplex ETF, but one in five at a wrong one,
// all wrong ones alike; `ratio` of noise outside of the span on top. With
// a = 1 - K / (5 (K-1)): ratio (1 - a^2 + noise) / a^2, ncc_accuracy 0.8. K <
// D.
Oracle WrongVertex(int64_t classes, int64_t dim, double ratio, double offset);

// The same, but the wrong vertex is always that of the partner, class c ^ 1:
// ten samples a class, so that K may be large. The means are no simplex ETF. Of
// the vertices' square, p = 1/5: B = p^2 + (1-p)^2 - 1/K, W = 2 p (1-p) +
// noise, trace 2 K p (1-p) / (1-2p)^2. K even, K < D.
Oracle WrongPartner(int64_t classes, int64_t dim, double ratio, double offset);

// N = 4 K orthogonal samples s H_i, labelled in turn: features of which the
// labels know nothing, N <= D. R = 3 K/(K-1), cdnv 3/2, trace 0; any clusters
// have the inertia s^2 D (N-K)/N.
Oracle RandomFeatures(int64_t classes, int64_t dim, double offset);

// Vertices s H_c and 3 s H_c in turn, an even number: norms, angles and
// distances of the means differ. Noise outside of their span. K < D.
Oracle UnequalMeans(int64_t classes, int64_t dim, double ratio, double offset);

}  // namespace nclab

#endif  // NCLAB_METRICS_ORACLE_ORACLE_H_
