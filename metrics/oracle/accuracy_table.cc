// The tables of docs/accuracy.md: the errors of every oracle.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "metrics/oracle/cases.h"
#include "metrics/oracle/naive.h"
#include "metrics/oracle/rounded.h"
#include "tools/base/errors.h"
#include "tools/base/process/main.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

const double kRatios[] = {1, 1e-2, 1e-4, 1e-6, 1e-8};

struct Worst {
  double error = -1;
  std::string metric;

  void Add(const OracleError& of) {
    if (of.error > error) *this = {of.error, of.metric};
  }
  std::string Text() const {
    char text[32];
    std::snprintf(text, sizeof(text), "%.0e", error);
    return error == 0 ? "0" : text;
  }
};

std::string Percent(double error) {
  char text[32];
  std::snprintf(text, sizeof(text), error > 0 && error < 1e-3 ? "%.0e" : "%.3g",
                error);
  return text;
}

// What docs/accuracy.md promises.
double Bound(const std::string& dtype) { return dtype == "F64" ? 1e-6 : 1e-3; }

// \error kInternal if an error is above its bound.
absl::Status PrintOracles(const std::string& path, bool large) {
  struct Row {
    Worst f64, f32;
    std::map<double, double> naive;
  };
  std::vector<std::pair<std::string, Row>> rows;
  std::map<std::string, std::pair<Worst, Worst>> metrics;
  std::vector<OracleCase> cases = OracleCases();
  if (large) {
    for (OracleCase& of : LargeOracleCases()) cases.push_back(std::move(of));
  }
  for (const OracleCase& of : cases) {
    const Oracle oracle = of.make();
    const std::string name = absl::StrCat(oracle.family, " | ", of.classes,
                                          " | ", of.dim, " | ", of.offset);
    auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& entry) {
      return entry.first == name;
    });
    if (row == rows.end()) {
      rows.push_back({name, {}});
      row = rows.end() - 1;
    }
    for (const char* dtype : {"F64", "F32"}) {
      const bool wide = dtype == std::string("F64");
      NCLAB_ASSIGN_OR_RETURN(
          const std::vector<OracleError> errors,
          MeasureOracle(oracle, dtype, path, of.clusters, of.covariances));
      for (const OracleError& error : errors) {
        (wide ? row->second.f64 : row->second.f32).Add(error);
        auto& worst = metrics[error.metric];
        (wide ? worst.first : worst.second).Add(error);
        if (error.error < Bound(dtype)) continue;
        return absl::InternalError(absl::StrCat(
            name, ", R ", of.ratio, ", ", dtype, ": ", error.metric, " is ",
            error.got, ", expected ", error.want));
      }
    }
    row->second.naive[of.ratio] = std::abs(
        NaiveVarianceRatio(oracle) / oracle.Known("variance_ratio") - 1);
  }
  std::printf(
      "| family | K | D | offset | fp64, worst | metric | fp32, worst | metric "
      "| naive, R = 1 | 1e-2 | 1e-4 | 1e-6 | 1e-8 |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (const auto& [name, row] : rows) {
    std::printf("| %s | %s | `%s` | %s | `%s` |", name.c_str(),
                row.f64.Text().c_str(), row.f64.metric.c_str(),
                row.f32.Text().c_str(), row.f32.metric.c_str());
    for (const double ratio : kRatios) {
      const auto it = row.naive.find(ratio);
      std::printf(" %s |",
                  it == row.naive.end() ? "" : Percent(it->second).c_str());
    }
    // Random features have one ratio, about 3.
    std::printf("\n");
  }
  std::printf("\n| metric | fp64, worst | fp32, worst |\n|---|---|---|\n");
  for (const auto& [metric, worst] : metrics) {
    std::printf("| `%s` | %s | %s |\n", metric.c_str(),
                worst.first.Text().c_str(), worst.second.Text().c_str());
  }
  return absl::OkStatus();
}

absl::Status PrintRounded(const std::string& path) {
  std::printf(
      "\n| K | D | offset | type | R | rounding moves R by | error against R | "
      "error against the rounded features' own R |\n"
      "|---|---|---|---|---|---|---|---|\n");
  for (const RoundedCase& of : RoundedCases()) {
    const Rounded rounded =
        RoundedSimplexEtf(of.classes, of.dim, of.ratio, of.offset, of.dtype);
    NCLAB_ASSIGN_OR_RETURN(const double got, MeasureRatio(rounded, path));
    std::printf(
        "| %ld | %ld | %g | %s | %g | %s | %s | %s |\n", of.classes, of.dim,
        of.offset, of.dtype.c_str(), of.ratio, Percent(rounded.moved).c_str(),
        Percent(std::abs(got / of.ratio - 1)).c_str(),
        Percent(got == rounded.exact ? 0 : std::abs(got / rounded.exact - 1))
            .c_str());
  }
  return absl::OkStatus();
}

absl::StatusOr<int> Run(const std::vector<std::string>& arguments) {
  const bool large = arguments == std::vector<std::string>{"large"};
  if (!arguments.empty() && !large) {
    return absl::InvalidArgumentError(
        "accuracy_table takes no arguments, or the word large.");
  }
  const std::string path =
      (std::filesystem::temp_directory_path() / "nclab-accuracy.safetensors")
          .string();
  NCLAB_RETURN_IF_ERROR(PrintOracles(path, large));
  NCLAB_RETURN_IF_ERROR(PrintRounded(path));
  std::filesystem::remove(path);
  return kExitOk;
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  return nclab::RunMain(
      argc, argv,
      {"Prints the tables of docs/accuracy.md; fails above their bounds. With "
       "the word large: every family at its largest too, in minutes and 2 GB.",
       nclab::Run});
}
