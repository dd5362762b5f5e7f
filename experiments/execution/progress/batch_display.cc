#include "experiments/execution/progress/batch_display.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/spec/fields.h"
#include "tools/base/text/numbers.h"

namespace nclab {
namespace {

// Lines of single runs at a time; a cluster may run hundreds.
constexpr size_t kMaxLines = 24;

}  // namespace

std::optional<absl::Duration> TimeLeft(
    const std::vector<WorkLeft>& work,
    const std::map<std::string, double>& rates, int slots) {
  double mean = 0;  // seconds per step
  for (const auto& [kind, rate] : rates) {
    mean += 1 / rate / static_cast<double>(rates.size());
  }
  if (rates.empty()) return std::nullopt;
  double sum = 0, longest = 0;
  for (const WorkLeft& run : work) {
    const auto it = rates.find(run.kind);
    const double seconds = static_cast<double>(run.steps) *
                           (it == rates.end() ? mean : 1 / it->second);
    sum += seconds;
    longest = std::max(longest, seconds);
  }
  return absl::Seconds(std::max(longest, sum / std::max(1, slots)));
}

BatchLine LineOf(const PlannedRun& run) {
  const Progress progress = ReadProgressFile(run.directory);
  return {NameOf(run),
          {StepCostKey(run.spec), run.spec.steps - progress.step},
          progress};
}

bool BatchDisplay::Due() const {
  return !shown_ || std::chrono::steady_clock::now() - *shown_ >=
                        std::chrono::milliseconds(500);
}

void BatchDisplay::Show(const BatchCounts& counts,
                        const std::vector<BatchLine>& running,
                        const std::vector<const RunSpec*>& waiting,
                        const std::string& note) {
  shown_ = std::chrono::steady_clock::now();
  std::vector<WorkLeft> work;
  std::vector<std::pair<std::string, Progress>> shown;
  for (const BatchLine& line : running) {
    const Progress& progress = line.progress;
    if (progress.steps_per_second > 0) {
      rates_[line.left.kind] = progress.steps_per_second;
    }
    work.push_back(line.left);
    if (shown.size() < kMaxLines) shown.emplace_back(line.name, progress);
  }
  for (const RunSpec* spec : waiting) {
    work.push_back({StepCostKey(*spec), spec->steps});
  }
  std::string header =
      absl::StrCat(counts.done, " of ", counts.total, " runs done, ",
                   running.size(), " running, ", waiting.size(), " waiting");
  if (counts.failed > 0)
    absl::StrAppend(&header, ", ", counts.failed, " failed");
  if (const auto left = TimeLeft(work, rates_, counts.slots)) {
    absl::StrAppend(&header, ", ETA ", DescribeDuration(*left));
  }
  if (!note.empty()) absl::StrAppend(&header, "; ", note);
  display_.Show(header, shown);
}

void BatchDisplay::Say(const std::string& line) {
  display_.Clear();
  std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace nclab
