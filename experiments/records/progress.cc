#include "experiments/records/progress.h"

#include <cmath>
#include <cstdio>
#include <fstream>

#include "nlohmann/json.hpp"
#include "tools/base/files/files.h"
#include "tools/base/text/json.h"

namespace nclab {

void WriteProgressFile(const std::string& run_directory,
                       const Progress& progress) {
  // Not synced: after a crash it is worth nothing.
  const std::string path = run_directory + "/progress.json";
  const std::string temporary = TemporaryName(path);
  std::ofstream file(temporary);
  file << nlohmann::json{
      {"step", progress.step},
      {"steps", progress.steps},
      {"steps_per_second", progress.steps_per_second},
      {"loss", std::isfinite(progress.loss) ? nlohmann::json(progress.loss)
                                            : nlohmann::json()}};
  file.close();
  if (file) std::rename(temporary.c_str(), path.c_str());
}

Progress ReadProgressFile(const std::string& run_directory) {
  Progress progress;
  progress.loss = std::nan("");
  const absl::StatusOr<std::string> text =
      ReadFile(run_directory + "/progress.json");
  if (!text.ok()) return progress;
  const nlohmann::json json =
      nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  progress.step = ValueOr(json, "step", int64_t{0});
  progress.steps = ValueOr(json, "steps", int64_t{0});
  progress.steps_per_second = ValueOr(json, "steps_per_second", 0.0);
  progress.loss = ValueOr(json, "loss", std::nan(""));
  return progress;
}

}  // namespace nclab
