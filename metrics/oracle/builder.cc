#include "metrics/oracle/builder.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <vector>

namespace nclab {
namespace {

// Row j of the matrix that Sylvester's construction gives.
double HadamardSign(int64_t row, int64_t column) {
  return std::popcount(static_cast<uint64_t>(row & column)) % 2 == 0 ? 1 : -1;
}

}  // namespace

double OnGrid(double x) { return std::max(1.0, std::round(x / kUnit)) * kUnit; }

Builder::Builder(const char* family, int64_t classes, int64_t dim,
                 double offset) {
  oracle_.family = family;
  oracle_.classes = classes;
  oracle_.dim = dim;
  oracle_.offset = offset;
  if (dim < 1 || !std::has_single_bit(static_cast<uint64_t>(dim))) {
    std::fprintf(stderr, "D must be a power of two, not %ld\n", dim);
    std::abort();
  }
}

void Builder::Add(int64_t label, const std::vector<Term>& terms) {
  AppendRow(terms, oracle_.offset, oracle_.features);
  norms_.push_back(std::sqrt(SquaredNorm(terms, oracle_.offset)));
  oracle_.labels.push_back(label);
}

void Builder::AddPair(int64_t label, const std::vector<Term>& vertex,
                      const std::vector<Term>& noise) {
  for (const double sign : {1.0, -1.0}) {
    std::vector<Term> terms = vertex;
    for (const Term& term : noise) {
      terms.push_back({term.row, sign * term.coefficient});
    }
    Add(label, terms);
  }
}

void Builder::AddWeight(const std::vector<Term>& terms) {
  AppendRow(terms, 0, oracle_.weight);
  double sum = 0;
  for (auto it = oracle_.weight.end() - oracle_.dim; it < oracle_.weight.end();
       ++it) {
    sum += *it;
  }
  oracle_.bias.push_back(-oracle_.offset * sum);
}

void Builder::AddLogits(int64_t chosen, double height) {
  for (int64_t c = 0; c < oracle_.classes; ++c) {
    oracle_.logits.push_back(c == chosen ? height : 0);
  }
}

void Builder::MoveFinals(double by) {
  oracle_.finals = oracle_.features;
  for (double& x : oracle_.finals) x += by;
}

void Builder::Know(const char* metric, const char* anchor, double value,
                   double scale) {
  oracle_.known.push_back({metric, anchor, value, scale});
}

void Builder::KnowVariances(double within, double between, double moved) {
  Know("within_variance", "own", within);
  Know("between_variance", "own", between);
  Know("variance_ratio", "own", within / between);
  if (moved < 0) return;
  Know("within_variance", "final", within + moved);
  Know("between_variance", "final", between);
  Know("variance_ratio", "final", (within + moved) / between);
}

void Builder::KnowTrace(double trace, double scale) {
  Know("nc1_pinv_trace", "own", trace, scale);
  Know("nc1_pinv_trace_over_classes", "own",
       trace / static_cast<double>(oracle_.classes), scale);
}

void Builder::KnowMeansGeometry(double equinorm, double cos_std,
                                double max_angle, double etf_error) {
  Know("nc2_equinorm_means", "own", equinorm);
  Know("nc2_cos_std_means", "own", cos_std);
  Know("nc2_max_angle_means", "own", max_angle);
  Know("nc2_etf_error_means", "own", etf_error);
}

void Builder::KnowWhereNoiseLies(double in_span, double directional,
                                 double scale) {
  Know("within_in_span", "own", in_span);
  if (oracle_.classes > 1000) return;  // not kept
  Know("cdnv_directional", "own", directional, scale);
}

void Builder::KnowSphere(double log_mean, double log_var) {
  Know("gnc2_log_mean", "own", log_mean);
  Know("gnc2_log_var", "own", log_var);
}

void Builder::KnowRanks(double effective, double participation) {
  Know("effective_rank_means", "own", effective);
  Know("participation_ratio_means", "own", participation);
}

void Builder::KnowSpectra(const std::vector<double>& within,
                          const std::vector<double>& total, double vci) {
  if (oracle_.dim > 2048) return;
  for (const bool of_all : {false, true}) {
    double sum = 0, roots = 0, squares = 0, entropy = 0;
    const std::vector<double>& values = of_all ? total : within;
    for (const double l : values) {
      sum += l;
      roots += std::sqrt(l);
      squares += l * l;
    }
    for (const double l : values) {
      const double p = std::sqrt(l) / roots;
      if (p > 0) entropy -= p * std::log(p);
    }
    const char* anchor = of_all ? "" : "own";
    Know(of_all ? "effective_rank_features" : "effective_rank_within", anchor,
         std::exp(entropy));
    Know(of_all ? "participation_ratio_features" : "participation_ratio_within",
         anchor, sum * sum / squares);
  }
  Know("vci", "own", vci);
}

void Builder::KnowProbesAreRight() {
  if (oracle_.dim <= 4096) Know("ridge_accuracy", "", 1);
  std::map<int64_t, int> samples;
  for (const int64_t label : oracle_.labels) ++samples[label];
  for (const auto& [label, count] : samples) {
    if (count < 6) return;
  }
  Know("knn_accuracy", "", 1);
}

void Builder::KnowEtfSphereAndRanks() {
  const double k = static_cast<double>(oracle_.classes);
  KnowSphere(-std::log(2 * k / (k - 1)) / 2, 0);
  KnowRanks(k - 1, k - 1);
}

void Builder::KnowClassifier(double weight_sum, double etf_duality,
                             double cosine) {
  Know("nc0_weight_sum", "", weight_sum);
  Know("nc3_etf_duality", "own", etf_duality);
  Know("nc3_cosine_mean", "own", cosine);
  Know("nc3_cosine_var", "own", 0);
}

Oracle Builder::Take() {
  // Around the first length, so that nothing cancels.
  long double sum = 0, squares = 0;
  const long double n = static_cast<long double>(norms_.size());
  for (const double norm : norms_) sum += norm - norms_[0];
  for (const double norm : norms_) {
    const long double away = norm - norms_[0] - sum / n;
    squares += away * away;
  }
  const double mean = norms_[0] + static_cast<double>(sum / n);
  Know("feature_norm_mean", "", mean);
  // Lengths themselves are rounded.
  const double deviation = std::sqrt(static_cast<double>(squares / n));
  const bool equal = deviation < 1e-9 * mean;
  Know("feature_norm_std", "", equal ? 0 : deviation, mean);
  return std::move(oracle_);
}

// The rows are orthogonal, and row 0 is the offset's.
double Builder::SquaredNorm(const std::vector<Term>& terms,
                            double offset) const {
  std::map<int64_t, double> coefficients = {{0, offset}};
  for (const Term& term : terms) coefficients[term.row] += term.coefficient;
  double square = 0;
  for (const auto& [row, coefficient] : coefficients) {
    square += Square(coefficient);
  }
  return square * static_cast<double>(oracle_.dim);
}

void Builder::AppendRow(const std::vector<Term>& terms, double offset,
                        std::vector<double>& to) {
  for (int64_t d = 0; d < oracle_.dim; ++d) {
    double x = offset;
    for (const Term& term : terms) {
      x += term.coefficient * HadamardSign(term.row, d);
    }
    to.push_back(x);
  }
}

void KnowEtfSpectra(int64_t classes, NoiseIn noise, double q,
                    const RowVariances& noise_rows, Builder& builder) {
  const double k = static_cast<double>(classes);
  std::vector<double> within, total;
  double vci = 0;
  if (noise == NoiseIn::kComplement) {
    within = noise_rows.With(0, 0);
    total = noise_rows.With(classes - 1, 1 / k);
  } else if (noise == NoiseIn::kSpan) {
    // Differences of neighbours on a circle of K: its Laplacian, by K.
    for (int64_t i = 1; i < classes; ++i) {
      const double angle = 2 * std::acos(-1.0) * static_cast<double>(i) / k;
      within.push_back(q * (2 - 2 * std::cos(angle)) / k);
      total.push_back(within.back() + 1 / k);
      vci += within.back() / total.back() / (k - 1);
    }
  } else {
    // The same along every row. Classes have two sizes, so that their means
    // around the mean of the samples have the covariance diag(p) - p p^T.
    within = noise_rows.With(0, 0);
    const double each = within[0];
    total = within;
    vci = each / (each + 1 / k);
    const int64_t dim = static_cast<int64_t>(within.size());
    std::map<int64_t, int64_t> classes_of;  // by pairs of samples
    double trace = 1;
    for (int64_t c = 0; c < classes; ++c) {
      const int64_t pairs = (dim - c + classes - 1) / classes;
      ++classes_of[pairs];
      trace -= Square(static_cast<double>(pairs) / static_cast<double>(dim));
    }
    size_t at = 0;
    for (const auto& [pairs, count] : classes_of) {
      const double p = static_cast<double>(pairs) / static_cast<double>(dim);
      for (int64_t i = 1; i < count; ++i) {
        total[at++] += p;
        trace -= p;
      }
    }
    if (classes_of.size() == 2) total[at] += trace;
  }
  builder.KnowSpectra(within, total, vci);
}

void LogitSums::Count(const std::vector<double>& given, int64_t classes) {
  long double total = static_cast<long double>(classes) -
                      static_cast<long double>(given.size());
  for (const double logit : given) {
    total += std::exp(static_cast<long double>(logit));
  }
  loss +=
      static_cast<double>(std::log(total) - static_cast<long double>(given[0]));
  samples += 1;
  const double most = *std::max_element(given.begin(), given.end());
  correct += given[0] == most && most > 0;
}

}  // namespace nclab
