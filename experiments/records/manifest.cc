#include "experiments/records/manifest.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "tools/base/files/files.h"
#include "tools/base/logging.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/json.h"

namespace nclab {
namespace {

using Json = nlohmann::ordered_json;

std::string Now() {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(),
                          absl::UTCTimeZone());
}

std::string Processor() {
  const absl::StatusOr<std::string> info = ReadFile("/proc/cpuinfo");
  if (!info.ok()) return "";
  for (const absl::string_view line : absl::StrSplit(*info, '\n')) {
    if (!absl::StartsWith(line, "model name")) continue;
    const size_t colon = line.find(": ");
    if (colon != absl::string_view::npos) {
      return std::string(line.substr(colon + 2));
    }
  }
  return "";
}

// Since this process was started; 0 where the kernel does not say.
double SecondsSinceStart() {
  const absl::StatusOr<std::string> stat = ReadFile("/proc/self/stat");
  if (!stat.ok()) return 0;
  // The name, in parentheses, may hold anything; starttime is the 20th after.
  const std::vector<std::string> fields =
      absl::StrSplit(stat->substr(stat->rfind(')') + 1), ' ');
  int64_t ticks;
  timespec now;
  if (fields.size() < 21 || !absl::SimpleAtoi(fields[20], &ticks) ||
      clock_gettime(CLOCK_BOOTTIME, &now) != 0) {
    return 0;
  }
  return static_cast<double>(now.tv_sec) +
         1e-9 * static_cast<double>(now.tv_nsec) -
         static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::string PathOf(const std::string& directory) {
  return directory + "/manifest.json";
}

Json Read(const std::string& directory) {
  const absl::StatusOr<std::string> text = ReadFile(PathOf(directory));
  if (!text.ok()) return Json::object();
  Json json = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  return json.is_object() ? json : Json::object();
}

// Name without directory and .gz, and sum.
std::pair<std::string, std::string> SumOf(const SourceFile& file) {
  const std::string name = file.path.substr(file.path.rfind('/') + 1);
  return {std::string(absl::StripSuffix(name, ".gz")), file.sha256};
}

// Sorted. Files of one name may lie in several directories.
std::vector<std::pair<std::string, std::string>> Sums(
    const std::vector<SourceFile>& files) {
  std::vector<std::pair<std::string, std::string>> sums;
  for (const SourceFile& file : files) sums.push_back(SumOf(file));
  std::sort(sums.begin(), sums.end());
  return sums;
}

}  // namespace

absl::Status BeginManifest(const std::string& directory,
                           const ManifestFacts& facts) {
  const Json before = Read(directory);
  char host[256] = "";
  gethostname(host, sizeof(host) - 1);
  Json files = Json::array();
  bool official = true;
  for (const SourceFile& file : facts.files) {
    // The place is the machine's, the bytes are the fact: no directory here.
    files.push_back({{"name", file.path.substr(file.path.rfind('/') + 1)},
                     {"sha256", file.sha256},
                     {"official", file.official}});
    official = official && file.official;
  }
  Json model_files = Json::array();
  for (const SourceFile& file : facts.model_files) {
    model_files.push_back(
        {{"name", SumOf(file).first}, {"sha256", file.sha256}});
  }
  Json rewrites = Json::array();
  for (const auto& [parameter, why] : facts.rewrites) {
    rewrites.push_back({{"parameter", parameter}, {"why", why}});
  }
  const Json json = {
      {"commit", facts.commit.empty() ? Json() : Json(facts.commit)},
      {"libtorch", facts.libtorch},
      {"libtorch_variant", facts.libtorch_variant},
      {"compiler", __VERSION__},
      {"device", facts.device},
      {"gpu", facts.gpu.empty() ? Json() : Json(facts.gpu)},
      {"threads", facts.threads},
      {"side_by_side", facts.side_by_side},
      {"processor", Processor()},
      {"cores", std::thread::hardware_concurrency()},
      {"host", host},
      {"choices", facts.choices},
      {"classes", facts.classes},
      {"train_samples", facts.train_samples},
      {"steps_per_epoch", facts.steps_per_epoch},
      {"rewrites", rewrites},
      {"rewrites_left_out", facts.rewrites_left_out.empty()
                                ? Json()
                                : Json(facts.rewrites_left_out)},
      {"recorded_step", facts.recorded},
      {"matrix_products", facts.products},
      {"memory_format", facts.channels_last ? "channels_last" : "contiguous"},
      {"dataset_files", files},
      {"dataset_official", official},
      {"model_files", model_files},
      {"started", ValueOr(before, "started", Now())},
      {"starts", ValueOr(before, "starts", 0) + 1},
      // What loading the program and the data took, before the first step.
      {"seconds_to_begin", SecondsSinceStart()},
  };
  return WriteFileAtomically(PathOf(directory), json.dump(2) + "\n");
}

absl::Status FinishManifest(const std::string& directory, int64_t steps_run,
                            double steps_per_second,
                            double seconds_in_checkpoints) {
  Json json = Read(directory);
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  json["finished"] = Now();
  json["last_step"] = steps_run;
  json["steps_per_second"] = steps_per_second;  // of the last start, in all
  json["seconds_in_checkpoints"] = seconds_in_checkpoints;  // likewise
  json["peak_memory_bytes"] = static_cast<int64_t>(usage.ru_maxrss) * 1024;
  return WriteFileAtomically(PathOf(directory), json.dump(2) + "\n");
}

std::map<std::string, std::string> ChoicesInText(absl::string_view manifest) {
  std::map<std::string, std::string> choices;
  const Json json = Json::parse(manifest, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("choices") ||
      !json["choices"].is_object()) {
    return choices;
  }
  for (const auto& [field, choice] : json["choices"].items()) {
    if (choice.is_string()) choices[field] = choice;
  }
  return choices;
}

std::map<std::string, std::string> ChoicesInManifest(
    const std::string& directory) {
  return ChoicesInText(ReadFile(PathOf(directory)).value_or(""));
}

std::optional<std::vector<SourceFile>> FilesInManifest(
    const std::string& directory) {
  const Json json = Read(directory);
  const auto files = json.find("dataset_files");
  if (files == json.end() || !files->is_array()) return std::nullopt;
  std::vector<SourceFile> result;
  for (const Json& file : *files) {
    result.push_back({ValueOr(file, "name", std::string()),
                      ValueOr(file, "sha256", std::string()), false});
  }
  return result;
}

absl::Status CheckRunData(const std::string& run_directory,
                          const std::vector<SourceFile>& files) {
  const auto made_from = FilesInManifest(run_directory);
  if (!made_from) return absl::OkStatus();
  const auto then = Sums(*made_from);
  const auto now = Sums(files);
  if (then == now) return absl::OkStatus();
  const std::string advice = absl::StrCat(
      " Name the place of the former files with --data_dir=DIR; or, for a new "
      "run, choose another --out, or remove ",
      run_directory, ".");
  for (const SourceFile& file : files) {
    const auto is = SumOf(file);
    if (std::binary_search(then.begin(), then.end(), is)) continue;
    // The sum that a file of this name had and none has now.
    const auto was =
        std::find_if(then.begin(), then.end(), [&](const auto& one) {
          return one.first == is.first &&
                 !std::binary_search(now.begin(), now.end(), one);
        });
    return absl::FailedPreconditionError(absl::StrCat(
        "The run ", run_directory, " was made from other data: ", is.first,
        was == then.end() ? " was not among its files"
                          : absl::StrCat(" had the SHA-256 ", was->second),
        " (manifest.json there); ", file.path, " has ", is.second, ".",
        advice));
  }
  return absl::FailedPreconditionError(
      absl::StrCat("The run ", run_directory, " was made from ", then.size(),
                   " files (manifest.json there); its dataset has ", now.size(),
                   " now.", advice));
}

absl::Status CheckModelFiles(const std::string& run_directory,
                             const std::vector<SourceFile>& files) {
  const Json json = Read(run_directory);
  const auto there = json.find("model_files");
  if (there == json.end() || !there->is_array()) return absl::OkStatus();
  for (const SourceFile& file : files) {
    for (const Json& before : *there) {
      const std::string sum = ValueOr(before, "sha256", file.sha256);
      if (sum == file.sha256) continue;
      return absl::FailedPreconditionError(absl::StrCat(
          "The run ", run_directory, " began with another network: ", file.path,
          " had the SHA-256 ", sum, " (manifest.json there), now it has ",
          file.sha256,
          ". Give the former file back; or, for a new run, choose "
          "another --out, or remove ",
          run_directory, "."));
    }
  }
  return absl::OkStatus();
}

class RunLog::Sink : public google::LogSink {
 public:
  explicit Sink(const std::string& path) : file_(path, std::ios::app) {
    google::AddLogSink(this);
  }
  ~Sink() override { google::RemoveLogSink(this); }

  void send(google::LogSeverity severity, const char*, const char* file,
            int line, const google::LogMessageTime&, const char* message,
            size_t length) override {
    file_ << Now() << " " << google::GetLogSeverityName(severity)[0] << " "
          << file << ":" << line << "] " << absl::string_view(message, length)
          << std::endl;
  }

 private:
  std::ofstream file_;
};

RunLog::RunLog(const std::string& path) : sink_(new Sink(path)) {}
RunLog::~RunLog() = default;

}  // namespace nclab
