#include "experiments/report/page/page.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/report/page/html.h"
#include "experiments/report/page/page_tables.h"
#include "experiments/report/page/verdicts.h"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

constexpr absl::string_view kStyle = R"css(
:root { color-scheme: light dark; --line: #8884; --muted: #6a6a6a; --page: #fff;
        --yes: #00704f; --trend: #0062a0; --no: #a84300; }
@media (prefers-color-scheme: dark) {
  :root { --muted: #a0a0a0; --page: #16181a; --yes: #35c495; --trend: #6fb8ee;
          --no: #f08a45; }
}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 68rem;
       margin: 2rem auto; padding: 0 1rem; background: var(--page); }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1.15rem; margin-top: 2.2rem; }
.figure { overflow-x: auto; padding: .5rem 0; }
.still { background: white; }
.still svg { max-width: 100%; height: auto; }
.panels { display: grid; gap: 1.2rem 1.5rem; }
.panels section { min-width: 0; }
.panels table { max-width: 40rem; }
.claims { list-style: none; padding: 0; }
.claims li { margin: .7rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .84rem; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0;
         border-bottom: 1px solid var(--line); vertical-align: top; }
th { vertical-align: bottom; }
td { font-variant-numeric: tabular-nums; }
td:first-child { min-width: 7rem; }
.wide { overflow-x: auto; }
.n { white-space: nowrap; }
code, pre { font: .82rem ui-monospace, monospace; }
td code { overflow-wrap: anywhere; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid var(--line);
      border-radius: 4px; }
summary { cursor: pointer; }
.verdict { white-space: nowrap; font-weight: 600; }
.verdict.yes::before { content: "\2713\a0"; } .verdict.yes { color: var(--yes); }
.verdict.trend::before { content: "\2197\a0"; }
.verdict.trend { color: var(--trend); }
.verdict.no::before { content: "\2717\a0"; } .verdict.no { color: var(--no); }
.verdict.apart::before { content: "\2260\a0"; }
.verdict.none::before { content: "\2013\a0"; }
.verdict.apart, .verdict.none { color: var(--muted); }
.muted { color: var(--muted); }
.summary { list-style: none; padding: 0; display: flex; flex-wrap: wrap;
           gap: .3rem 1.6rem; }
@media print { body { max-width: none; } .figure { overflow: visible; } }
)css";

// Draws each panel of the specification above its table, in the page's colours
// and width, and again when either changes. Without scripts the picture stays.
constexpr absl::string_view kScript = R"js(
const still = document.getElementById('figure');
const panels = document.getElementById('panels');
const spec = JSON.parse(document.getElementById('spec').textContent);
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const ink = {
  view: {stroke: '#666'},
  title: {color: '#e8e8e8', subtitleColor: '#a8a8a8'},
  axis: {labelColor: '#c8c8c8', titleColor: '#e0e0e0', gridColor: '#3a3d40',
         domainColor: '#888', tickColor: '#888'},
  legend: {labelColor: '#d8d8d8', titleColor: '#e0e0e0'},
};
const axis = 66;  // pixels beside a panel
const main = panel => panel.hconcat ? panel.hconcat[0] : panel;
function columns() {
  const widest = Math.max(...spec.concat.map(p => main(p).width)) + axis;
  const fit = Math.floor((panels.clientWidth + 24) / (widest + 24));
  return Math.max(1, Math.min(spec.columns, fit));
}
function fitted(panel, width) {  // what lies beside it goes below
  const copy = JSON.parse(JSON.stringify(panel));
  main(copy).width = Math.min(main(copy).width, width - axis);
  if (main(copy).title) main(copy).title.limit = width - 8;
  if (copy.hconcat &&
      main(copy).width + copy.hconcat[1].width + 2 * axis > width) {
    copy.vconcat = copy.hconcat;
    delete copy.hconcat;
  }
  return copy;
}
// Names of clips are those of every other picture of the page.
function rename(canvas, prefix) {
  for (const clip of canvas.querySelectorAll('clipPath')) {
    clip.id = prefix + clip.id;
  }
  for (const clipped of canvas.querySelectorAll('[clip-path]')) {
    clipped.setAttribute('clip-path',
        clipped.getAttribute('clip-path').replace('#', '#' + prefix));
  }
}
let drawn = '';
async function draw() {
  const now = columns() + (dark.matches ? ' dark' : ' light');
  const width = panels.clientWidth;
  if (now + width === drawn) return;
  drawn = now + width;
  panels.style.gridTemplateColumns =
      `repeat(${columns()}, minmax(0, 1fr))`;
  // Of the whole picture alone; "resolve" of a panel would be of its layers.
  const {concat, columns: _, title, background, resolve, ...common} = spec;
  common.config = {...spec.config};
  if (dark.matches) {
    for (const part in ink) {
      common.config[part] = {...common.config[part], ...ink[part]};
    }
  }
  try {
    for (const [i, panel] of concat.entries()) {
      const canvas = document.getElementById('panel-' + i);
      if (!canvas) continue;
      const size = canvas.clientWidth;
      await window.vegaEmbed(
          canvas, {...common, background: null, ...fitted(panel, size)}, {
            actions: false, renderer: 'svg',
            tooltip: {theme: dark.matches ? 'dark' : 'light'},
          });
      rename(canvas, `panel-${i}-`);
    }
    still.hidden = true;
    panels.dataset.drawn = now;
  } catch (error) {
    still.hidden = false;
    throw error;
  }
}
dark.addEventListener('change', draw);
window.addEventListener('resize', draw);
draw();
)js";

// Each panel above its table, those in a line that have nothing to show.
std::string Panels(const PageInput& input) {
  std::string html = "<div class=\"panels\" id=\"panels\">\n";
  std::vector<std::string> not_run;
  size_t drawn = 0;
  for (const Panel& panel : input.experiment.panels) {
    const std::string table = SeriesTable(input, panel);
    if (table.empty()) {
      not_run.push_back(panel.title);
      continue;
    }
    absl::StrAppend(&html, "<section aria-label=\"", Escape(panel.title),
                    "\"><div class=\"figure\" id=\"panel-", drawn++,
                    "\"></div>\n", table, "</section>\n");
  }
  html += "</div>\n";
  if (!not_run.empty()) {
    absl::StrAppend(&html, "<p>Not run: ", Escape(absl::StrJoin(not_run, "; ")),
                    ".</p>\n");
  }
  return html;
}

// How often each verdict was given.
std::string Summary(const PageInput& input) {
  if (input.judgements.empty()) return "";
  std::map<Verdict, int> counts;
  for (const Judgement& j : input.judgements) ++counts[j.verdict];
  std::string html = "<ul class=\"summary\">";
  for (const auto& [verdict, count] : counts) {
    absl::StrAppend(&html, "<li>",
                    VerdictSpan(verdict, absl::StrCat(count, " ")), "</li>");
  }
  return html + "</ul>\n";
}

std::string HowVerdictsAreGiven() {
  return absl::StrCat(
      "<details><summary>How verdicts are given</summary><p>An effect is "
      "positive where the claim holds; it is taken within each seed, so what "
      "seeds have in common drops out. <b>reproduced</b>: positive in every "
      "seed, at least ",
      kMinSeeds,
      " seeds, the paper's settings and data. <b>trend only</b>: the mean "
      "effect is positive, but not all of that holds. <b>not reproduced</b>: "
      "the mean effect is not positive. <b>not comparable</b>: a run that the "
      "claim looks at was not trained as far as the paper says its runs were, "
      "so the effect says nothing of the claim. <b>not run</b>: a run that the "
      "claim needs is missing; nothing is inferred from the others.</p>"
      "<p>95&nbsp;%: Student's interval of the mean effect over the seeds; "
      "with two or three seeds it is wide. p: one-sided and exact, the share "
      "of equally likely outcomes with a mean effect at least as large if "
      "nothing were behind the claim. For a rank correlation of runs that have "
      "nothing in common these are all pairings within every seed; for all "
      "else the signs of the seeds' effects, where p cannot be below 0.125 "
      "with 3 seeds.</p></details>\n");
}

}  // namespace

std::string ReportPage(const PageInput& input) {
  const std::vector<std::string> deviations = Deviations(input);
  const bool of_paper = !input.experiment.paper.empty();
  const std::string title =
      Escape(absl::StrCat(input.info->name, ": ", input.experiment.title));
  std::string html = absl::StrCat(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
      title, "</title>\n<style>", kStyle, "</style>\n</head>\n<body>\n<h1>",
      title, "</h1>\n");
  if (!input.request.preset.empty()) {
    absl::StrAppend(
        &html, "<p class=\"muted\">", Escape(input.info->reference),
        "; preset ", Escape(input.request.preset), "; reading ",
        Escape(absl::StrCat(input.reading.name, ": ", input.reading.summary)),
        ".</p>\n");
  }
  absl::StrAppend(&html, Summary(input));
  if (!input.judgements.empty()) {
    absl::StrAppend(&html, Claims(input), HowVerdictsAreGiven());
  }
  absl::StrAppend(
      &html,
      "<h2>What the figure shows</h2>\n<div class=\"still\" "
      "id=\"figure\">",
      input.drawing.ok()
          ? input.svg
          : absl::StrCat("<p>The picture could not be drawn: ",
                         Escape(std::string(input.drawing.message())), "</p>"),
      "</div>\n", Panels(input),
      "<p class=\"muted\">Thin lines and small marks: seeds. Bold "
      "lines and large marks: their mean. Light bands and thin crosses: from "
      "the least seed to the greatest. ",
      of_paper ? "Grey: what the paper's axes show, not its data. " : "",
      "In tables: mean and standard deviation over the seeds. The same picture "
      "for a paper: <code>figure.pdf</code>, <code>figure.svg</code>; its "
      "points: <code>figure.csv</code>; beside this page.</p>\n");
  if (const std::string readings = ReadingsTable(input); !readings.empty()) {
    absl::StrAppend(
        &html, "<h2>Readings side by side</h2>\n", readings,
        "<p class=\"muted\">How far the farthest plotted value lies "
        "outside the paper's axes; 0: all lie within. \"the same "
        "runs\": other conventions need no training. The others are "
        "the outputs of this figure that lie beside this "
        "one.</p>\n");
  }
  absl::StrAppend(&html, "<h2>Cells</h2>\n", CellsTable(input));
  if (of_paper) {
    absl::StrAppend(&html, "<h2>What the paper did and saw</h2>\n<p>",
                    Escape(input.experiment.paper), "</p>\n");
  }
  if (of_paper || !deviations.empty()) {
    absl::StrAppend(
        &html,
        of_paper ? "<h2>Deviations from the paper</h2>\n" : "<h2>Notes</h2>\n",
        deviations.empty() ? "<p>None.</p>\n" : List(deviations));
  }
  if (!input.experiment.decisions.empty()) {
    absl::StrAppend(&html, "<h2>Decisions where the paper is silent</h2>\n",
                    List(input.experiment.decisions));
  }
  absl::StrAppend(&html, "<h2>Settings</h2>\n", SettingsTable(input));
  absl::StrAppend(&html, "<h2>Provenance</h2>\n", ProvenanceTable(input),
                  "<p>To repeat:</p><pre>", Escape(input.request.command),
                  "</pre>\n");
  if (!input.drawing.ok()) return html + "</body>\n</html>\n";
  absl::StrAppend(&html, "<script type=\"application/json\" id=\"spec\">",
                  ScriptSafe(input.vega_lite),
                  "</script>\n<script type=\"module\">", input.vega_script,
                  kScript, "</script>\n</body>\n</html>\n");
  return html;
}

absl::Status WritePage(const std::string& out, const PageInput& input,
                       absl::Status* drawing) {
  NCLAB_RETURN_IF_ERROR(
      WriteFileAtomically(out + "/report.html", ReportPage(input)));
  if (drawing == nullptr) return input.drawing;
  *drawing = input.drawing;
  return absl::OkStatus();
}

}  // namespace nclab
