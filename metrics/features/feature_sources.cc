#include "metrics/features/feature_sources.h"

#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "metrics/evaluation/measurements.h"
#include "tools/base/status_macros.h"
#include "tools/base/tensors/tensor_archive.h"
#include "tools/base/text/numbers.h"

namespace nclab {
namespace {

std::string ShapeText(const TensorSource& source) {
  return absl::StrCat("[", absl::StrJoin(source.shape(), ", "), "] ",
                      source.dtype());
}

absl::Status WrongShape(const TensorSource& source,
                        absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat(source.description(), " is ",
                                                 ShapeText(source),
                                                 "; expected ", expected, "."));
}

absl::Status CheckMatrix(const TensorSource& source, int64_t rows,
                         int64_t columns) {
  if (source.shape().size() == 2 && source.is_floating() &&
      (rows < 0 || source.rows() == rows) &&
      (columns < 0 || source.shape()[1] == columns) && source.rows() > 0 &&
      source.shape()[1] > 0) {
    return absl::OkStatus();
  }
  const auto extent = [](int64_t given, const char* name) {
    return given < 0 ? std::string(name) : absl::StrCat(given);
  };
  return WrongShape(
      source,
      absl::StrCat("[", extent(rows, "rows"), ", ", extent(columns, "columns"),
                   "] of F16, BF16, F32 or F64, not empty"));
}

}  // namespace

absl::Status CheckShapes(const FeatureSources& sources) {
  if (sources.layers.empty()) {
    return absl::InvalidArgumentError(
        "There are no features: a floating tensor 'features' [N, D], or "
        "'features.LAYER' for several layers.");
  }
  if (!sources.labels) {
    return absl::InvalidArgumentError(
        "There are no labels: an integer tensor 'labels' [N].");
  }
  const TensorSource& labels = *sources.labels;
  if (labels.shape().size() != 1 || !labels.is_integer()) {
    return WrongShape(labels, "[N] of integers");
  }
  const int64_t n = labels.rows();
  if (sources.fine_labels) {
    const TensorSource& fine = *sources.fine_labels;
    if (fine.shape() != std::vector<int64_t>{n} || !fine.is_integer()) {
      return WrongShape(fine, absl::StrCat("[", n, "] of integers"));
    }
  }
  int64_t head_dim = -1;
  for (const LayerSource& layer : sources.layers) {
    NCLAB_RETURN_IF_ERROR(CheckMatrix(layer.features, n, -1));
    const int64_t dim = layer.features.shape()[1];
    if (layer.name == kHeadLayer) head_dim = dim;
    if (layer.finals) {
      NCLAB_RETURN_IF_ERROR(CheckMatrix(*layer.finals, n, dim));
    }
  }
  if (sources.weight) {
    NCLAB_RETURN_IF_ERROR(CheckMatrix(*sources.weight, -1, head_dim));
  }
  if (sources.logits) {
    NCLAB_RETURN_IF_ERROR(
        CheckMatrix(*sources.logits, n,
                    sources.weight ? sources.weight->rows() : int64_t{-1}));
  }
  if (sources.bias && sources.weight) {
    const TensorSource& bias = *sources.bias;
    if (bias.shape() != std::vector<int64_t>{sources.weight->rows()} ||
        !bias.is_floating()) {
      return WrongShape(
          bias, absl::StrCat("[", sources.weight->rows(),
                             "] of F16, BF16, F32 or F64, one per row of "
                             "'weight'"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<FeatureSources> OpenFeatures(const std::string& path) {
  NCLAB_ASSIGN_OR_RETURN(const TensorArchive file, TensorArchive::Open(path));
  FeatureSources sources;
  const auto find = [&](absl::string_view name) -> std::optional<TensorSource> {
    const TensorSource* source = file.Find(name);
    if (source == nullptr) return std::nullopt;
    return *source;
  };
  std::map<std::string, std::string> tensor_of;  // by layer
  std::set<std::string> finals;
  const auto add = [&](const std::string& layer, const std::string& tensor,
                       const TensorSource& source) -> absl::Status {
    const auto [it, first] = tensor_of.emplace(layer, tensor);
    if (it->second != tensor) {
      return absl::InvalidArgumentError(absl::StrCat(
          path, " holds layer '", layer, "' twice: as the tensors '",
          it->second, "' and '", tensor, "'. Rename one of them."));
    }
    if (!first) return absl::OkStatus();
    std::string name = absl::StrCat("final_features.", layer);
    if (layer == kHeadLayer && file.Find("final_features") != nullptr) {
      name = "final_features";
    }
    sources.layers.push_back({layer, source, find(name)});
    finals.insert(name);
    return absl::OkStatus();
  };
  for (const auto& [tensor, source] : file.tensors()) {
    absl::string_view layer = tensor;
    if (!absl::ConsumePrefix(&layer, "features")) continue;
    if (layer.empty()) layer = ".features";
    if (!absl::ConsumePrefix(&layer, ".") || layer.empty()) continue;
    NCLAB_RETURN_IF_ERROR(add(std::string(layer), tensor, source));
  }
  // Files of extract name their layers.
  const auto named = file.metadata().find("layers");
  if (named != file.metadata().end()) {
    for (const std::string& name : SplitList(named->second)) {
      const TensorSource* source = file.Find(name);
      if (source != nullptr) NCLAB_RETURN_IF_ERROR(add(name, name, *source));
    }
  }
  if (sources.layers.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path,
        " has no tensor 'features' [N, D], nor 'features.LAYER'. It has: ",
        file.Names(), "."));
  }
  for (const auto& [tensor, source] : file.tensors()) {
    if (absl::StartsWith(tensor, "final_") && finals.count(tensor) == 0) {
      sources.stray_finals.push_back(tensor);
    }
  }
  sources.labels = find("labels");
  if (!sources.labels) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " has no tensor 'labels' [N] of integers."));
  }
  sources.fine_labels = find("fine_labels");
  sources.logits = find("logits");
  sources.weight = find("weight");
  sources.bias = find("bias");
  return sources;
}

}  // namespace nclab
