// Means over seeds, and how far they can be trusted.
#ifndef NCLAB_EXPERIMENTS_REPORT_CLAIMS_INTERVAL_H_
#define NCLAB_EXPERIMENTS_REPORT_CLAIMS_INTERVAL_H_

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace nclab {

// The mean of `values`, of which there is at least one.
double Mean(const std::vector<double>& values);

// The two-sided 95 % quantile of Student's distribution: from a table for up to
// 30 degrees of freedom, by Cornish and Fisher's expansion beyond (error below
// 1e-4). `degrees` >= 1.
double StudentQuantile95(int64_t degrees);

// Mean -/+ StudentQuantile95(n - 1) s / sqrt(n), s the sample deviation: where
// the mean of a normal population lies with 95 % confidence. Nothing for fewer
// than two values.
std::optional<std::pair<double, double>> StudentInterval95(
    const std::vector<double>& values);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_CLAIMS_INTERVAL_H_
