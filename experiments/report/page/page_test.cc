#include "experiments/report/page/page.h"

#include <cmath>

#include "experiments/report/page/html.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nclab {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A finished run with both conventions, and one that failed.
PageInput Input() {
  static const auto* const info = new ExperimentInfo{
      .name = "figx", .summary = "summary", .reference = "a reference"};
  PageInput input;
  input.info = info;
  input.experiment.title = "Less < more & \"so\"";
  input.experiment.paper = "what the paper saw";
  input.experiment.cells = {{"cell", RunSpec()}};
  input.experiment.cells[0].spec.steps = 80000;
  input.experiment.presets = {
      {"small", "one step in place of many", {}, {0, 1, 2}}};
  input.experiment.decisions = {"a decision"};
  input.experiment.deviations = {"a deviation"};
  input.request = {"figx", "small", {{"lr", "3"}}, {}, {}, "./bazelw run x"};
  RunFacts done;
  done.run = {"cell", 0, "runs/done"};
  RunSpec spec;
  spec.dataset = "cifar10(a=1)";
  spec.steps = 10;
  done.spec = ToJson(spec);
  done.shown = spec;
  done.manifest =
      R"json({"commit": "0123456789abcdef", "threads": 2,
              "finished": "2026-01-02"})json";
  done.official = false;
  for (const char* anchor : {"final", "own"}) {
    const double shift = std::string(anchor) == "own" ? 100 : 0;
    done.rows.push_back(
        {0, "train", "features", "variance_ratio", anchor, 7 + shift});
    done.rows.push_back(
        {10, "train", "features", "variance_ratio", anchor, 0.25});
  }
  done.rows.push_back({10, "train", "", "loss", "", 0.125});
  done.rows.push_back({10, "train", "", "accuracy", "", 0.75});
  done.rows.push_back({10, "test", "", "accuracy", "", 0.5});
  RunFacts failed;
  failed.run = {"cell", 1, "runs/failed"};
  failed.problem = "The loss became nan at step 3.";
  input.runs = {done, failed};
  Judgement judgement;
  judgement.text = "it falls";
  judgement.verdict = Verdict::kTrendOnly;
  judgement.value = 1.5;
  judgement.interval = {0.5, 2.5};
  judgement.p_value = 0.125;
  judgement.method = "exact sign-flip test over seeds";
  judgement.per_seed = {{0, 1.25}, {1, 1.75}};
  judgement.why = "holds in 2 of 2 seeds";
  Judgement not_run;
  not_run.text = "it stays";
  not_run.why = "a number that it needs is missing for seeds: 1";
  Judgement apart;
  apart.text = "it rises";
  apart.verdict = Verdict::kNotComparable;
  apart.why = "not reached by cell seed 0 (loss 0.1)";
  input.judgements = {judgement, not_run, apart};
  input.vega_lite = R"({"title": "</script>"})";
  input.vega_script = "window.vegaEmbed = 1;";
  input.svg = "<svg></svg>";
  return input;
}

TEST(ReportPage, EscapesWhatIsText) {
  const std::string page = ReportPage(Input());
  EXPECT_THAT(page, HasSubstr("Less &lt; more &amp; &quot;so&quot;"));
  EXPECT_THAT(page, Not(HasSubstr("Less < more")));
  // The specification must not end its element.
  EXPECT_THAT(page, HasSubstr(R"({"title": "<\/script>"})"));
}

TEST(ReportPage, LoadsNothing) {
  const std::string page = ReportPage(Input());
  for (const char* word :
       {"src=", "<link", "@import", "url(", "http://", "https://"}) {
    EXPECT_THAT(page, Not(HasSubstr(word)));
  }
}

TEST(ReportPage, ShowsVerdictsWithEffectIntervalAndTest) {
  const std::string page = ReportPage(Input());
  EXPECT_THAT(page, HasSubstr("1 trend only"));
  EXPECT_THAT(page, HasSubstr("1 not run"));
  EXPECT_THAT(page, HasSubstr("1 not comparable"));
  EXPECT_THAT(page, HasSubstr("not reached by cell seed 0 (loss 0.1)"));
  EXPECT_THAT(page, HasSubstr("0.5&nbsp;to&nbsp;2.5"));
  EXPECT_THAT(page, HasSubstr("p = 0.125, exact sign-flip test over seeds"));
  EXPECT_THAT(page, HasSubstr("0:&nbsp;1.25, 1:&nbsp;1.75"));
  EXPECT_THAT(page, HasSubstr("missing for seeds: 1"));
}

TEST(ReportPage, HasATableOfTheClaimsThatHaveAPlaceInIt) {
  PageInput input = Input();
  EXPECT_THAT(ReportPage(input), Not(HasSubstr("The table's claims")));
  input.judgements[0].id = "falls";
  input.judgements[2].id = "rises";
  for (const char* id : {"falls", "rises"}) {
    input.experiment.claims.push_back(
        {.id = id, .statistic = At("cell", TrainVariance())});
    input.experiment.claims.back().row = std::string("it ") + id;
    input.experiment.claims.back().column = "own < T";
  }
  const std::string page = ReportPage(input);
  EXPECT_THAT(page, HasSubstr("<th></th><th>own &lt; T</th>"));
  EXPECT_THAT(page, HasSubstr("<td>it falls</td><td><span class=\"verdict "
                              "trend\">trend only</span><br><span "
                              "class=\"muted\">1.5</span></td>"));
  EXPECT_THAT(page, HasSubstr("<td>it rises</td><td><span"));
  EXPECT_THAT(page, HasSubstr("<summary>The table's claims"));
}

TEST(ReportPage, ShowsTheEndsOfACellInBothConventions) {
  const std::string page = ReportPage(Input());
  EXPECT_THAT(page, HasSubstr("<td>7 &rarr; 0.25</td>"));
  EXPECT_THAT(page, HasSubstr("<td>107 &rarr; 0.25</td>"));
  // Train error is 1 - accuracy; loss, error, test accuracy in this order.
  EXPECT_THAT(page, HasSubstr("<td>0.125</td><td>0.25</td><td>0.5</td>"));
}

TEST(ReportPage, HasAPanelAboveItsTableAndALineOfWhatWasNotRun) {
  PageInput input = Input();
  Panel shown, empty;
  shown.id = "shown";
  shown.curves = {{"cell", TrainVariance(), "TrainVariance"}};
  shown.paper_range = {1, 10};
  empty.id = "empty";
  empty.title = "a panel of nothing";
  input.experiment.panels = {empty, shown};
  input.points = {{"shown", "TrainVariance", 0, 0, 7},
                  {"shown", "TrainVariance", 0, 10, 0.25}};
  const std::string page = ReportPage(input);
  EXPECT_THAT(page, HasSubstr("id=\"panel-0\""));
  EXPECT_THAT(page, Not(HasSubstr("id=\"panel-1\"")));
  EXPECT_THAT(page, HasSubstr("<td>TrainVariance</td><td>7</td><td>0.25</td>"));
  EXPECT_THAT(page, HasSubstr("<p>Not run: a panel of nothing.</p>"));
}

TEST(ReportPage, SetsReadingsSideBySideWhereThereAreSeveral) {
  PageInput input = Input();
  Panel panel;
  panel.id = "p";
  panel.title = "a panel";
  input.experiment.panels = {panel};
  Judgement far, near;
  far.verdict = Verdict::kNotReproduced;
  far.value = 0.75;
  near.verdict = Verdict::kTrendOnly;
  near.value = 0;
  input.readings = {{"p", "text", "small", "here", far}};
  EXPECT_THAT(ReportPage(input), Not(HasSubstr("side by side")));
  input.readings.push_back({"p", "axes", "small", "figx-axes", near});
  const std::string page = ReportPage(input);
  EXPECT_THAT(page, HasSubstr("<td><code>p</code></td><td>text</td>"));
  EXPECT_THAT(page, HasSubstr("<td>axes</td><td>small</td><td>figx-axes</td>"));
}

TEST(ReportPage, NamesTheReadingAndItsDepartures) {
  PageInput input = Input();
  input.reading = {"axes", "nearest to the axes", {}, {"another stem"}};
  const std::string page = ReportPage(input);
  EXPECT_THAT(page, HasSubstr("reading axes: nearest to the axes"));
  EXPECT_THAT(page, HasSubstr("<li>Reading axes: another stem</li>"));
}

TEST(ReportPage, HidesNoFailure) {
  EXPECT_THAT(ReportPage(Input()), HasSubstr("The loss became nan at step 3."));
}

TEST(ReportPage, ListsEveryDeviation) {
  const std::string page = ReportPage(Input());
  EXPECT_THAT(page, HasSubstr("<li>a deviation</li>"));
  EXPECT_THAT(page, HasSubstr("Preset small: one step in place of many."));
  EXPECT_THAT(page, HasSubstr("Seeds: 2 of the preset's 3."));
  EXPECT_THAT(page, HasSubstr("Set by hand: lr = 3."));
  EXPECT_THAT(page, HasSubstr("The data of cifar10 are not the official"));
  // The settings stand beside the paper's.
  EXPECT_THAT(page, HasSubstr("<td>80000</td>"));
}

TEST(ReportPage, SaysOnWhatItWasMadeAndHowToRepeatIt) {
  const std::string page = ReportPage(Input());
  EXPECT_THAT(page, HasSubstr("<code>0123456789ab</code>"));
  EXPECT_THAT(page, HasSubstr("2026-01-02"));
  EXPECT_THAT(page, HasSubstr("<pre>./bazelw run x</pre>"));
}

TEST(MeanAndDeviation, IsTheSampleDeviation) {
  EXPECT_EQ(MeanAndDeviation({}), "");
  EXPECT_EQ(MeanAndDeviation({2}), "2");
  EXPECT_EQ(MeanAndDeviation({1, 2, 3}),
            "<span class=\"n\">2 &plusmn; 1</span>");
  EXPECT_EQ(MeanAndDeviation({4, 4}), "4");
  EXPECT_EQ(Number(NAN), "");
}

TEST(Table, LeavesOutColumnsWithoutText) {
  Table table({"a", "b", "c"});
  table.AddRow({"1", "", "3"});
  table.AddWideRow("4", "words");
  const std::string html = table.Html();
  EXPECT_THAT(html, HasSubstr("<th>a</th><th>c</th>"));
  EXPECT_THAT(html, HasSubstr("<td>1</td><td>3</td>"));
  EXPECT_THAT(html, HasSubstr("<td>4</td><td colspan=\"1\">words</td>"));
}

}  // namespace
}  // namespace nclab
