// The second look: features and labels in batches, with the class means known
// -> Projections (the trace of NC1, nearest class means).
#ifndef NCLAB_METRICS_STATISTICS_SUMS_PROJECTIONS_H_
#define NCLAB_METRICS_STATISTICS_SUMS_PROJECTIONS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "metrics/statistics/kept/moments.h"
#include "metrics/statistics/kept/views.h"

namespace nclab {

// Every sample meets the class means in one matrix product, in fp64, with the
// global mean mu as the origin: p = M (h - mu), M the centred means [K, D].
//
//   NC1: M z = p - G_y,  G = M M^T,  Tr(Sigma_W Sigma_B^+) =
//        (K/N) sum_i |G^+ M z_i|^2          (O(N D K), nothing D x D)
//   in the span of M: |P z|^2 = (M z) . (G^+ M z)
//   between classes a and b, for z of a: z . (mu_a - mu_b) = (M z)_a - (M z)_b
//   nearest mean: arg min_c |m_c|^2 / 2 - p_c
//
// Of more than 1,000 classes, and more than D, G is not formed: with V the
// right singular vectors of M and s its singular values, G^+ M z = U s^-1 V^T z
// and P z = V V^T z. They come from M^T M, D x D.
//
// It cannot be joined with the first look, which makes the means: the trace
// needs the scatter inside their span, known only at the end.
class ProjectionSums {
 public:
  // `own`: the moments of all that will be added. `train`: those of the
  // training split, or nullptr.
  ProjectionSums(const Moments& own, const Moments* train, at::Device device);

  // features: [B, D] floating, labels: int64 [B], decisions: int64 [B], the
  // arg max of the logits, or undefined in every call; all on the device.
  void Add(const at::Tensor& features, const at::Tensor& labels,
           const at::Tensor& decisions);

  // As if `other`, of other samples, had been added here too.
  void Merge(const Projections& other);

  Projections Finish() const;

 private:
  // One set of means among the rows of centers_.
  struct Means {
    int64_t begin = 0, end = 0;  // rows
    at::Tensor ids;              // int64, the classes of these rows
    at::Tensor half_squares;     // |m_c|^2 / 2
    at::Tensor correct, disagree;
    bool coincide = false;
  };
  Means AddMeans(const Moments& moments);
  void UseGram(const Moments& own);
  void UseDirections(const Moments& own);
  void AddRows(const at::Tensor& features, const at::Tensor& labels,
               const at::Tensor& decisions);
  void AddAlong(const at::Tensor& z, const at::Tensor& labels);
  void AddNearest(Means& means, const at::Tensor& products,
                  const at::Tensor& labels, const at::Tensor& decisions);

  int64_t present_, dim_, rank_ = 0;
  at::Device device_;
  bool has_decisions_ = false, has_train_ = false, finite_ = true;
  at::Tensor origin_;   // fp64 [D]
  at::Tensor centers_;  // fp64 [rows, D], around the origin
  // Row y is what M m_y, or else V^T m_y, is; 0 if absent: fp64 [K, P], [K, r].
  at::Tensor own_products_;
  at::Tensor pinv_;        // fp64 [P, P], G^+; undefined where there is V
  at::Tensor inverse_;     // fp64 [r], 1 / s of V, which are the last rows of
                           // centers_
  at::Tensor directions_;  // V^T
  at::Tensor square_;      // fp64 [], sum |G^+ M z|^2
  at::Tensor in_span_;     // fp64 [], sum |P z|^2
  at::Tensor spectrum_;    // fp64 [P] on the CPU, of G
  at::Tensor rows_;        // int64 [K], the row of a class among those present
  at::Tensor along_;       // fp64 [P, P], or undefined: too many classes
  Means own_, train_;
};

}  // namespace nclab

#endif  // NCLAB_METRICS_STATISTICS_SUMS_PROJECTIONS_H_
