#include "metrics/statistics/kept/views.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace nclab {
namespace {

Array Flag(bool value) { return Array(int64_t{value}); }

Array Vector(std::vector<double> values) {
  const int64_t n = static_cast<int64_t>(values.size());
  return Array({n}, std::move(values));
}

}  // namespace

SplitTotals SplitTotals::Of(const Kept& kept) {
  const Arrays& a = kept.Get("decisions");
  SplitTotals totals = {a.at("samples").integer(), a.at("correct").integer(),
                        a.at("loss").real()};
  const auto objective = a.find("objective");
  if (objective != a.end()) totals.objective = objective->second.real();
  return totals;
}

Arrays SplitTotals::ToArrays() const {
  Arrays a = {{"samples", Array(samples)},
              {"correct", Array(correct)},
              {"loss", Array(loss)}};
  if (objective) a["objective"] = Array(*objective);
  return a;
}

Head Head::Of(const Kept& kept) {
  const Array& weight = kept.Get("head", "weight");
  return {weight.shape().at(0), weight.shape().at(1), weight.reals()};
}

Arrays Head::ToArrays() const {
  return {{"weight", Array({classes, dim}, weight)}};
}

Projections Projections::Of(const Kept& kept) {
  const Arrays& a = kept.Get("projections");
  Projections p;
  p.finite = a.at("finite").integer() != 0;
  p.whitened = a.at("whitened").real();
  p.in_span = a.at("in_span").real();
  p.rank = a.at("rank").integer();
  p.spectrum = a.at("spectrum").reals();
  if (const auto it = a.find("along"); it != a.end()) {
    p.along = it->second.reals();
  }
  const auto nearest = [&](const std::string& prefix, NearestMeans& means) {
    const auto correct = a.find(prefix + "correct");
    if (correct == a.end()) return false;
    means.correct = correct->second.integer();
    means.coincide = a.at(prefix + "coincide").integer() != 0;
    const auto disagree = a.find(prefix + "disagree");
    if (disagree != a.end()) means.disagree = disagree->second.integer();
    return true;
  };
  nearest("", p.own);
  p.has_train = nearest("train_", p.train);
  return p;
}

Arrays Projections::ToArrays() const {
  Arrays a = {{"finite", Flag(finite)},
              {"whitened", Array(whitened)},
              {"in_span", Array(in_span)},
              {"rank", Array(rank)},
              {"spectrum", Vector(spectrum)}};
  if (!along.empty()) {
    const int64_t p = static_cast<int64_t>(spectrum.size());
    a["along"] = Array({p, p}, along);
  }
  const auto nearest = [&](const std::string& prefix,
                           const NearestMeans& means) {
    a[prefix + "correct"] = Array(means.correct);
    a[prefix + "coincide"] = Flag(means.coincide);
    if (means.disagree >= 0) a[prefix + "disagree"] = Array(means.disagree);
  };
  nearest("", own);
  if (has_train) nearest("train_", train);
  return a;
}

Clusters Clusters::Of(const Kept& kept) {
  const Arrays& a = kept.Get("clusters");
  return {a.at("within").real(), a.at("between").real(),
          a.at("degenerate").integer()};
}

Arrays Clusters::ToArrays() const {
  return {{"within", Array(within)},
          {"between", Array(between)},
          {"degenerate", Array(degenerate)}};
}

KMeans KMeans::Of(const Kept& kept) {
  const Arrays& a = kept.Get("k_means");
  const Array& centers = a.at("centers");
  const size_t k = static_cast<size_t>(centers.shape().at(0));
  KMeans fit;
  fit.centers = {centers.shape().at(1), std::vector<int64_t>(k, 1),
                 centers.reals(), std::vector<double>(k, 0.0)};
  fit.inertia = a.at("inertia").real();
  fit.degenerate = a.at("degenerate").integer();
  fit.rows_seen = a.at("rows_seen").integer();
  fit.finite = a.at("finite").integer() != 0;
  const std::vector<double>& starts = a.at("starts").reals();
  for (size_t i = 0; i + 5 <= starts.size(); i += 5) {
    const double* s = starts.data() + i;
    fit.starts.push_back({s[0], s[1], static_cast<int64_t>(s[2]),
                          static_cast<int64_t>(s[3]),
                          static_cast<int64_t>(s[4])});
  }
  return fit;
}

Arrays KMeans::ToArrays() const {
  std::vector<double> rows;
  for (const KMeansStart& start : starts) {
    rows.insert(rows.end(), {start.inertia, start.ratio,
                             static_cast<double>(start.iterations),
                             static_cast<double>(start.empty),
                             static_cast<double>(start.duplicate)});
  }
  const int64_t n = static_cast<int64_t>(starts.size());
  return {{"centers", Array({centers.classes(), centers.dim}, centers.mean)},
          {"inertia", Array(inertia)},
          {"degenerate", Array(degenerate)},
          {"rows_seen", Array(rows_seen)},
          {"starts", Array({n, 5}, std::move(rows))},
          {"finite", Flag(finite)}};
}

std::string KMeans::StartName(size_t i) {
  return i == 0 ? "class means" : absl::StrCat("k-means++ ", i - 1);
}

}  // namespace nclab
