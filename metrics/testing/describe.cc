// The table of metrics in docs/metrics.md, from the registry.
#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "metrics/metric.h"
#include "tools/base/errors.h"
#include "tools/base/process/main.h"

namespace nclab {
namespace {

const char* AnchorsOf(const MetricInfo& info) {
  switch (info.anchors) {
    case MetricAnchors::kNone:
      return "";
    case MetricAnchors::kOwn:
      return "own";
    case MetricAnchors::kBoth:
      return "own, final";
    case MetricAnchors::kFinal:
      return "final";
  }
  return "";
}

std::string NeedsOfRow(const MetricInfo& info) {
  std::vector<std::string> needs;
  for (const std::string& name : info.statistics) {
    needs.push_back(absl::StrCat("`", name, "`"));
  }
  return absl::StrJoin(needs, ", ");
}

std::string ChangedBy(const MetricInfo& info) {
  std::vector<std::string> changes;
  if (!(info.invariance & kInvariantToRotation)) changes.push_back("rotation");
  if (!(info.invariance & kInvariantToTranslation)) changes.push_back("move");
  if (!(info.invariance & kInvariantToScale)) changes.push_back("scale");
  return absl::StrJoin(changes, ", ");
}

absl::StatusOr<int> Run(const std::vector<std::string>&) {
  std::printf(
      "| metric | formula | anchor | needs | changed by | NaN | source |\n"
      "|---|---|---|---|---|---|---|\n");
  for (const auto* entry : Metrics().List()) {
    const MetricInfo& info = entry->info;
    // A bar would end the cell.
    const std::string formula =
        absl::StrReplaceAll(info.formula, {{"|", "\\|"}});
    std::printf("| `%s` | `%s` | %s | %s | %s | %s | %s |\n", info.name.c_str(),
                formula.c_str(), AnchorsOf(info), NeedsOfRow(info).c_str(),
                ChangedBy(info).c_str(), info.undefined.c_str(),
                info.reference.c_str());
  }
  return kExitOk;
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  return nclab::RunMain(
      argc, argv,
      {"Prints the table of metrics of docs/metrics.md.", nclab::Run,
       /*flags_only=*/true});
}
