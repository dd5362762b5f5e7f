#include "experiments/training/evaluation/evaluation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>

#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "metrics/statistics/sums/class_moments.h"
#include "tools/base/files/safetensors.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_device.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

constexpr int64_t kClasses = 4;

std::shared_ptr<Model> MakeMlp() {
  at::manual_seed(1);
  const auto choice = Models().Bind("mlp(width=16,depth=2)");
  const std::shared_ptr<Model> model = *MakeModel(*choice, {{6}, kClasses});
  model->to(at::Device(TestDevice()));
  return model;
}

// For three forward passes.
constexpr int64_t kSamples = 4203;

DeviceSplit MakeSplit() {
  at::manual_seed(2);
  const at::Device device(TestDevice());
  return {at::randn({kSamples, 6}).to(device),
          at::randint(kClasses, {kSamples}, at::TensorOptions(at::kLong))
              .to(device)};
}

void ExpectEqual(const SplitMeasurements& a, const SplitMeasurements& b) {
  EXPECT_EQ(a.whole.statistics(), b.whole.statistics());
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (size_t i = 0; i < a.layers.size(); ++i) {
    EXPECT_EQ(a.layers[i].name, b.layers[i].name);
    EXPECT_EQ(a.layers[i].kept.statistics(), b.layers[i].kept.statistics());
  }
}

EvaluationPlan PlanOf(const std::vector<std::string>& layers,
                      const std::vector<std::string>& metrics = {}) {
  return {kClasses, layers, *PlanRun(metrics)};
}

const Moments& MomentsOf(const SplitMeasurements& split, size_t layer) {
  return split.layers[layer].kept.As<Moments>();
}

TEST(EvaluationBatch, HasAsManyBytesWhateverTheSizeOfASample) {
  EXPECT_EQ(EvaluationBatch({3, 32, 32}), 500);
  EXPECT_EQ(EvaluationBatch({3, 96, 96}), 55);
  EXPECT_EQ(EvaluationBatch({1, 28, 28}), 1959);
  EXPECT_EQ(EvaluationBatch({6}), 2000);
  EXPECT_EQ(EvaluationBatch({3, 2000, 2000}), 1);
}

TEST(EvaluateSplit, EqualsADirectComputation) {
  const std::shared_ptr<Model> model = MakeMlp();
  const DeviceSplit split = MakeSplit();
  const std::vector<std::string> layers = {"fc1.pre", "fc1", "features"};
  EvaluationPlan plan = PlanOf(layers);
  EXPECT_FALSE(EvaluateSplit(*model, split, plan)
                   .whole.As<SplitTotals>()
                   .objective.has_value());
  // A mean whose sum over the split is known.
  plan.objective = [](const at::Tensor& logits, const at::Tensor& labels) {
    return (logits.select(1, 0) * labels).mean();
  };
  const SplitMeasurements result = EvaluateSplit(*model, split, plan);

  Taps taps(layers);
  const at::Tensor logits =
      model->Forward(split.samples, taps).detach().to(at::kDouble);
  const at::Tensor chosen =
      at::log_softmax(logits, 1).gather(1, split.labels.unsqueeze(1));
  EXPECT_EQ(result.whole.As<SplitTotals>().samples, kSamples);
  EXPECT_EQ(result.whole.As<SplitTotals>().correct,
            (logits.argmax(1) == split.labels).sum().item<int64_t>());
  EXPECT_NEAR(*result.whole.As<SplitTotals>().objective /
                  (logits.select(1, 0) * split.labels).sum().item<double>(),
              1, 1e-6);
  EXPECT_NEAR(
      result.whole.As<SplitTotals>().loss / -chosen.sum().item<double>(), 1,
      1e-6);
  for (size_t i = 0; i < layers.size(); ++i) {
    ClassMoments direct(kClasses, 16, logits.device());
    direct.Add(taps.tensors()[i].detach(), split.labels);
    const Moments want = direct.Finish();
    const Moments& got = MomentsOf(result, i);
    EXPECT_EQ(result.layers[i].name, layers[i]);
    EXPECT_EQ(got.count, want.count);
    for (size_t j = 0; j < want.mean.size(); ++j) {
      EXPECT_NEAR(got.mean[j], want.mean[j], 1e-6);
    }
    for (int64_t c = 0; c < kClasses; ++c) {
      EXPECT_NEAR(got.scatter[c] / want.scatter[c], 1, 1e-5);
    }
  }
}

TEST(EvaluateSplit, GivesLayersThatShareATensorTheSameMoments) {
  const SplitMeasurements result = EvaluateSplit(
      *MakeMlp(), MakeSplit(), PlanOf({"fc2.pre", "fc2", "features"}));
  EXPECT_EQ(MomentsOf(result, 1).mean, MomentsOf(result, 2).mean);
  EXPECT_EQ(MomentsOf(result, 1).scatter, MomentsOf(result, 2).scatter);
  EXPECT_NE(MomentsOf(result, 0).mean, MomentsOf(result, 1).mean);
  EXPECT_TRUE(result.layers[2].kept.Has(kHead));
  EXPECT_FALSE(result.layers[1].kept.Has(kHead));
}

// Features that may not be kept are made again.
TEST(EvaluateSplit, GivesTheSameInASecondForwardPass) {
  const std::shared_ptr<Model> model = MakeMlp();
  const DeviceSplit split = MakeSplit();
  int asked = 0;
  EvaluationPlan plan = PlanOf({"fc1", "fc2", "features"}, {"nc1_pinv_trace"});
  plan.stop_requested = [&] {
    ++asked;
    return false;
  };
  const SplitMeasurements once = EvaluateSplit(*model, split, plan);
  EXPECT_EQ(asked, 3);  // batches
  plan.kept_features = 0;
  const SplitMeasurements twice = EvaluateSplit(*model, split, plan);
  EXPECT_EQ(asked, 3 + 6);
  ExpectEqual(twice, once);
  for (size_t i = 0; i < 3; ++i) {
    const Projections& of = once.layers[i].kept.As<Projections>();
    EXPECT_TRUE(of.finite);
    EXPECT_GT(of.whitened, 0);
  }
  EXPECT_TRUE(model->is_training());
  // A stop in the second pass leaves the model as it was, too.
  plan.stop_requested = [&] { return ++asked == 9 + 5; };
  EvaluateSplit(*model, split, plan);
  EXPECT_EQ(asked, 9 + 5);
  EXPECT_TRUE(model->is_training());
}

TEST(MeanLossIsBelow, ComparesTheLossOfTheWholeSplitAndEndsWhereItIsKnown) {
  const std::shared_ptr<Model> model = MakeMlp();
  const DeviceSplit split = MakeSplit();
  int asked = 0;
  EvaluationPlan plan;
  plan.stop_requested = [&] {
    ++asked;
    return false;
  };
  const double mean =
      EvaluateSplit(*model, split, PlanOf({})).whole.As<SplitTotals>().loss /
      kSamples;
  EXPECT_EQ(MeanLossIsBelow(*model, split, plan, mean * (1 + 1e-9)), true);
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(MeanLossIsBelow(*model, split, plan, mean * (1 - 1e-9)), false);
  asked = 0;
  EXPECT_EQ(MeanLossIsBelow(*model, split, plan, mean * 1e-6), false);
  EXPECT_LE(asked, 2) << "it goes on though the loss is known to be higher";
  plan.stop_requested = [] { return true; };
  EXPECT_EQ(MeanLossIsBelow(*model, split, plan, 1), std::nullopt);
  EXPECT_TRUE(model->is_training());
}

TEST(EvaluateSplit, LeavesTheModelTrainingAndUntouched) {
  const std::shared_ptr<Model> model = MakeMlp();
  const at::Tensor before = model->parameters()[0].detach().clone();
  EvaluateSplit(*model, MakeSplit(), PlanOf({"features"}));
  EXPECT_TRUE(model->is_training());
  EXPECT_TRUE(model->parameters()[0].detach().equal(before));
  EXPECT_FALSE(model->parameters()[0].grad().defined());
  // Inference mode has ended: gradients flow again.
  Taps taps;
  EXPECT_TRUE(model->Forward(MakeSplit().samples, taps).requires_grad());
}

Evaluation Small(double shift) {
  Evaluation evaluation;
  evaluation.step = 7;
  evaluation.wall_time = 1700000000.123456;
  const Moments m = {2,
                     {2, 1, 0},
                     {0.1 + shift, -0.0, 1.0 / 3, 5e-324, 0, 0},
                     {1e-300, 0.2, 0}};
  for (SplitMeasurements* split : {&evaluation.train, &evaluation.test}) {
    for (const char* layer : {"fc1.pre", "features"}) {
      split->layers.push_back({layer, {}});
      split->layers.back().kept.Set("class_moments", m.ToArrays());
    }
  }
  evaluation.train.whole.Set("decisions",
                             SplitTotals{3, 2, 0.1 + 0.2}.ToArrays());
  evaluation.test.whole.Set(
      "decisions",
      SplitTotals{1, 0, std::numeric_limits<double>::infinity()}.ToArrays());
  return evaluation;
}

TEST(Evaluation, ComesBackFromItsFileExactly) {
  const std::string path = EmptyTestDirectory() + "/step-7.safetensors";
  const Evaluation evaluation = Small(0);
  ASSERT_THAT(SaveEvaluation(path, evaluation), IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const Evaluation back, LoadEvaluation(path));
  EXPECT_EQ(back.step, 7);
  EXPECT_EQ(back.wall_time, evaluation.wall_time);
  ExpectEqual(back.train, evaluation.train);
  ExpectEqual(back.test, evaluation.test);
}

TEST(Evaluation, RefusesAFileOfSomethingElse) {
  const std::string path = EmptyTestDirectory() + "/other.safetensors";
  ASSERT_THAT(WriteSafetensors(path, {}, {{"step", "7"}}), IsOk());
  EXPECT_THAT(LoadEvaluation(path),
              StatusIs(absl::StatusCode::kDataLoss,
                       testing::HasSubstr("other.safetensors")));
}

TEST(MetricRows, HaveTheAnchorsThatAMetricDeclares) {
  const Evaluation now = Small(0), last = Small(1);
  const std::vector<std::string> metrics = {"cdnv", "loss", "variance_ratio"};
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::vector<MetricRow> early,
                             MetricRows(metrics, now, nullptr));
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::vector<MetricRow> all,
                             MetricRows(metrics, now, &last));
  std::vector<std::string> rows, early_rows;
  const auto text = [](const MetricRow& row) {
    return row.split + "," + row.layer + "," + row.metric + "," + row.anchor;
  };
  for (const MetricRow& row : all) rows.push_back(text(row));
  for (const MetricRow& row : early) early_rows.push_back(text(row));
  EXPECT_THAT(rows, testing::ElementsAre(
                        "train,fc1.pre,cdnv,own", "train,features,cdnv,own",
                        "test,fc1.pre,cdnv,own", "test,features,cdnv,own",
                        "train,,loss,", "test,,loss,",
                        "train,fc1.pre,variance_ratio,own",
                        "train,fc1.pre,variance_ratio,final",
                        "train,features,variance_ratio,own",
                        "train,features,variance_ratio,final",
                        "test,fc1.pre,variance_ratio,own",
                        "test,fc1.pre,variance_ratio,final",
                        "test,features,variance_ratio,own",
                        "test,features,variance_ratio,final"));
  EXPECT_THAT(early_rows,
              testing::Not(testing::Contains(testing::EndsWith(",final"))));
  EXPECT_EQ(early.size() + 4, all.size());
}

TEST(MetricRows, AnchoredAtTheirOwnTimeAreTheOwnRows) {
  const Evaluation now = Small(0);
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::vector<MetricRow> rows,
                             MetricRows({"variance_ratio"}, now, &now));
  ASSERT_EQ(rows.size(), 8);
  for (size_t i = 0; i < rows.size(); i += 2) {
    EXPECT_EQ(rows[i].value, rows[i + 1].value);
  }
}

}  // namespace
}  // namespace nclab
