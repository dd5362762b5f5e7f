#include "metrics/oracle/oracle.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "metrics/oracle/builder.h"

namespace nclab {
namespace {

// K vertices: rows 1 .. K where there is room, so that row 0, a move of every
// coordinate alike, is orthogonal to them.
int64_t VertexRow(int64_t c, int64_t classes, int64_t dim) {
  return classes < dim ? c + 1 : c;
}

// The i-th direction that is orthogonal to the vertices (K < D), or to their
// centred span only (K = D: the sum of the vertices' rows).
std::vector<Term> OutsideOf(int64_t classes, int64_t dim, int64_t i,
                            double size) {
  if (classes == dim) {
    std::vector<Term> terms;
    for (int64_t c = 0; c < classes; ++c) terms.push_back({c, size});
    return terms;
  }
  const int64_t rows = dim - 1 - classes;
  return {{rows == 0 ? 0 : classes + 1 + i % rows, size}};
}

// Rows of W: height * a_c H_c / D, a = 1, 3, 1, 3, ..., so that a vertex
// v H_c has the logit height * a_c * v of its class, and 0 of the others.
double Alternating(int64_t c) { return c % 2 == 0 ? 1 : 3; }

// NC2 of rows a_c H_c: orthogonal, norms in proportion to a_c. NC3 against a
// simplex ETF along the same H_c.
void KnowAlternatingWeights(int64_t classes, Builder& builder) {
  const double k = static_cast<double>(classes);
  double sum = 0, squares = 0, fourths = 0;
  for (int64_t c = 0; c < classes; ++c) {
    const double a = Alternating(c);
    sum += a;
    squares += a * a;
    fourths += a * a * a * a;
  }
  const double mean = sum / k;
  builder.Know("nc2_equinorm_weights", "",
               std::sqrt(squares / k - mean * mean) / mean);
  builder.Know("nc2_cos_std_weights", "", 0);
  builder.Know("nc2_max_angle_weights", "", 1 / (k - 1));
  builder.Know(
      "nc2_etf_error_weights", "",
      std::sqrt(2 - 2 * squares * (1 - 1 / k) / std::sqrt(fourths * (k - 1))));
  builder.Know("nc3_self_duality", "own",
               2 - 2 * (1 - 1 / k) * sum / std::sqrt(squares * (k - 1)));
  builder.KnowClassifier(
      std::sqrt(squares) / sum,
      std::sqrt(std::max(0.0, 2 - 2 * sum / std::sqrt(k * squares))),
      std::sqrt(1 - 1 / k));
}

void KnowLogits(const LogitSums& logits, double nearest_correct,
                double mismatch, Builder& builder) {
  builder.Know("loss", "", logits.loss / logits.samples);
  builder.Know("accuracy", "", logits.correct / logits.samples);
  builder.Know("ncc_accuracy", "own", nearest_correct);
  builder.Know("nc4_ncc_mismatch", "own", mismatch);
}

}  // namespace

double Oracle::Known(const std::string& metric) const {
  for (const KnownValue& value : known) {
    if (value.metric == metric) return value.value;
  }
  std::fprintf(stderr, "%s is not known\n", metric.c_str());
  std::abort();
}

Oracle SimplexEtf(int64_t classes, int64_t dim, double ratio, NoiseIn noise,
                  double offset) {
  Builder builder(noise == NoiseIn::kSpan         ? "ETF, noise in the span"
                  : noise == NoiseIn::kComplement ? "ETF, noise outside of it"
                                                  : "ETF, isotropic noise",
                  classes, dim, offset);
  const double k = static_cast<double>(classes), d = static_cast<double>(dim);
  // |e|^2 = squares * D * size^2.
  const double squares = noise == NoiseIn::kSpan                           ? 2
                         : noise == NoiseIn::kComplement && classes == dim ? k
                                                                           : 1;
  const double between = Square(kScale) * d * (k - 1) / k;
  double size = OnGrid(std::sqrt(ratio * between / (squares * d)));
  // Half of the way to another vertex would be a tie.
  if (2 * size == kScale) size -= kUnit;
  const double height = 2;  // the logit of a vertex with a_c = 1
  LogitSums logits;
  RowVariances noise_rows;
  const auto add = [&](int64_t c, const std::vector<Term>& direction) {
    noise_rows.Add(direction[0].row, squares * Square(size / kScale));
    builder.AddPair(c, {{VertexRow(c, classes, dim), kScale}}, direction);
    for (const double sign : {1.0, -1.0}) {
      std::vector<double> given = {height * Alternating(c)};
      for (const Term& term : direction) {
        const double logit = sign * height * term.coefficient / kScale;
        for (int64_t b = 0; b < classes; ++b) {
          if (VertexRow(b, classes, dim) != term.row) continue;
          if (b == c) {
            given[0] += logit * Alternating(b);
          } else {
            given.push_back(logit * Alternating(b));
          }
        }
      }
      logits.Count(given, classes);
    }
  };
  if (noise == NoiseIn::kEverywhere) {
    for (int64_t j = 0; j < dim; ++j) add(j % classes, {{j, size}});
  } else {
    const int64_t pairs = std::max<int64_t>(1, 32 / classes);
    for (int64_t c = 0; c < classes; ++c) {
      for (int64_t j = 0; j < pairs; ++j) {
        if (noise == NoiseIn::kComplement) {
          add(c, OutsideOf(classes, dim, c + j, size));
        } else {
          // Between two vertices, other than its own where there are such.
          const int64_t next = classes > 2 ? 1 + j % (classes - 2) : 1;
          add(c, {{VertexRow((c + next) % classes, classes, dim), size},
                  {VertexRow((c + next + 1) % classes, classes, dim), -size}});
        }
      }
    }
  }
  for (int64_t c = 0; c < classes; ++c) {
    builder.AddWeight(
        {{VertexRow(c, classes, dim), height * Alternating(c) / (kScale * d)}});
  }
  const double within = squares * Square(size) * d;
  const double r = within / between;
  const bool moves = classes < dim;
  const double moved = Square(kScale / 2) * d;
  if (moves) builder.MoveFinals(kScale / 2);
  builder.KnowVariances(within, between, moves ? moved : -1);
  builder.Know("cdnv", "own", r * (k - 1) / (2 * k));
  builder.KnowTrace(noise == NoiseIn::kSpan         ? r * (k - 1)
                    : noise == NoiseIn::kComplement ? 0
                                                    : r * (k - 1) * (k - 1) / d,
                    r * (k - 1));
  builder.KnowMeansGeometry(0, 0, 0, 0);
  builder.KnowEtfSphereAndRanks();
  // Noise along H_j - H_i, of classes that are not its own where there are
  // such; or along every H_j, of which class a has the vertex of one other
  // class.
  const double part = Square(size / kScale);
  double shares = 0;
  for (int64_t c = 0; c < classes; ++c) {
    shares += 1 / static_cast<double>((dim - c + classes - 1) / classes);
  }
  builder.KnowWhereNoiseLies(
      noise == NoiseIn::kSpan         ? 1
      : noise == NoiseIn::kComplement ? 0
                                      : (k - 1) / d,
      noise == NoiseIn::kSpan ? (classes == 2 ? part : part / (2 * (k - 1)))
      : noise == NoiseIn::kComplement ? 0
                                      : part * shares / (4 * k * (k - 1)),
      r);
  KnowEtfSpectra(classes, noise, Square(size / kScale), noise_rows, builder);
  KnowAlternatingWeights(classes, builder);
  KnowLogits(logits, 1, 1 - logits.correct / logits.samples, builder);
  if (r < kWeakRatio) {
    builder.Know("weak_variance_ratio", "final",
                 (within + (moves ? moved : 0)) / between);
    builder.KnowProbesAreRight();
  }
  return builder.Take();
}

Oracle TwoClasses(int64_t dim, double ratio, double offset, int64_t multiple) {
  Builder builder("two unequal classes", 2, dim, offset);
  const double d = static_cast<double>(dim);
  // W = (2 + 6 * 4) / 8 of size^2 D.
  const double size = OnGrid(std::sqrt(ratio / 3.25) * kScale);
  LogitSums logits;
  for (int64_t i = 0; i < multiple; ++i) {
    builder.AddPair(0, {{1, kScale}}, {{0, size}});
    for (int j = 0; j < 2; ++j) logits.Count({1, -1}, 2);
    for (int j = 0; j < 3; ++j) {
      builder.AddPair(1, {{1, -kScale}}, {{1, 2 * size}});
      for (const double sign : {1.0, -1.0}) {
        const double x = 1 + sign * 2 * size / kScale;
        logits.Count({x, -x}, 2);
      }
    }
  }
  builder.AddWeight({{1, 1 / (kScale * d)}});
  builder.AddWeight({{1, -1 / (kScale * d)}});
  const double within = 3.25 * Square(size) * d, between = Square(kScale) * d;
  builder.KnowVariances(within, between);
  builder.Know("cdnv", "own", 5 * Square(size / kScale) / 8);
  builder.KnowTrace(3 * Square(size / kScale), 1);
  builder.KnowMeansGeometry(0, 0, 0, 0);
  for (const char* metric :
       {"nc2_equinorm_weights", "nc2_cos_std_weights", "nc2_max_angle_weights",
        "nc2_etf_error_weights"}) {
    builder.Know(metric, "", 0);
  }
  builder.Know("nc3_self_duality", "own", 0);
  builder.KnowClassifier(0, 0, 1);
  builder.KnowWhereNoiseLies(12.0 / 13, Square(size / kScale) / 2, 1);
  builder.KnowEtfSphereAndRanks();
  const double q = Square(size / kScale);
  builder.KnowSpectra({q / 4, 3 * q}, {q / 4, 3 * q + 0.75},
                      3 * q / (3 * q + 1));
  KnowLogits(logits, 2 * size > kScale ? 0.625 : 1, 0, builder);
  if (within / between < kWeakRatio) {
    builder.Know("weak_variance_ratio", "final", within / between);
    builder.KnowProbesAreRight();
  }
  return builder.Take();
}

Oracle WrongVertex(int64_t classes, int64_t dim, double ratio, double offset) {
  Builder builder("wrong vertex, 1 in 5", classes, dim, offset);
  const double k = static_cast<double>(classes), d = static_cast<double>(dim);
  const double clean = Square(kScale) * d * (k - 1) / k;
  const double size = OnGrid(std::sqrt(ratio * clean / d));
  const double height = 2;
  LogitSums logits;
  RowVariances outside;
  for (int64_t c = 0; c < classes; ++c) {
    const auto add = [&](int64_t vertex) {
      const std::vector<Term> direction =
          OutsideOf(classes, dim, c + vertex, size);
      outside.Add(direction[0].row, Square(size / kScale));
      builder.AddPair(c, {{VertexRow(vertex, classes, dim), kScale}},
                      direction);
      for (int i = 0; i < 2; ++i) {
        vertex == c ? logits.Count({height}, classes)
                    : logits.Count({0, height}, classes);
      }
    };
    for (int64_t other = 0; other < classes; ++other) {
      if (other == c) continue;
      add(other);
      for (int i = 0; i < 4; ++i) add(c);
    }
  }
  for (int64_t c = 0; c < classes; ++c) {
    builder.AddWeight({{VertexRow(c, classes, dim), height / (kScale * d)}});
  }
  const double noise = Square(size) * d;
  const double a2 = Square(1 - k / (5 * (k - 1)));
  const double within = clean * (1 - a2) + noise, between = a2 * clean;
  const double r = within / between;
  builder.KnowVariances(within, between);
  builder.Know("cdnv", "own", r * (k - 1) / (2 * k));
  builder.KnowTrace((k - 1) * (1 - a2) / a2, 1);
  builder.KnowMeansGeometry(0, 0, 0, 0);
  builder.Know("nc2_equinorm_weights", "", 0);
  builder.Know("nc2_cos_std_weights", "", 0);
  builder.Know("nc2_max_angle_weights", "", 1 / (k - 1));
  const double near_etf = std::sqrt((k - 1) / k);
  builder.Know("nc2_etf_error_weights", "", std::sqrt(2 - 2 * near_etf));
  builder.Know("nc3_self_duality", "own", 2 - 2 * near_etf);
  builder.KnowClassifier(1 / std::sqrt(k), 0, near_etf);
  builder.KnowEtfSphereAndRanks();
  // Along H_a - H_b a sample of class a is at 1, or at -1 if it is at b, or 0.
  const double at_one = 0.2 / (k - 1);
  builder.KnowWhereNoiseLies(clean * (1 - a2) / within,
                             (0.8 + at_one - a2) / (4 * a2), 1);
  builder.KnowSpectra(outside.With(classes - 1, (1 - a2) / k),
                      outside.With(classes - 1, 1 / k), 1 - a2);
  KnowLogits(logits, 0.8, 0, builder);
  if (noise / clean < kWeakRatio) {
    builder.Know("weak_variance_ratio", "final", noise / clean);
  }
  return builder.Take();
}

Oracle UnequalMeans(int64_t classes, int64_t dim, double ratio, double offset) {
  Builder builder("unequal means", classes, dim, offset);
  const double k = static_cast<double>(classes), d = static_cast<double>(dim);
  const double scale = kScale / 2, s = Square(scale) * d;
  // In units of s: |v|^2 is 1 or 9, and so are the rows' squares.
  const double small = 1, large = 9, total = k / 2 * (small + large);
  const auto product = [&](double a, double b) {
    return -(a + b) / k + total / (k * k);
  };
  const double x = small + product(small, small);  // |m_c|^2
  const double y = large + product(large, large);
  const double between = s * (x + y) / 2;
  const double size = OnGrid(std::sqrt(ratio * between / d));
  const double within = Square(size) * d;
  const int64_t pairs = std::max<int64_t>(1, 32 / classes);
  RowVariances outside;
  for (int64_t c = 0; c < classes; ++c) {
    for (int64_t j = 0; j < pairs; ++j) {
      const std::vector<Term> direction = OutsideOf(classes, dim, c + j, size);
      outside.Add(direction[0].row, Square(size / scale));
      builder.AddPair(c, {{VertexRow(c, classes, dim), scale * Alternating(c)}},
                      direction);
    }
  }
  builder.KnowVariances(within, between);
  const double alike = k / 2 * (k / 2 - 1) / 2;  // pairs within a kind
  const double mixed = k * k / 4, all = 2 * alike + mixed;
  builder.Know("cdnv", "own",
               within / s *
                   (alike / (2 * small) + alike / (2 * large) +
                    mixed / (small + large)) /
                   all);
  builder.KnowTrace(0, within / between * (k - 1));
  const double xx = product(small, small), yy = product(large, large),
               xy = product(small, large);
  const double cosines[] = {xx / x, yy / y, xy / std::sqrt(x * y)};
  const double weights[] = {alike / all, alike / all, mixed / all};
  double mean = 0, variance = 0, angle = 0;
  for (int i = 0; i < 3; ++i) mean += weights[i] * cosines[i];
  for (int i = 0; i < 3; ++i) {
    variance += weights[i] * Square(cosines[i] - mean);
    angle += weights[i] * std::abs(cosines[i] + 1 / (k - 1));
  }
  const double norm =
      std::sqrt(k / 2 * (x * x + y * y) +
                2 * (alike * (xx * xx + yy * yy) + mixed * xy * xy));
  builder.KnowMeansGeometry(
      (std::sqrt(y) - std::sqrt(x)) / (std::sqrt(y) + std::sqrt(x)),
      std::sqrt(variance), angle,
      std::sqrt(std::max(
          0.0, 2 - 2 * (k / 2 * (x + y)) / (norm * std::sqrt(k - 1)))));
  builder.KnowWhereNoiseLies(0, 0, within / between);
  double log_mean = 0, log_var = 0;
  const auto log_of = [&](int i) { return -std::log(2 - 2 * cosines[i]) / 2; };
  for (int i = 0; i < 3; ++i) {
    if (weights[i] > 0) log_mean += weights[i] * log_of(i);
  }
  for (int i = 0; i < 3; ++i) {
    if (weights[i] > 0) log_var += weights[i] * Square(log_of(i) - log_mean);
  }
  builder.KnowSphere(log_mean, log_var);
  // Singular values 1 and 3, K/2 - 1 times each: differences within a kind; and
  // one of the two kinds' difference.
  const double trace = k / 2 * (x + y);
  const double each = k / 2 - 1, other = std::sqrt(trace - each * 10);
  const double singular = each * 4 + other;
  const auto entropy = [&](double value) {
    return -value / singular * std::log(value / singular);
  };
  builder.KnowRanks(std::exp(each * (entropy(1) + entropy(3)) + entropy(other)),
                    Square(trace) / Square(norm));
  std::vector<double> of_all = outside.With(classes / 2 - 1, 1 / k);
  of_all.insert(of_all.end(), static_cast<size_t>(classes / 2 - 1), 9 / k);
  of_all.push_back(Square(other) / k);
  builder.KnowSpectra(outside.With(0, 0), of_all, 0);
  builder.Know("ncc_accuracy", "own", 1);
  if (within / between < kWeakRatio / 9) {
    builder.Know("weak_variance_ratio", "final", within / between);
    builder.KnowProbesAreRight();
  }
  return builder.Take();
}

}  // namespace nclab
