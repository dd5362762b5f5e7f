#include "experiments/records/pack/pack.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "nlohmann/json.hpp"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/json.h"

namespace nclab {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr absl::string_view kRunColumn = "run,";

// Compressed, without a time: the same rows, the same bytes.
absl::Status WriteGzip(const std::string& path, const std::string& text) {
  const std::string temporary = TemporaryName(path);
  errno = 0;
  const gzFile file = gzopen(temporary.c_str(), "wb9");
  if (file == nullptr) return SystemError("write", path);
  bool whole = true;
  constexpr size_t kPiece = 1 << 20;
  for (size_t at = 0; whole && at < text.size(); at += kPiece) {
    const unsigned size =
        static_cast<unsigned>(std::min(kPiece, text.size() - at));
    whole = gzwrite(file, text.data() + at, size) == static_cast<int>(size);
  }
  whole = gzclose(file) == Z_OK && whole;
  return whole ? CommitFile(temporary, path) : SystemError("write", path);
}

absl::StatusOr<std::string> ReadGzip(const std::string& path) {
  const absl::Status damaged =
      absl::DataLossError(absl::StrCat(path, " is damaged or cut short."));
  if (!FileExists(path)) return damaged;
  const gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return SystemError("read", path);
  const bool compressed = gzdirect(file) == 0;
  std::string text, piece(1 << 20, '\0');
  int size;
  while ((size = gzread(file, piece.data(),
                        static_cast<unsigned>(piece.size()))) > 0) {
    text.append(piece, 0, static_cast<size_t>(size));
  }
  // The end has its own sum.
  if (gzclose(file) != Z_OK || size < 0 || !compressed) return damaged;
  return text;
}

// A file's text as JSON; null where there is none.
Json Parsed(const std::string& text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return json.is_object() ? json : Json();
}
std::string Text(const Json& run, const char* key) {
  const auto found = run.find(key);
  return found == run.end() || found->is_null() ? "" : JsonText(*found);
}

}  // namespace

RunRecord ReadRecord(const RunDirectory& directory) {
  RunRecord record;
  const auto text = [&](const char* name) {
    return ReadFile(directory.File(name)).value_or("");
  };
  record.spec = text("spec.json");
  record.measurement = text("measure.json");
  record.manifest = text("manifest.json");
  if (!directory.Done()) {
    record.problem = directory.FailureReason();
    record.diverged = directory.Diverged();
    if (record.problem.empty()) record.problem = "not finished";
    return record;
  }
  absl::StatusOr<std::vector<MetricRow>> rows = directory.ReadMetrics();
  if (rows.ok()) {
    record.rows = *std::move(rows);
  } else {
    record.problem = std::string(rows.status().message());
  }
  return record;
}

absl::Status WritePack(const std::string& directory, const RunRecords& runs) {
  Json all = Json::array();
  std::string table;
  for (const auto& [name, run] : runs) {
    all.push_back({{"directory", name},
                   {"problem", run.problem},
                   {"diverged", run.diverged},
                   {"spec", Parsed(run.spec)},
                   {"measure", Parsed(run.measurement)},
                   {"manifest", Parsed(run.manifest)}});
    bool header = true;
    for (const absl::string_view line :
         absl::StrSplit(ToCsv(run.rows), '\n', absl::SkipEmpty())) {
      if (std::exchange(header, false)) {
        if (table.empty()) absl::StrAppend(&table, kRunColumn, line, "\n");
        continue;
      }
      absl::StrAppend(&table, name, ",", line, "\n");
    }
  }
  NCLAB_RETURN_IF_ERROR(
      WriteGzip(absl::StrCat(directory, "/", kPackedRows), table));
  return WriteFileAtomically(
      absl::StrCat(directory, "/", kPackedRuns),
      JsonText(Json{{"version", kVersion}, {"runs", all}}));
}

bool IsPacked(const std::string& directory) {
  return FileExists(absl::StrCat(directory, "/", kPackedRuns));
}

absl::StatusOr<RunRecords> ReadPack(const std::string& directory) {
  RunRecords runs;
  if (!IsPacked(directory)) return runs;
  const std::string path = absl::StrCat(directory, "/", kPackedRuns);
  NCLAB_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (ValueOr(json, "version", 0) != kVersion || !json.contains("runs") ||
      !json["runs"].is_array()) {
    return absl::DataLossError(
        absl::StrCat(path, " is not the packed runs of an output, of version ",
                     kVersion, "."));
  }
  for (const Json& run : json["runs"]) {
    RunRecord& record = runs[ValueOr(run, "directory", std::string())];
    record.problem = ValueOr(run, "problem", std::string());
    record.diverged = ValueOr(run, "diverged", false);
    record.spec = Text(run, "spec");
    record.measurement = Text(run, "measure");
    record.manifest = Text(run, "manifest");
  }
  const std::string rows_path = absl::StrCat(directory, "/", kPackedRows);
  NCLAB_ASSIGN_OR_RETURN(const std::string table, ReadGzip(rows_path));
  // The table of each run, as its metrics.csv.
  absl::string_view header;
  std::map<std::string, std::string> tables;
  for (absl::string_view line :
       absl::StrSplit(table, '\n', absl::SkipEmpty())) {
    if (header.empty()) {
      header = absl::StripPrefix(line, kRunColumn);
      continue;
    }
    const size_t comma = line.find(',');
    std::string& of_run = tables[std::string(line.substr(0, comma))];
    if (of_run.empty()) absl::StrAppend(&of_run, header, "\n");
    absl::StrAppend(&of_run, line.substr(comma + 1), "\n");
  }
  for (auto& [name, record] : runs) {
    const auto found = tables.find(name);
    if (found == tables.end()) continue;
    NCLAB_ASSIGN_OR_RETURN(record.rows, ParseCsv(rows_path, found->second));
  }
  return runs;
}

}  // namespace nclab
