#include "experiments/spec/run_spec.h"

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "experiments/spec/canonical.h"
#include "experiments/spec/fields.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

RunSpec Unusual() {
  RunSpec spec;
  spec.dataset = "gaussian_etf(ratio=0.25,dim=16)";
  spec.model = "mlp(depth=2,width=16)";
  spec.steps = 777;
  spec.batch_size = 31;
  spec.lr = 0.1 + 0.2;  // no short decimal
  spec.optimizer = "sgd(momentum=0,weight_decay=5e-4)";
  spec.schedule = "constant";
  spec.stop_train_loss = 1e-7;
  spec.seed = 123456789012345;
  spec.precision = "bf16";
  spec.metrics = {"loss", "cdnv"};
  spec.layers = {"fc2", "features"};
  spec.eval_points = 5;
  spec.save_steps = {700, 3, 700};
  return spec;
}

TEST(RunSpec, ComesBackFromJsonUnchanged) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunSpec spec, Canonical(Unusual()));
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunSpec back, RunSpecFromJson(ToJson(spec)));
  EXPECT_EQ(back.dataset, spec.dataset);
  EXPECT_EQ(back.model, spec.model);
  EXPECT_EQ(back.steps, 777);
  EXPECT_EQ(back.batch_size, 31);
  EXPECT_EQ(back.lr, 0.1 + 0.2);
  EXPECT_EQ(back.objective, "cross_entropy");
  EXPECT_EQ(back.optimizer,
            "sgd(momentum=0,nesterov=false,weight_decay=5e-04,"
            "decoupled=false)");
  EXPECT_EQ(back.stream, "epochs");
  EXPECT_EQ(back.schedule, "constant");
  EXPECT_EQ(back.stop_train_loss, 1e-7);
  EXPECT_EQ(back.seed, 123456789012345);
  EXPECT_EQ(back.precision, "bf16");
  EXPECT_EQ(ToJson(back), ToJson(spec));
}

TEST(RunSpec, IsCanonicalAfterCanonical) {
  for (const RunSpec& spec : {RunSpec(), Unusual()}) {
    RunSpec linked = spec;
    if (linked.dataset == "mnist") linked.dataset = "gaussian_etf";
    NCLAB_ASSERT_OK_AND_ASSIGN(const RunSpec once, Canonical(linked));
    NCLAB_ASSERT_OK_AND_ASSIGN(const RunSpec twice, Canonical(once));
    EXPECT_EQ(ToJson(twice), ToJson(once));
  }
}

TEST(RunSpec, IsTheSameHoweverItIsWritten) {
  RunSpec other = Unusual();
  other.dataset = " gaussian_etf( dim=16, ratio=2.5e-1, offset=0 ) ";
  other.model = "mlp(width=16,depth=2,classes=0)";
  other.metrics = {"cdnv", "loss", "cdnv"};
  other.layers = {"features", "fc2", "features"};
  other.save_steps = {3, 700};
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunSpec a, Canonical(Unusual()));
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunSpec b, Canonical(other));
  EXPECT_EQ(ToJson(a), ToJson(b));
  EXPECT_EQ(RunName(a), RunName(b));
}

TEST(RunSpec, HasOneCanonicalTextInWhateverLayout) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunSpec parent, Canonical(Unusual()));
  RunSpec spec = Unusual();
  spec.init_from = ToJson(parent);
  spec.init_step = 700;
  NCLAB_ASSERT_OK_AND_ASSIGN(spec, Canonical(spec));
  const std::string text = ToJson(spec);
  // One line, keys backwards, and a parameter left out.
  const auto json = nlohmann::json::parse(text);
  std::string other;
  for (auto it = json.rbegin(); it != json.rend(); ++it) {
    absl::StrAppend(
        &other, other.empty() ? "{" : ",", "\"", it.key(), "\":",
        it.key() == "model" ? "\"mlp(width=16,depth=2)\"" : it.value().dump());
  }
  other += "}";
  ASSERT_NE(other, text);
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::string again, CanonicalText(other));
  EXPECT_EQ(again, text);
  EXPECT_FALSE(CanonicalText("[]").ok());
  // The run to start from, too.
  spec.init_from = json["init_from"].dump();
  NCLAB_ASSERT_OK_AND_ASSIGN(spec, Canonical(spec));
  EXPECT_EQ(ToJson(spec), text);
  EXPECT_EQ(ParentRunName(spec), RunName(parent));
}

TEST(RunSpec, ShowsEveryParameterAndMeasuresEverythingByDefault) {
  RunSpec spec;
  spec.dataset = "gaussian_etf";
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunSpec canonical, Canonical(spec));
  EXPECT_THAT(canonical.dataset, HasSubstr("ratio=0.1"));
  EXPECT_THAT(canonical.dataset, HasSubstr("train_per_class=0"));
  EXPECT_EQ(canonical.model, "mlp(width=1024,depth=3,classes=0)");
  EXPECT_THAT(canonical.metrics, testing::Contains("variance_ratio"));
  EXPECT_THAT(canonical.metrics, testing::Contains("accuracy"));
}

TEST(RunSpec, HasANameThatTellsRunsApart) {
  RunSpec spec = Unusual();
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunSpec a, Canonical(spec));
  spec.lr = 0.3;
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunSpec b, Canonical(spec));
  EXPECT_THAT(RunName(a),
              testing::MatchesRegex(
                  "gaussian_etf-mlp-seed123456789012345-[0-9a-f]{8}"));
  EXPECT_NE(RunName(a), RunName(b));
}

TEST(RunSpec, RefusesJsonOfAnotherShape) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunSpec spec, Canonical(Unusual()));
  const std::string good = ToJson(spec);
  const auto refused = [&](absl::string_view from, absl::string_view to,
                           const std::string& word) {
    const std::string text = absl::StrReplaceAll(good, {{from, to}});
    ASSERT_NE(text, good);
    EXPECT_THAT(RunSpecFromJson(text),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(word)));
  };
  refused("\"seed\"", "\"sede\": 1, \"seed\"", "'sede'");
  refused("\"seed\"", "\"sede\"", "'seed'");
  refused("777", "\"777\"", "'steps'");
  refused("777", "777.5", "'steps'");
  refused("\"seed\"", "\"metrics\": [], \"seed\"", "'metrics'");
  refused("\"version\": 3", "\"version\": 4", "version 4");
  // Of versions 1 and 2.
  refused("\"version\": 3", "\"version\": 1, \"weight_decay\": 0.5",
          "'weight_decay': 0.5 is now a parameter of 'optimizer', as "
          "sgd(weight_decay=0.5)");
  refused("\"version\": 3",
          "\"version\": 2, \"layers\": [], \"eval_points\": 40",
          "Its 'layers', 'eval_points', what is measured, are no longer part "
          "of a run: they are in measure.json");
  refused("{", "", "JSON");
  for (const char* text : {"", "[]", "null", "{}", "{"}) {
    EXPECT_THAT(RunSpecFromJson(text),
                StatusIs(StatusCode::kInvalidArgument, testing::_));
  }
}

TEST(RunSpec, RefusesValuesOutOfRange) {
  const auto refused = [](auto change, const std::string& word) {
    RunSpec spec = Unusual();
    change(spec);
    EXPECT_THAT(Canonical(spec),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(word)));
  };
  refused([](RunSpec& s) { s.steps = 0; }, "'steps'");
  refused([](RunSpec& s) { s.batch_size = 0; }, "'batch_size'");
  refused([](RunSpec& s) { s.lr = -1; }, "'lr'");
  refused([](RunSpec& s) { s.lr = std::nan(""); }, "'lr'");
  refused([](RunSpec& s) { s.lr = std::numeric_limits<double>::infinity(); },
          "'lr'");
  refused([](RunSpec& s) { s.seed = -1; }, "'seed'");
  refused([](RunSpec& s) { s.precision = "fp8"; }, "fp32, tf32, bf16");
  refused([](RunSpec& s) { s.eval_points = 1; }, "'eval_points'");
  refused([](RunSpec& s) { s.save_steps = {778}; }, "save_steps");
  refused([](RunSpec& s) { s.layers = {}; }, "layer");
  refused([](RunSpec& s) { s.model = "mlp(wdth=3)"; }, "'wdth'");
  refused([](RunSpec& s) { s.optimizer = "sgd(momentun=0)"; }, "'momentun'");
  refused([](RunSpec& s) { s.stop_train_objective = 1; }, "both");
}

TEST(RunSpec, RefusesUnknownNames) {
  RunSpec spec = Unusual();
  spec.metrics = {"cdnw"};
  EXPECT_THAT(Canonical(spec),
              StatusIs(StatusCode::kNotFound,
                       AllOf(HasSubstr("'cdnw'"), HasSubstr("'cdnv'"))));
  for (const auto& [member, known] :
       std::vector<std::pair<std::string RunSpec::*, std::string>>{
           {&RunSpec::objective, "cross_entropy"},
           {&RunSpec::optimizer, "sgd"},
           {&RunSpec::schedule, "cosine"},
           {&RunSpec::stream, "epochs"}}) {
    spec = Unusual();
    spec.*member = "nothing_like_it";
    EXPECT_THAT(Canonical(spec), StatusIs(StatusCode::kNotFound,
                                          AllOf(HasSubstr("'nothing_like_it'"),
                                                HasSubstr(known))));
  }
}

TEST(RunSpec, IsShownWithoutDefaults) {
  RunSpec spec = Unusual();
  spec.optimizer = "sgd(momentum=0.9,weight_decay=5e-4)";
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunSpec canonical, Canonical(spec));
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunSpec shown, Shown(canonical));
  EXPECT_EQ(shown.dataset, "gaussian_etf(ratio=0.25,dim=16)");
  EXPECT_EQ(shown.model, "mlp(width=16,depth=2)");
  EXPECT_EQ(shown.optimizer, "sgd(weight_decay=5e-04)");
  EXPECT_EQ(shown.stream, "epochs");
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunSpec again, Canonical(shown));
  EXPECT_EQ(ToJson(again), ToJson(canonical));
  EXPECT_EQ(ToJson(WithChoices(canonical, ChoicesOf(shown))), ToJson(shown));
  EXPECT_EQ(DescribeRecipe(shown),
            "mlp(width=16,depth=2) on gaussian_etf(ratio=0.25,dim=16), "
            "optimizer=sgd(weight_decay=5e-04), schedule=constant, steps=777, "
            "batch_size=31, lr=0.30000000000000004, stop_train_loss=1e-07, "
            "precision=bf16");
}

TEST(RunSpec, FieldsAreSetFromText) {
  RunSpec spec;
  EXPECT_THAT(SetField(spec, "steps", "2000"), IsOk());
  EXPECT_THAT(SetField(spec, "lr", "2.5e-3"), IsOk());
  EXPECT_THAT(SetField(spec, "metrics", "loss, cdnv"), IsOk());
  EXPECT_THAT(SetField(spec, "save_steps", "1,5..7"), IsOk());
  EXPECT_THAT(SetField(spec, "model", "mlp(width=2,depth=1)"), IsOk());
  EXPECT_EQ(spec.steps, 2000);
  EXPECT_EQ(spec.lr, 0.0025);
  EXPECT_THAT(spec.metrics, ElementsAre("loss", "cdnv"));
  EXPECT_THAT(spec.save_steps, ElementsAre(1, 5, 6, 7));
  EXPECT_EQ(spec.model, "mlp(width=2,depth=1)");
  EXPECT_THAT(SetField(spec, "save_steps", ""), IsOk());
  EXPECT_TRUE(spec.save_steps.empty());
}

TEST(RunSpec, ParametersOfChoicesAreSetFromText) {
  RunSpec spec;
  EXPECT_THAT(SetField(spec, "optimizer.weight_decay", "0.001"), IsOk());
  EXPECT_THAT(SetField(spec, "optimizer.momentum", "0.5"), IsOk());
  EXPECT_THAT(SetField(spec, "optimizer.weight_decay", "0.01"), IsOk());
  EXPECT_EQ(spec.optimizer, "sgd(momentum=0.5,weight_decay=0.01)");
  EXPECT_THAT(SetField(spec, "optimizer.weight_decay", "1)(b"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("1)(b")));
  EXPECT_EQ(spec.optimizer, "sgd(momentum=0.5,weight_decay=0.01)");
  // What it is not a parameter of says so where it is bound.
  spec.dataset = "gaussian_etf";
  EXPECT_THAT(SetField(spec, "schedule.rate", "1"), IsOk());
  EXPECT_THAT(Canonical(spec),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("'rate'")));
}

TEST(ParseSettings, KeepsTheWordsOfAListTogether) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const auto settings,
      ParseSettings("steps=20,layers=fc1,fc2,metrics=knn(k=3),optimizer.a=1"));
  EXPECT_THAT(settings, ElementsAre(testing::Pair("steps", "20"),
                                    testing::Pair("layers", "fc1,fc2"),
                                    testing::Pair("metrics", "knn(k=3)"),
                                    testing::Pair("optimizer.a", "1")));
  EXPECT_THAT(ParseSettings("steps"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("'steps'")));
}

// What a reader, a writer and a checker of fields each rely on.
TEST(Fields, AreEachReadSetAndWritten) {
  const auto recipe = nlohmann::json::parse(ToJson(RunSpec()));
  const auto measured = nlohmann::json::parse(MeasurementToJson(RunSpec()));
  EXPECT_EQ(recipe.size() + measured.size(), Fields().size() + 3)
      << "and the versions and the grid";
  for (const Field& field : Fields()) {
    const std::string& name = field.param.name;
    EXPECT_EQ(recipe.contains(name), field.of == FieldOf::kRecipe) << name;
    EXPECT_EQ(measured.contains(name), field.of == FieldOf::kMeasurement)
        << name;
    EXPECT_EQ(FindField(name), &field) << "twice";
    EXPECT_NE(field.param.help, "") << name;
    if (!field.settable || field.param.name == "metrics") continue;
    RunSpec spec;
    EXPECT_THAT(SetField(spec, name, FieldText(field, RunSpec())), IsOk());
    EXPECT_EQ(ToJson(spec), ToJson(RunSpec())) << name;
    EXPECT_EQ(MeasurementToJson(spec), MeasurementToJson(RunSpec())) << name;
  }
}

TEST(StepCostKey, TellsWhatTakesAnotherTimeAStep) {
  const RunSpec spec;
  RunSpec other = spec;
  other.lr = 0.5;
  other.seed = 3;
  EXPECT_EQ(StepCostKey(spec), StepCostKey(other));
  other.optimizer = "adam";
  EXPECT_NE(StepCostKey(spec), StepCostKey(other));
}

TEST(RunSpec, FieldsThatDoNotFitAreRefused) {
  RunSpec spec;
  EXPECT_THAT(SetField(spec, "stesp", "1"),
              StatusIs(StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("'stesp'"), HasSubstr("'steps'"),
                             HasSubstr("optimizer.momentum"))));
  for (const char* key : {"momentum", "weight_decay", "nesterov"}) {
    EXPECT_THAT(SetField(spec, key, "0.5"),
                StatusIs(StatusCode::kInvalidArgument,
                         AllOf(HasSubstr(absl::StrCat("sgd(", key, "=0.5)")),
                               HasSubstr(absl::StrCat("optimizer.", key)))));
  }
  for (const char* key :
       {"init_from", "init_step", "steps.x", "metrics.k", "mlp.width"}) {
    EXPECT_THAT(SetField(spec, key, "1"),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(key)));
  }
  EXPECT_THAT(SetField(spec, "steps", "many"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("'many'")));
  EXPECT_THAT(SetField(spec, "steps", "1.5"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("'1.5'")));
  EXPECT_EQ(spec.steps, RunSpec().steps);
}

}  // namespace
}  // namespace nclab
