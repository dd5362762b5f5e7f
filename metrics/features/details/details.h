// What lies behind the numbers of a layer: per class, per pair of classes, and
// the spectrum of the means.
#ifndef NCLAB_METRICS_FEATURES_DETAILS_DETAILS_H_
#define NCLAB_METRICS_FEATURES_DETAILS_DETAILS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "metrics/statistics/kept/moments.h"

namespace nclab {

// P classes are present, in the order of their labels.
struct LayerDetails {
  std::string layer;
  std::vector<int64_t> labels;          // [P]
  std::vector<int64_t> count;           // n_c [P]
  std::vector<double> scatter;          // sum over class c of |h - mu_c|^2 [P]
  std::vector<double> norms;            // |mu_c - mu| [P]
  std::vector<double> distances;        // |mu_a - mu_b| [P, P]
  std::vector<double> cosines;          // of mu_a - mu, mu_b - mu [P, P]; NaN
                                        // where one of them is zero
  std::vector<double> cdnv;             // of a class and others, mean [P]
  std::vector<int64_t> nearest;         // label of the nearest other mean [P]
  std::vector<double> weight_norms;     // |w_c| [P]; empty without W
  std::vector<double> weight_cosines;   // of w_c and mu_c - mu [P]; NaN where
                                        // one of them is zero; empty without W
  std::vector<double> singular_values;  // of the rows mu_c - mu, descending
                                        // [min(P, D)]

  int64_t classes() const { return static_cast<int64_t>(labels.size()); }
};

// `kept`: has class_moments, and head where the layer is its input. `labels`:
// of each class.
LayerDetails DetailsOf(const std::string& layer, const Kept& kept,
                       const std::vector<int64_t>& labels);

// figure.vl.json: a row of panels per layer. Of many classes the maps show
// means over blocks of neighbouring labels.
std::string DetailsFigure(const std::vector<LayerDetails>& layers);

// The files that WriteDetails() writes.
std::vector<std::string> DetailsFiles(const std::string& directory);

// Writes into `directory`:
//   details.safetensors   LAYER.labels, LAYER.count, LAYER.scatter, ...
//   classes.csv           layer,class,count,scatter,variance,norm,cdnv,nearest,
//                         nearest_distance,weight_norm,weight_cosine
//   spectrum.csv          layer,index,singular_value
//   figure.{svg,png,pdf}, figure.vl.json
// \error kPermissionDenied, kFailedPrecondition; kInternal if the renderer
// fails.
absl::Status WriteDetails(const std::string& directory,
                          const std::vector<LayerDetails>& layers);

}  // namespace nclab

#endif  // NCLAB_METRICS_FEATURES_DETAILS_DETAILS_H_
