#include "metrics/oracle/cases.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "metrics/evaluation/measurements.h"
#include "metrics/features/measure.h"
#include "tools/base/files/safetensors.h"
#include "tools/base/status_macros.h"

namespace nclab {

namespace {

using Size = std::pair<int64_t, int64_t>;
using Make =
    std::function<Oracle(int64_t k, int64_t d, double ratio, double offset)>;

const std::vector<double> kRatios = {1, 1e-2, 1e-4, 1e-6, 1e-8};

// All products of sizes, ratios and offsets.
void Add(const std::vector<Size>& sizes, const Make& make,
         std::vector<OracleCase>& cases,
         const std::vector<double>& ratios = kRatios,
         const std::vector<double>& offsets = {0, 1e4}, bool clusters = true) {
  for (const auto& [k, d] : sizes) {
    for (const double ratio : ratios) {
      for (const double offset : offsets) {
        // k-means on many classes, and spectra of many dimensions, take long:
        // once a size.
        const bool once = ratio == 1e-8 && offset > 0;
        cases.push_back(
            {[=, k = k, d = d] { return make(k, d, ratio, offset); }, k, d,
             ratio, offset, clusters && (k < 100 || once), d <= 64 || once});
      }
    }
  }
}

Make Etf(NoiseIn noise) {
  return [noise](int64_t k, int64_t d, double ratio, double offset) {
    return SimplexEtf(k, d, ratio, noise, offset);
  };
}

bool NeedsCovariance(const std::string& metric) {
  const std::vector<std::string>& needs =
      (*Metrics().Find(metric))->info.statistics;
  return std::find(needs.begin(), needs.end(), "second_moments") != needs.end();
}

// Where clusters are not the classes, or neighbours and probes may err; and
// where D is too large for a covariance.
bool MayBeUnknown(const std::string& metric, int64_t dim) {
  return metric == "weak_variance_ratio" || metric == "knn_accuracy" ||
         metric == "ridge_accuracy" || (dim > 2048 && NeedsCovariance(metric));
}

Oracle Random(int64_t k, int64_t d, double, double offset) {
  return RandomFeatures(k, d, offset);
}

}  // namespace

std::vector<OracleCase> OracleCases() {
  std::vector<OracleCase> cases;
  Add({{2, 2}, {2, 64}, {3, 4}, {10, 16}, {10, 512}, {10, 8192}, {100, 128}},
      Etf(NoiseIn::kSpan), cases);
  Add({{2, 2}, {2, 8192}, {10, 512}, {100, 1024}}, Etf(NoiseIn::kComplement),
      cases);
  Add({{2, 64}, {10, 256}, {100, 128}}, Etf(NoiseIn::kEverywhere), cases);
  Add({{4, 2}, {10, 8}, {64, 32}}, CrossPolytope, cases);
  const auto two = [](int64_t, int64_t d, double ratio, double offset) {
    return TwoClasses(d, ratio, offset);
  };
  Add({{2, 2}, {2, 64}, {2, 8192}}, two, cases);
  Add({{2, 4}, {10, 16}, {16, 64}}, WrongVertex, cases);
  Add({{2, 4}, {10, 16}, {100, 128}}, WrongPartner, cases);
  Add({{2, 4}, {10, 16}, {100, 128}}, UnequalMeans, cases);
  Add({{2, 8}, {10, 64}, {100, 512}}, Random, cases, {3}, {0, 1e4}, false);
  // Large ones.
  const std::vector<double> far = {1e4};
  Add({{100, 4096}, {1000, 1024}}, Etf(NoiseIn::kSpan), cases, {1, 1e-8}, far,
      false);
  Add({{1000, 8192}}, Etf(NoiseIn::kSpan), cases, {1e-8}, far, false);
  Add({{1000, 1024}}, UnequalMeans, cases, {1e-4}, far, false);
  Add({{1000, 1024}}, WrongPartner, cases, {1e-8}, far, false);
  Add({{1000, 512}}, CrossPolytope, cases, {1e-8}, far);
  Add({{1200, 1024}}, CrossPolytope, cases, {1e-4}, far, false);  // K > D
  // More samples than each start of k-means sees.
  const auto many = [](int64_t, int64_t d, double ratio, double offset) {
    return TwoClasses(d, ratio, offset, /*multiple=*/2500);
  };
  Add({{2, 16}}, many, cases, {1e-2, 1e-8}, far);
  return cases;
}

std::vector<OracleCase> LargeOracleCases() {
  std::vector<OracleCase> cases;
  const std::vector<double> ends = {1, 1e-8}, far = {1e4};
  Add({{1000, 8192}}, Etf(NoiseIn::kSpan), cases, {1, 1e-2, 1e-4, 1e-6}, far,
      false);
  Add({{1000, 8192}}, Etf(NoiseIn::kComplement), cases, ends, far, false);
  Add({{10, 4096}, {1000, 2048}}, Etf(NoiseIn::kEverywhere), cases, ends, far,
      false);
  Add({{1000, 8192}}, CrossPolytope, cases, ends, far, false);
  Add({{100, 128}}, WrongVertex, cases, kRatios, far, false);
  Add({{1000, 8192}}, WrongPartner, cases, ends, far, false);
  Add({{1000, 8192}}, UnequalMeans, cases, ends, far, false);
  Add({{1000, 8192}}, Random, cases, {3}, far, false);
  return cases;
}

absl::StatusOr<std::vector<OracleError>> MeasureOracle(const Oracle& oracle,
                                                       const std::string& dtype,
                                                       const std::string& path,
                                                       bool clusters,
                                                       bool covariances) {
  const int64_t n = oracle.samples(), k = oracle.classes, d = oracle.dim;
  const auto narrow = [&](const std::vector<double>& wide) {
    return dtype == "F32" ? std::vector<float>(wide.begin(), wide.end())
                          : std::vector<float>();
  };
  const std::vector<float> features = narrow(oracle.features);
  const std::vector<float> finals = narrow(oracle.finals);
  for (size_t i = 0; i < features.size(); ++i) {
    if (static_cast<double>(features[i]) == oracle.features[i]) continue;
    return absl::InternalError("A coordinate is no fp32 number.");
  }
  const auto data = [](const std::vector<double>& wide,
                       const std::vector<float>& narrow) {
    return narrow.empty() ? static_cast<const void*>(wide.data())
                          : static_cast<const void*>(narrow.data());
  };
  std::vector<SafetensorsTensor> tensors = {
      {"features", dtype, {n, d}, data(oracle.features, features)},
      {"labels", "I64", {n}, oracle.labels.data()}};
  if (!oracle.finals.empty()) {
    tensors.push_back(
        {"final_features", dtype, {n, d}, data(oracle.finals, finals)});
  }
  if (!oracle.weight.empty()) {
    tensors.push_back({"weight", "F64", {k, d}, oracle.weight.data()});
    tensors.push_back({"bias", "F64", {k}, oracle.bias.data()});
  }
  if (!oracle.logits.empty()) {
    tensors.push_back({"logits", "F64", {n, k}, oracle.logits.data()});
  }
  NCLAB_RETURN_IF_ERROR(WriteSafetensors(path, tensors));

  NCLAB_ASSIGN_OR_RETURN(const FeatureSources sources, OpenFeatures(path));
  const auto wanted = [&](const std::string& metric) {
    return (clusters || metric != "weak_variance_ratio") &&
           (covariances || !NeedsCovariance(metric));
  };
  std::vector<std::string> metrics;
  for (const auto* entry : Metrics().List()) {
    if (wanted(entry->info.name)) metrics.push_back(entry->info.name);
  }
  NCLAB_ASSIGN_OR_RETURN(const StatisticPlan plan, PlanMetrics(metrics));
  NCLAB_ASSIGN_OR_RETURN(const FeatureMeasurements measured,
                         MeasureFeatures(sources, plan));
  std::map<std::pair<std::string, std::string>, const KnownValue*> known;
  for (const KnownValue& value : oracle.known) {
    if (!wanted(value.metric)) continue;
    known[{value.metric, value.anchor}] = &value;
  }
  std::vector<OracleError> errors;
  for (const std::string& metric : metrics) {
    NCLAB_ASSIGN_OR_RETURN(const std::vector<LayerValue> rows,
                           ValuesOf(metric, measured.now, &measured.last));
    for (const LayerValue& row : rows) {
      const auto it = known.find({metric, row.anchor});
      if (it == known.end()) {
        if (MayBeUnknown(metric, d)) continue;
        return absl::InternalError(absl::StrCat(
            oracle.family, " does not know ", metric, " ", row.anchor));
      }
      if (!row.value.undefined.empty()) {
        return absl::InternalError(
            absl::StrCat(oracle.family, ": ", metric,
                         " is undefined: ", row.value.undefined));
      }
      const double want = it->second->value, got = row.value.value;
      errors.push_back({metric, row.anchor, got, want,
                        std::abs(got - want) /
                            (want == 0 ? it->second->scale : std::abs(want))});
      known.erase(it);
    }
  }
  for (const auto& [name, value] : known) {
    return absl::InternalError(absl::StrCat(oracle.family, ": no row of ",
                                            name.first, " ", name.second));
  }
  return errors;
}

std::vector<RoundedCase> RoundedCases() {
  std::vector<RoundedCase> cases;
  for (const auto& [k, d] : std::vector<std::pair<int64_t, int64_t>>{
           {2, 2}, {10, 64}, {10, 1024}, {100, 512}}) {
    for (const double offset : {0.0, 1e4}) {
      for (const char* dtype : {"F64", "F32"}) {
        for (const double ratio : {1.0, 1e-2, 1e-4, 1e-6, 1e-8}) {
          cases.push_back({k, d, ratio, offset, dtype});
        }
      }
    }
  }
  return cases;
}

absl::StatusOr<double> MeasureRatio(const Rounded& rounded,
                                    const std::string& path) {
  const Oracle& oracle = rounded.oracle;
  const int64_t n = oracle.samples();
  std::vector<float> narrow;
  if (rounded.dtype == "F32") {
    narrow.assign(oracle.features.begin(), oracle.features.end());
  }
  NCLAB_RETURN_IF_ERROR(WriteSafetensors(
      path, {{"features",
              rounded.dtype,
              {n, oracle.dim},
              narrow.empty() ? static_cast<const void*>(oracle.features.data())
                             : static_cast<const void*>(narrow.data())},
             {"labels", "I64", {n}, oracle.labels.data()}}));
  NCLAB_ASSIGN_OR_RETURN(const FeatureSources sources, OpenFeatures(path));
  NCLAB_ASSIGN_OR_RETURN(const FeatureMeasurements measured,
                         MeasureFeatures(sources, {}));
  NCLAB_ASSIGN_OR_RETURN(const std::vector<LayerValue> rows,
                         ValuesOf("variance_ratio", measured.now));
  return rows[0].value.value;
}

}  // namespace nclab
