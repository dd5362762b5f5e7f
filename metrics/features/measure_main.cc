// //tools:measure: every metric of a features file.
#include <gflags/gflags.h>

#include <cmath>
#include <cstdio>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "metrics/features/details/details.h"
#include "metrics/features/measure.h"
#include "metrics/statistics/kept/k_means_json.h"
#include "nlohmann/json.hpp"
#include "tools/base/errors.h"
#include "tools/base/files/files.h"
#include "tools/base/process/main.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/numbers.h"
#include "tools/base/torch/torch_status.h"

DEFINE_string(features, "",
              "a file (safetensors, .npz, or .pt and .pth of torch.save()) or "
              "a folder of .npy with the tensors `features` [N, D] (or "
              "`features.LAYER` for several layers) and `labels` [N], and "
              "perhaps `fine_labels` [N], `logits` [N, K], `weight` [K, D], "
              "`bias` [K], `final_features` [N, D] (`final_features.LAYER`); "
              "or an .npy file of the features alone");
DEFINE_string(test, "",
              "another such file or folder, of the test split: --features is "
              "then the training split, whose class means, neighbours and "
              "probe are applied to it; and whose `weight` and `bias` are "
              "used where it has none");
DEFINE_string(labels, "", "with .npy features: the .npy file of labels [N]");
DEFINE_string(fine_labels, "",
              "with .npy features: .npy of the labels [N] before classes were "
              "joined, which probes and neighbours are asked for");
DEFINE_string(logits, "", "with .npy features: .npy of logits [N, K]");
DEFINE_string(weight, "",
              "with .npy features: .npy of the last weights [K, D]");
DEFINE_string(bias, "", "with .npy features: .npy of the last biases [K]");
DEFINE_string(final_features, "",
              "with .npy features: .npy of the features at the last step "
              "[N, D], whose class means are anchor final");
DEFINE_string(details, "",
              "a directory for what lies behind the numbers: scatter of each "
              "class, distances and cosines of the class means, their singular "
              "values, as tensors, tables and pictures");
DEFINE_string(metrics, "all", "names of metrics, or all");
DEFINE_bool(json, false, "as JSON");

namespace nclab {
namespace {

using Json = nlohmann::ordered_json;

absl::StatusOr<FeatureSources> OpenNpyFiles() {
  FeatureSources sources;
  const auto open = [](const std::string& path,
                       std::optional<TensorSource>& source) -> absl::Status {
    if (path.empty()) return absl::OkStatus();
    NCLAB_ASSIGN_OR_RETURN(TensorSource opened,
                           TensorSource::OpenNpy(UserPath(path)));
    source = std::move(opened);
    return absl::OkStatus();
  };
  if (FLAGS_labels.empty()) {
    return absl::InvalidArgumentError(
        "--features is an .npy file: give the labels as --labels=L.npy.");
  }
  NCLAB_ASSIGN_OR_RETURN(TensorSource features,
                         TensorSource::OpenNpy(UserPath(FLAGS_features)));
  LayerSource layer{kHeadLayer, std::move(features)};
  NCLAB_RETURN_IF_ERROR(open(FLAGS_final_features, layer.finals));
  sources.layers.push_back(std::move(layer));
  NCLAB_RETURN_IF_ERROR(open(FLAGS_labels, sources.labels));
  NCLAB_RETURN_IF_ERROR(open(FLAGS_fine_labels, sources.fine_labels));
  NCLAB_RETURN_IF_ERROR(open(FLAGS_logits, sources.logits));
  NCLAB_RETURN_IF_ERROR(open(FLAGS_weight, sources.weight));
  NCLAB_RETURN_IF_ERROR(open(FLAGS_bias, sources.bias));
  return sources;
}

absl::StatusOr<FeatureSources> Open() {
  if (FLAGS_features.empty()) {
    return absl::InvalidArgumentError(
        "Which features? For example: measure --features=F.safetensors.");
  }
  if (FLAGS_features == "-" || FLAGS_features == "/dev/stdin") {
    return absl::InvalidArgumentError(
        "--features is standard input; expected a file, which is read more "
        "than once. Write it to one first: cat > F.safetensors.");
  }
  // A folder may bear any name.
  if (absl::EndsWith(FLAGS_features, ".npy") &&
      !DirectoryExists(UserPath(FLAGS_features))) {
    return OpenNpyFiles();
  }
  for (const auto* flag : {&FLAGS_labels, &FLAGS_fine_labels, &FLAGS_logits,
                           &FLAGS_weight, &FLAGS_bias, &FLAGS_final_features}) {
    if (flag->empty()) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "--labels, --fine_labels, --logits, --weight, --bias and "
        "--final_features are for .npy features; any other file holds all "
        "tensors (given: ",
        *flag, ")."));
  }
  return OpenFeatures(UserPath(FLAGS_features));
}

// The test split's, with the classifier of `train` where it has none.
absl::StatusOr<FeatureSources> OpenTest(const FeatureSources& train) {
  if (absl::EndsWith(FLAGS_test, ".npy") &&
      !DirectoryExists(UserPath(FLAGS_test))) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--test=", FLAGS_test,
        " is an .npy file; expected one that holds 'features' and 'labels', "
        "such as .safetensors or .npz, or a folder of .npy files."));
  }
  NCLAB_ASSIGN_OR_RETURN(FeatureSources sources,
                         OpenFeatures(UserPath(FLAGS_test)));
  if (!sources.weight) {
    sources.weight = train.weight;
    sources.bias = train.bias;
  }
  return sources;
}

void SayWhatIsNotRead(const FeatureSources& sources) {
  for (const std::string& name : sources.stray_finals) {
    std::fprintf(stderr,
                 "note: tensor '%s' belongs to no layer and is not read; the "
                 "finals of a layer are final_features.LAYER\n",
                 name.c_str());
  }
}

// `metric`: a registered name.
bool NeedsOrderOfLayers(const std::string& metric) {
  return (*Metrics().Find(metric))->info.scope == MetricScope::kLayers;
}

absl::StatusOr<std::vector<std::string>> WantedMetrics() {
  if (FLAGS_metrics != "all") {
    std::vector<std::string> wanted;
    if (SplitList(FLAGS_metrics).empty()) {
      return absl::InvalidArgumentError(
          "--metrics names no metric; expected names, or all.");
    }
    for (const std::string& name : SplitList(FLAGS_metrics)) {
      NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice, Metrics().Bind(name));
      if (NeedsOrderOfLayers(choice.name)) {
        return absl::InvalidArgumentError(absl::StrCat(
            "'", choice.name,
            "' is of a network's layers in their order, which a file does not "
            "say. A run has it: train --layers=all --metrics=",
            choice.name, "."));
      }
      wanted.push_back(choice.ToString());
    }
    if (wanted.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--metrics='", FLAGS_metrics,
          "' names nothing; expected names such as cdnv,accuracy, or all."));
    }
    return wanted;
  }
  std::vector<std::string> all;
  for (const auto* entry : Metrics().List()) {
    const std::string& name = entry->info.name;
    if (!NeedsOrderOfLayers(name)) all.push_back(name);
  }
  return all;
}

// What was measured of a file. Without --test it has no name.
struct Split {
  std::string name;  // train, test
  FeatureMeasurements measured;

  // The fits of k-means, by layer.
  std::map<std::string, const KMeans*> Fits() const {
    std::map<std::string, const KMeans*> fits;
    for (const Layer& layer : measured.now.layers) {
      const Kept& at_end = measured.AtT(layer);
      if (at_end.Has("k_means")) fits[layer.name] = &at_end.As<KMeans>();
    }
    return fits;
  }
};

struct Row {
  std::string split, metric;
  LayerValue value;
};

void PrintJson(const std::vector<Row>& rows, const std::vector<Split>& splits) {
  // `item` with the split it is of, which comes first.
  const auto of_split = [](const std::string& split, const Json& item) {
    if (split.empty()) return item;
    Json named = {{"split", split}};
    named.update(item);
    return named;
  };
  Json metrics = Json::array();
  for (const Row& row : rows) {
    const MetricValue& value = row.value.value;
    Json item = {{"metric", row.metric},
                 {"anchor", row.value.anchor},
                 {"layer", row.value.layer},
                 {"value", nullptr}};
    if (std::isfinite(value.value)) {
      item["value"] = value.value;
    } else {
      item["undefined"] =
          value.undefined.empty() ? "it is infinite" : value.undefined;
    }
    metrics.push_back(of_split(row.split, item));
  }
  Json k_means = Json::array();
  for (const Split& split : splits) {
    for (const auto& [layer, fit] : split.Fits()) {
      k_means.push_back(of_split(split.name, ToJson(layer, *fit)));
    }
  }
  Json answer = {{"metrics", std::move(metrics)}};
  if (!k_means.empty()) answer["k_means"] = std::move(k_means);
  std::printf("%s\n", answer.dump(2).c_str());
}

void PrintTable(const std::vector<Row>& rows,
                const std::vector<Split>& splits) {
  const bool named = splits.size() > 1;
  if (named) std::printf("%-6s", "split");
  std::printf("%-30s %-6s %-10s %s\n", "metric", "anchor", "layer", "value");
  for (const Row& row : rows) {
    const MetricValue& value = row.value.value;
    if (named) std::printf("%-6s", row.split.c_str());
    std::printf("%-30s %-6s %-10s %s\n", row.metric.c_str(),
                row.value.anchor.c_str(), row.value.layer.c_str(),
                value.undefined.empty()
                    ? FormatDouble(value.value).c_str()
                    : absl::StrCat("undefined: ", value.undefined).c_str());
  }
  // Where clusters overlap, fits of almost equal inertia differ in the ratio.
  for (const Split& split : splits) {
    for (const auto& [layer, fit] : split.Fits()) {
      double low = INFINITY, high = -INFINITY;
      int near = 0;
      for (const KMeansStart& start : fit->starts) {
        if (!(start.inertia <= fit->inertia * 1.05) ||
            std::isnan(start.ratio)) {
          continue;
        }
        ++near;
        low = std::min(low, start.ratio);
        high = std::max(high, start.ratio);
      }
      if (near < 2) continue;
      std::printf(
          "k-means, %s%s: %d of %zu starts within 5 %% of the best inertia; "
          "their ratios lie in %.4g to %.4g\n",
          named ? (split.name + ", ").c_str() : "", layer.c_str(), near,
          fit->starts.size(), low, high);
    }
  }
}

absl::StatusOr<int> Run(const std::vector<std::string>& arguments) {
  if (!arguments.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", arguments[0],
                     "' is not a flag. Write --features=", arguments[0], "."));
  }
  NCLAB_ASSIGN_OR_RETURN(const std::vector<std::string> wanted,
                         WantedMetrics());
  NCLAB_ASSIGN_OR_RETURN(const StatisticPlan plan, PlanMetrics(wanted));
  NCLAB_ASSIGN_OR_RETURN(const FeatureSources sources, Open());
  SayWhatIsNotRead(sources);
  FeatureSources test;
  if (!FLAGS_test.empty()) {
    NCLAB_ASSIGN_OR_RETURN(test, OpenTest(sources));
    SayWhatIsNotRead(test);
    NCLAB_RETURN_IF_ERROR(CheckShapes(test));
  }
  if (!FLAGS_details.empty()) {  // Before the work, not after it.
    const std::string directory = UserPath(FLAGS_details);
    std::vector<std::string> inputs;
    for (const auto* flag :
         {&FLAGS_features, &FLAGS_test, &FLAGS_labels, &FLAGS_fine_labels,
          &FLAGS_logits, &FLAGS_weight, &FLAGS_bias, &FLAGS_final_features}) {
      if (!flag->empty()) inputs.push_back(UserPath(*flag));
    }
    NCLAB_RETURN_IF_ERROR(CheckOutputFiles(DetailsFiles(directory), inputs));
    NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(directory));
  }
  std::vector<Split> splits(FLAGS_test.empty() ? 1 : 2);
  NCLAB_RETURN_IF_ERROR(CatchTorch([&]() -> absl::Status {
    NCLAB_ASSIGN_OR_RETURN(splits[0].measured, MeasureFeatures(sources, plan));
    if (splits.size() == 1) return absl::OkStatus();
    splits[0].name = "train";
    splits[1].name = "test";
    NCLAB_ASSIGN_OR_RETURN(splits[1].measured,
                           MeasureFeatures(test, plan, &splits[0].measured));
    return absl::OkStatus();
  }));
  std::vector<Row> rows;
  for (const std::string& metric : wanted) {
    for (const Split& split : splits) {
      NCLAB_ASSIGN_OR_RETURN(
          std::vector<LayerValue> of_metric,
          ValuesOf(metric, split.measured.now, &split.measured.last));
      for (LayerValue& value : of_metric) {
        rows.push_back({split.name, metric, std::move(value)});
      }
    }
  }
  absl::Status written;
  if (!FLAGS_details.empty()) {
    written = CatchTorch([&]() -> absl::Status {
      std::vector<LayerDetails> details;
      for (const Split& split : splits) {
        for (const Layer& layer : split.measured.now.layers) {
          const std::string name =
              split.name.empty() ? layer.name : split.name + "." + layer.name;
          details.push_back(DetailsOf(name, layer.kept, split.measured.labels));
        }
      }
      return WriteDetails(UserPath(FLAGS_details), details);
    });
    if (ExitCodeFor(written) == kExitUserError) return written;
  }
  FLAGS_json ? PrintJson(rows, splits) : PrintTable(rows, splits);
  NCLAB_RETURN_IF_ERROR(written);  // such as pictures that cannot be drawn
  return kExitOk;
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  return nclab::RunMain(
      argc, argv,
      {"Measures neural collapse on the features of any framework.\n\n"
       "  measure --features=F.safetensors --json\n"
       "  measure --features=F.npy --labels=L.npy\n"
       "  measure --features=TRAIN.safetensors --test=TEST.safetensors",
       nclab::Run});
}
