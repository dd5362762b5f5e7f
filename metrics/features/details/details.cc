#include "metrics/features/details/details.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_svdvals.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "metrics/statistics/kept/geometry.h"
#include "metrics/statistics/kept/views.h"
#include "tools/base/files/files.h"
#include "tools/base/files/safetensors.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/csv.h"
#include "tools/base/text/numbers.h"
#include "tools/draw/render.h"

namespace nclab {
namespace {

std::string ClassesCsv(const std::vector<LayerDetails>& layers) {
  std::string csv =
      "layer,class,count,scatter,variance,norm,cdnv,nearest,nearest_distance,"
      "weight_norm,weight_cosine\n";
  for (const LayerDetails& layer : layers) {
    const size_t n = layer.labels.size();
    for (size_t c = 0; c < n; ++c) {
      const double* distances = layer.distances.data() + c * n;
      double nearest = std::numeric_limits<double>::infinity();
      for (size_t o = 0; o < n; ++o) {
        if (o != c) nearest = std::min(nearest, distances[o]);
      }
      const auto of_weight = [&](const std::vector<double>& values) {
        return values.empty() ? std::string() : FormatDouble(values[c]);
      };
      csv += CsvLine(
          {layer.layer, absl::StrCat(layer.labels[c]),
           absl::StrCat(layer.count[c]), FormatDouble(layer.scatter[c]),
           FormatDouble(layer.scatter[c] / static_cast<double>(layer.count[c])),
           FormatDouble(layer.norms[c]),
           n > 1 ? FormatDouble(layer.cdnv[c]) : "",
           n > 1 ? absl::StrCat(layer.nearest[c]) : "",
           n > 1 ? FormatDouble(nearest) : "", of_weight(layer.weight_norms),
           of_weight(layer.weight_cosines)});
    }
  }
  return csv;
}

std::string SpectrumCsv(const std::vector<LayerDetails>& layers) {
  std::string csv = "layer,index,singular_value\n";
  for (const LayerDetails& layer : layers) {
    for (size_t i = 0; i < layer.singular_values.size(); ++i) {
      csv += CsvLine({layer.layer, absl::StrCat(i + 1),
                      FormatDouble(layer.singular_values[i])});
    }
  }
  return csv;
}

}  // namespace

LayerDetails DetailsOf(const std::string& layer, const Kept& kept,
                       const std::vector<int64_t>& labels) {
  const Moments& moments = kept.As<Moments>();
  LayerDetails details;
  details.layer = layer;
  std::vector<const double*> means;
  for (int64_t c = 0; c < moments.classes(); ++c) {
    if (moments.count[c] == 0) continue;
    details.labels.push_back(labels[c]);
    details.count.push_back(moments.count[c]);
    details.scatter.push_back(moments.scatter[c]);
    means.push_back(moments.mean_of(c));
  }
  const int64_t n = details.classes();
  const std::vector<double> rows = CenteredMeans(moments);
  const Gram gram = GramOf(rows.data(), n, moments.dim);
  for (int64_t a = 0; a < n; ++a)
    details.norms.push_back(std::sqrt(gram(a, a)));
  for (int64_t a = 0; a < n; ++a) {
    for (int64_t b = 0; b < n; ++b) {
      details.distances.push_back(
          std::sqrt(SquaredDistance(means[a], means[b], moments.dim)));
      const double norms = details.norms[a] * details.norms[b];
      details.cosines.push_back(norms > 0
                                    ? gram(a, b) / norms
                                    : std::numeric_limits<double>::quiet_NaN());
    }
  }
  for (int64_t a = 0; a < n && n > 1; ++a) {
    const auto variance = [&](int64_t c) {
      return details.scatter[c] / static_cast<double>(details.count[c]);
    };
    const double* distances = details.distances.data() + a * n;
    double sum = 0;
    int64_t nearest = a == 0 ? 1 : 0;
    for (int64_t b = 0; b < n; ++b) {
      if (b == a) continue;
      sum += (variance(a) + variance(b)) / (2 * distances[b] * distances[b]);
      if (distances[b] < distances[nearest]) nearest = b;
    }
    details.cdnv.push_back(sum / static_cast<double>(n - 1));
    details.nearest.push_back(details.labels[nearest]);
  }
  if (kept.Has("head") && kept.As<Head>().dim == moments.dim) {
    const Head& head = kept.As<Head>();
    int64_t row = 0;  // of the classes present
    for (int64_t c = 0; c < moments.classes(); ++c) {
      if (moments.count[c] == 0) continue;
      const double* weight = head.weight.data() + c * moments.dim;
      const double norm = std::sqrt(Dot(weight, weight, moments.dim));
      const double norms = norm * details.norms[row];
      details.weight_norms.push_back(norm);
      details.weight_cosines.push_back(
          norms > 0
              ? Dot(weight, rows.data() + row * moments.dim, moments.dim) /
                    norms
              : std::numeric_limits<double>::quiet_NaN());
      ++row;
    }
  }
  if (n > 0) {
    const at::Tensor values = at::linalg_svdvals(
        at::from_blob(const_cast<double*>(rows.data()), {n, moments.dim},
                      at::TensorOptions(at::kDouble)));
    const double* data = values.const_data_ptr<double>();
    details.singular_values.assign(data, data + values.numel());
  }
  return details;
}

std::vector<std::string> DetailsFiles(const std::string& directory) {
  std::vector<std::string> files;
  for (const char* name :
       {"details.safetensors", "classes.csv", "spectrum.csv", "figure.vl.json",
        "figure.svg", "figure.png", "figure.pdf"}) {
    files.push_back(absl::StrCat(directory, "/", name));
  }
  return files;
}

absl::Status WriteDetails(const std::string& directory,
                          const std::vector<LayerDetails>& layers) {
  NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(directory));
  std::vector<SafetensorsTensor> tensors;
  for (const LayerDetails& layer : layers) {
    const int64_t n = layer.classes();
    const auto add = [&](const char* name, std::vector<int64_t> shape,
                         const std::vector<double>& values) {
      tensors.push_back({absl::StrCat(layer.layer, ".", name), "F64",
                         std::move(shape), values.data()});
    };
    tensors.push_back({absl::StrCat(layer.layer, ".labels"),
                       "I64",
                       {n},
                       layer.labels.data()});
    tensors.push_back(
        {absl::StrCat(layer.layer, ".count"), "I64", {n}, layer.count.data()});
    add("scatter", {n}, layer.scatter);
    add("norms", {n}, layer.norms);
    if (n > 1) {
      add("cdnv", {n}, layer.cdnv);
      tensors.push_back({absl::StrCat(layer.layer, ".nearest"),
                         "I64",
                         {n},
                         layer.nearest.data()});
    }
    if (!layer.weight_norms.empty()) {
      add("weight_norms", {n}, layer.weight_norms);
      add("weight_cosines", {n}, layer.weight_cosines);
    }
    add("distances", {n, n}, layer.distances);
    add("cosines", {n, n}, layer.cosines);
    add("singular_values", {static_cast<int64_t>(layer.singular_values.size())},
        layer.singular_values);
  }
  NCLAB_RETURN_IF_ERROR(WriteSafetensors(
      absl::StrCat(directory, "/details.safetensors"), std::move(tensors)));
  NCLAB_RETURN_IF_ERROR(WriteFileAtomically(
      absl::StrCat(directory, "/classes.csv"), ClassesCsv(layers)));
  NCLAB_RETURN_IF_ERROR(WriteFileAtomically(
      absl::StrCat(directory, "/spectrum.csv"), SpectrumCsv(layers)));
  NCLAB_RETURN_IF_ERROR(WriteFileAtomically(
      absl::StrCat(directory, "/figure.vl.json"), DetailsFigure(layers)));
  return RenderFigure(directory).status();
}

}  // namespace nclab
