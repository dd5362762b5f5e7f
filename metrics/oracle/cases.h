// The oracles that tests and docs/accuracy.md go through.
#ifndef NCLAB_METRICS_ORACLE_CASES_H_
#define NCLAB_METRICS_ORACLE_CASES_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "metrics/oracle/oracle.h"
#include "metrics/oracle/rounded.h"

namespace nclab {

struct OracleCase {
  std::function<Oracle()> make;
  int64_t classes = 0, dim = 0;
  double ratio = 0, offset = 0;
  bool clusters = true;     // k-means too
  bool covariances = true;  // and what needs a D x D covariance
};

// Every family, K 2 to 1000, D 2 to 8192, R 1 to 1e-8, offset 0 and 1e4.
std::vector<OracleCase> OracleCases();

// Every family at its largest, which takes minutes and up to 2 GB: for the
// table only.
std::vector<OracleCase> LargeOracleCases();

struct OracleError {
  std::string metric, anchor;
  double got = 0, want = 0;
  double error = 0;  // relative; where `want` is 0, relative to its scale
};

// Writes the features as `dtype`, "F64" or "F32", into a safetensors file at
// `path`, measures that, and compares. The rows of weak_variance_ratio, of
// probes, and of covariances of more than 2,048 dimensions are left out where
// the oracle does not know them; the first also without `clusters`, the last
// without `covariances`.
// \error kInternal if a row is missing, undefined, or not known; what measuring
// says.
absl::StatusOr<std::vector<OracleError>> MeasureOracle(const Oracle& oracle,
                                                       const std::string& dtype,
                                                       const std::string& path,
                                                       bool clusters,
                                                       bool covariances);

struct RoundedCase {
  int64_t classes = 0, dim = 0;
  double ratio = 0, offset = 0;
  std::string dtype;
};

// R 1 to 1e-8, offset 0 and 1e4, both types.
std::vector<RoundedCase> RoundedCases();

// variance_ratio of the features, written to a file at `path`.
absl::StatusOr<double> MeasureRatio(const Rounded& rounded,
                                    const std::string& path);

}  // namespace nclab

#endif  // NCLAB_METRICS_ORACLE_CASES_H_
