// Writing oracles down: samples as sums of few rows of a Hadamard matrix.
#ifndef NCLAB_METRICS_ORACLE_BUILDER_H_
#define NCLAB_METRICS_ORACLE_BUILDER_H_

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "metrics/oracle/oracle.h"

namespace nclab {

constexpr double kScale = 1024;       // s
constexpr double kUnit = 1.0 / 1024;  // of coefficients

// Above this ratio clusters may not be the classes.
constexpr double kWeakRatio = 0.02;

inline double Square(double x) { return x * x; }

// The nearest number on the grid of coefficients, at least one unit.
double OnGrid(double x);

// A coefficient of a row of the Hadamard matrix.
struct Term {
  int64_t row;
  double coefficient;
};

class Builder {
 public:
  // `dim`: a power of two.
  Builder(const char* family, int64_t classes, int64_t dim, double offset);

  // A sample of `label`: offset + sum of terms.
  void Add(int64_t label, const std::vector<Term>& terms);
  // Two samples: vertex + noise and vertex - noise.
  void AddPair(int64_t label, const std::vector<Term>& vertex,
               const std::vector<Term>& noise);
  // And the bias that makes the offset nothing to the logits.
  void AddWeight(const std::vector<Term>& terms);
  void AddLogits(int64_t chosen, double height);
  // The features at T: those now, moved by `by` in every coordinate.
  void MoveFinals(double by);

  void Know(const char* metric, const char* anchor, double value,
            double scale = 1);
  // What follows from W and B; with `moved`, |v|^2 of a move v of all features
  // until T, orthogonal to the means, the rows of anchor final too.
  void KnowVariances(double within, double between, double moved = -1);
  void KnowTrace(double trace, double scale);
  void KnowMeansGeometry(double equinorm, double cos_std, double max_angle,
                         double etf_error);
  // Of the within-class variance: the share in the span of the means, and what
  // lies along the line between two means, which is relative to `scale` where
  // it is 0.
  void KnowWhereNoiseLies(double in_span, double directional, double scale);
  // Of the unit centred means; of the spectrum of the means.
  void KnowSphere(double log_mean, double log_var);
  void KnowRanks(double effective, double participation);
  // Eigenvalues of Sigma_W and of the covariance of all samples, without zeros,
  // in one unit; up to D = 2048.
  void KnowSpectra(const std::vector<double>& within,
                   const std::vector<double>& total, double vci);
  // That a classifier which is fitted to the features errs nowhere; neighbours
  // only where every class has six samples.
  void KnowProbesAreRight();
  // K-1 equal eigenvalues, angles of a simplex ETF.
  void KnowEtfSphereAndRanks();
  void KnowClassifier(double weight_sum, double etf_duality, double cosine);

  // With what is known of every sample's length.
  Oracle Take();

 private:
  double SquaredNorm(const std::vector<Term>& terms, double offset) const;
  void AppendRow(const std::vector<Term>& terms, double offset,
                 std::vector<double>& to);

  Oracle oracle_;
  std::vector<double> norms_;  // of the samples
};

// Variances along rows of the Hadamard matrix, sample after sample.
struct RowVariances {
  std::map<int64_t, double> sums;
  double samples = 0;

  void Add(int64_t row, double square) {
    sums[row] += square;
    samples += 1;
  }
  // Of each row that has some, and as many of `more` as given.
  std::vector<double> With(int64_t count, double more) const {
    std::vector<double> all(static_cast<size_t>(count), more);
    for (const auto& [row, sum] : sums) all.push_back(sum / samples);
    return all;
  }
};

// Spectra of SimplexEtf(), in units of the vertices' square. `q`: the square of
// the coefficients of the noise, by that of the vertices.
void KnowEtfSpectra(int64_t classes, NoiseIn noise, double q,
                    const RowVariances& noise_rows, Builder& builder);

// Cross-entropies and hits, sample after sample.
struct LogitSums {
  double loss = 0, correct = 0, samples = 0;

  // A sample whose only logits other than 0 are those given, the first of them
  // its label's.
  void Count(const std::vector<double>& given, int64_t classes);
};

}  // namespace nclab

#endif  // NCLAB_METRICS_ORACLE_BUILDER_H_
