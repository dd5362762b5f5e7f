// What a features file holds, opened and checked.
#ifndef NCLAB_METRICS_FEATURES_FEATURE_SOURCES_H_
#define NCLAB_METRICS_FEATURES_FEATURE_SOURCES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/base/tensors/tensor_source.h"

namespace nclab {

struct LayerSource {
  std::string name;
  TensorSource features;               // floating [N, D]
  std::optional<TensorSource> finals;  // the same at T, [N, D]
};

struct FeatureSources {
  std::vector<LayerSource> layers;  // at least one
  std::optional<TensorSource> labels, fine_labels, logits, weight, bias;
  std::vector<std::string> stray_finals;  // `final_...` of no layer: not read
};

// Tensors `labels`, `features` or `features.LAYER`, `fine_labels`, `logits`,
// `weight`, `bias` of a file or folder of tensors, and the tensors that its
// metadata lists under "layers", as extract writes them; others are ignored,
// whatever their type. The features at T are `final_features`, and
// `final_features.LAYER` of any other layer. \error as TensorArchive::Open();
// kInvalidArgument if two tensors are the same layer.
absl::StatusOr<FeatureSources> OpenFeatures(const std::string& path);

// Whether all tensors are there and fit one another. \error kInvalidArgument:
// which tensor, its shape, the one expected.
absl::Status CheckShapes(const FeatureSources& sources);

}  // namespace nclab

#endif  // NCLAB_METRICS_FEATURES_FEATURE_SOURCES_H_
