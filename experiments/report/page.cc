#include "experiments/report/page.h"

#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "nlohmann/json.hpp"
#include "tools/base/numbers.h"

namespace nclab {
namespace {

using Json = nlohmann::ordered_json;

std::string Escape(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

// JSON may stand in a script element if no "</" does.
std::string ScriptSafe(const std::string& json) {
  return absl::StrReplaceAll(json, {{"</", "<\\/"}});
}

std::string Number(double value) {
  return std::isnan(value) ? "" : absl::StrFormat("%.4g", value);
}

constexpr absl::string_view kStyle = R"css(
:root { color-scheme: light dark; --line: #8884; --muted: #767676; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem;
       margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.figure { background: white; color: black; padding: .5rem; overflow-x: auto;
          border: 1px solid var(--line); border-radius: 4px; }
.figure svg { max-width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0;
         border-bottom: 1px solid var(--line); vertical-align: top; }
.wide { overflow-x: auto; }
code, pre { font: .85rem ui-monospace, monospace; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid var(--line);
      border-radius: 4px; }
.verdict { white-space: nowrap; font-weight: 600; }
.muted { color: var(--muted); }
)css";

std::string ClaimsTable(const PageInput& input) {
  std::string html =
      "<div class=\"wide\"><table><tr><th>Claim<th>Verdict<th>Effect"
      "<th>Per seed</tr>\n";
  for (const Judgement& j : input.judgements) {
    std::string seeds;
    for (const auto& [seed, value] : j.per_seed) {
      absl::StrAppend(&seeds, seeds.empty() ? "" : "<br>", "seed ", seed, ": ",
                      Number(value));
    }
    absl::StrAppend(
        &html, "<tr><td>", Escape(j.text), "<td><span class=\"verdict\">",
        VerdictName(j.verdict), "</span><br><span class=\"muted\">",
        Escape(j.why),
        j.p_value ? absl::StrFormat("; sign-flip p = %.3g", *j.p_value) : "",
        "</span><td>", j.value ? Number(*j.value) : "",
        "<br><span class=\"muted\">", Escape(j.effect), "</span><td>", seeds,
        "</tr>\n");
  }
  return html + "</table></div>\n";
}

// The value at the last step, as text; "" if there is none.
std::string AtEnd(const RunFacts& run, const std::string& metric,
                  const std::string& split, const std::string& layer,
                  const std::string& anchor) {
  const auto range = StepRange(run.rows);
  if (!range) return "";
  const auto value = FindValue(run.rows, range->second,
                               {metric, split, anchor, ""}, layer);
  return value ? Number(*value) : "";
}

std::string RunsTable(const PageInput& input) {
  std::string html =
      "<div class=\"wide\"><table><tr><th>Cell<th>Seed<th>Step<th>Train loss"
      "<th>Train error<th>Test accuracy<th>TrainVariance<th>"
      "StrongTestVariance<th>the same, own means</tr>\n";
  for (const RunFacts& run : input.runs) {
    absl::StrAppend(&html, "<tr><td>", Escape(run.run.cell), "<td>",
                    run.run.seed);
    if (!run.problem.empty()) {
      absl::StrAppend(&html, "<td colspan=\"7\">", Escape(run.problem),
                      "</tr>\n");
      continue;
    }
    const auto range = StepRange(run.rows);
    const auto accuracy = FindValue(run.rows, range->second,
                                    {"accuracy", "train", "", ""}, "");
    const auto ratio = [&](const char* split, const char* anchor) {
      return AtEnd(run, "variance_ratio", split, "features", anchor);
    };
    absl::StrAppend(&html, "<td>", range->second, "<td>",
                    AtEnd(run, "loss", "train", "", ""), "<td>",
                    accuracy ? Number(1 - *accuracy) : "", "<td>",
                    AtEnd(run, "accuracy", "test", "", ""), "<td>",
                    ratio("train", "final"), "<td>", ratio("test", "final"),
                    "<td>", ratio("train", "own"), " / ", ratio("test", "own"),
                    "</tr>\n");
  }
  return html +
         "</table></div>\n<p class=\"muted\">At the last step, of the layer "
         "<code>features</code>. At that step both conventions of the means "
         "agree.</p>\n";
}

// "mean" or "mean ± deviation over the seeds".
std::string MeanAndDeviation(const std::vector<double>& values) {
  const double n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (values.size() < 2) return Number(mean);
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return absl::StrFormat("%.4g &plusmn; %.2g", mean,
                         std::sqrt(squares / (n - 1)));
}

std::string RangeText(const std::optional<Range>& range) {
  return range ? absl::StrCat(range->first, " to ", range->second) : "";
}

// What the figure shows: of a curve its first and last point, of a mark its
// two coordinates; over the seeds.
std::string SeriesTable(const PageInput& input) {
  std::string html =
      "<div class=\"wide\"><table><tr><th>Panel<th>Curve or point"
      "<th>At the first step, or x<th>At the last step, or y"
      "<th>Range of the paper's axes</tr>\n";
  for (const Panel& panel : input.experiment.panels) {
    std::vector<std::string> series;
    std::map<std::string, std::map<int64_t, std::vector<const Point*>>> by_seed;
    for (const Point& point : input.points) {
      if (point.panel != panel.id) continue;
      if (by_seed.count(point.series) == 0) series.push_back(point.series);
      by_seed[point.series][point.seed].push_back(&point);
    }
    const std::string ranges = absl::StrCat(
        panel.paper_x_range
            ? absl::StrCat("x ", RangeText(panel.paper_x_range), "; y ")
            : "",
        RangeText(panel.paper_range));
    if (series.empty()) {
      absl::StrAppend(&html, "<tr><td>", Escape(panel.title),
                      "<td colspan=\"3\">not run<td>", ranges, "</tr>\n");
    }
    for (const std::string& name : series) {
      std::vector<double> first, last;
      for (const auto& [seed, points] : by_seed[name]) {
        const Point& end = *points.back();
        first.push_back(panel.marks.empty() ? points.front()->y : end.x);
        last.push_back(end.y);
      }
      absl::StrAppend(&html, "<tr><td>", Escape(panel.title), "<td>",
                      Escape(name), "<td>", MeanAndDeviation(first), "<td>",
                      MeanAndDeviation(last), "<td>", ranges, "</tr>\n");
    }
  }
  return html +
         "</table></div>\n<p class=\"muted\">Mean and standard deviation "
         "over the seeds.</p>\n";
}

std::string List(const std::vector<std::string>& items) {
  std::string html = "<ul>\n";
  for (const std::string& item : items) {
    absl::StrAppend(&html, "<li>", Escape(item), "</li>\n");
  }
  return html + "</ul>\n";
}

// Everything in which this differs from the paper.
std::vector<std::string> Deviations(const PageInput& input) {
  std::vector<std::string> deviations = input.experiment.deviations;
  for (const Preset& preset : input.experiment.presets) {
    if (preset.name == input.request.preset && preset.name != "paper") {
      deviations.push_back(
          absl::StrCat("Preset ", preset.name, ": ", preset.summary, "."));
    }
  }
  for (const auto& [key, value] : input.request.overrides) {
    deviations.push_back(absl::StrCat("Set by hand: ", key, " = ", value, "."));
  }
  if (!input.request.only.empty()) {
    deviations.push_back("Only some of the cells were asked for.");
  }
  for (const RunFacts& run : input.runs) {
    const Json manifest = Json::parse(run.manifest, nullptr, false);
    if (manifest.is_object() && !manifest.value("dataset_official", true)) {
      deviations.push_back(
          absl::StrCat("The data of cell ", run.run.cell,
                       " are not the official files (their sums differ)."));
      break;
    }
  }
  return deviations;
}

// The settings of the first seed of every cell.
std::string SettingsSection(const PageInput& input) {
  std::string html;
  std::set<std::string> shown;
  for (const RunFacts& run : input.runs) {
    if (!shown.insert(run.run.cell).second) continue;
    absl::StrAppend(&html, "<details><summary>Cell ", Escape(run.run.cell),
                    "</summary><pre>", Escape(run.spec), "</pre></details>\n");
  }
  return html;
}

std::string Provenance(const PageInput& input) {
  std::string html =
      "<div class=\"wide\"><table><tr><th>Run<th>Commit<th>LibTorch<th>Device"
      "<th>Threads<th>Steps/s<th>Finished</tr>\n";
  for (const RunFacts& run : input.runs) {
    const Json m = Json::parse(run.manifest, nullptr, false);
    const auto text = [&](const char* key) -> std::string {
      if (!m.is_object() || !m.contains(key) || m[key].is_null()) return "";
      if (m[key].is_string()) return Escape(m[key].get<std::string>());
      if (m[key].is_number_float()) return Number(m[key].get<double>());
      return m[key].dump();
    };
    absl::StrAppend(
        &html, "<tr><td><code>", Escape(run.run.directory), "</code><td><code>",
        text("commit").substr(0, 12), "</code><td>", text("libtorch"), "<td>",
        text("device"), ", ", text("processor"), "<td>", text("threads"),
        "<td>", text("steps_per_second"), "<td>", text("finished"), "</tr>\n");
  }
  return html + "</table></div>\n";
}

}  // namespace

std::string ReportPage(const PageInput& input) {
  const std::vector<std::string> deviations = Deviations(input);
  std::string html = absl::StrCat(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
      Escape(input.info->name), ": ", Escape(input.experiment.title),
      "</title>\n<style>", kStyle, "</style>\n</head>\n<body>\n<h1>",
      Escape(input.info->name), ": ", Escape(input.experiment.title),
      "</h1>\n<p class=\"muted\">", Escape(input.info->reference), "; preset ",
      Escape(input.request.preset), ".</p>\n");
  absl::StrAppend(
      &html, "<div class=\"figure\" id=\"figure\">", input.svg,
      "</div>\n<p class=\"muted\">Thin lines and dots: seeds. Bold: "
      "their mean. Grey: the range of the paper's axis.</p>\n");
  absl::StrAppend(&html, "<h2>Claims</h2>\n", ClaimsTable(input));
  absl::StrAppend(
      &html,
      "<details><summary>How verdicts are given</summary><p>An effect "
      "is positive where the claim holds. <b>reproduced</b>: positive in every "
      "seed, at least ",
      kMinSeeds,
      " seeds, the paper's settings. <b>trend "
      "only</b>: the mean effect is positive, but not all of that holds. "
      "<b>not reproduced</b>: the mean effect is not positive. <b>not run</b>: "
      "a run that the claim needs is missing. The p value is the one-sided "
      "exact sign-flip test's over seeds; with 3 seeds it cannot be below "
      "0.125.</p></details>\n");
  absl::StrAppend(&html, "<h2>What the figure shows</h2>\n", SeriesTable(input));
  absl::StrAppend(&html, "<h2>Runs</h2>\n", RunsTable(input));
  absl::StrAppend(&html, "<h2>What the paper did and saw</h2>\n<p>",
                  Escape(input.experiment.paper), "</p>\n");
  absl::StrAppend(&html, "<h2>Deviations from the paper</h2>\n",
                  deviations.empty() ? "<p>None.</p>\n" : List(deviations));
  absl::StrAppend(&html, "<h2>Decisions where the paper is silent</h2>\n",
                  List(input.experiment.decisions));
  absl::StrAppend(&html, "<h2>Settings</h2>\n", SettingsSection(input));
  absl::StrAppend(&html, "<h2>Provenance</h2>\n", Provenance(input),
                  "<p>To repeat:</p><pre>", Escape(input.request.command),
                  "</pre>\n");
  absl::StrAppend(
      &html, "<script type=\"application/json\" id=\"spec\">",
      ScriptSafe(input.vega_lite), "</script>\n<script type=\"module\">",
      input.vega_script,
      "\nwindow.vegaEmbed('#figure', "
      "JSON.parse(document.getElementById('spec').textContent), "
      "{actions: false, renderer: 'svg'});\n</script>\n</body>\n</html>\n");
  return html;
}

}  // namespace nclab
