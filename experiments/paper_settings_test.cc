// The plans of the six figures at preset paper, against the paper's settings.
//
// The table was written from the paper (sections 3.2, 3.3, 4.2 and 5.1), not
// from the experiments. Where the text is silent it has the decision that the
// reports list.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "datasets/dataset.h"
#include "experiments/experiment.h"
#include "experiments/plan.h"
#include "experiments/spec/canonical.h"
#include "gtest/gtest.h"
#include "models/model.h"
#include "tools/base/registry/choice_name.h"

namespace nclab {
namespace {

// Every run of every figure, but for its seed: 0, 1 and 2.
//   N, test: samples, after the view. stop: at this training loss.
// In all of them: momentum 0.9, no weight decay, batch 128, cosine schedule,
// single precision, every weight trained, new weights at the start.
constexpr char kRuns[] = R"(
figure dataset                                                 model                    N     test  steps  lr    stop  checkpoints
fig1   cifar10                                                 resnet18                 50000 10000 80000  0.1   0     -
fig2   mnist(image_size=32,channels=3)                         resnet18                 60000 10000 80000  0.1   0     -
fig2   mnist(image_size=32,channels=3)                         vgg11_bn                 60000 10000 80000  0.01  0     -
fig2   mnist(image_size=32,channels=3)                         densenet201              60000 10000 80000  0.01  0     -
fig2   fashion_mnist(image_size=32,channels=3)                 resnet18                 60000 10000 80000  0.1   0     -
fig2   fashion_mnist(image_size=32,channels=3)                 vgg11_bn                 60000 10000 80000  0.01  0     -
fig2   fashion_mnist(image_size=32,channels=3)                 densenet201              60000 10000 80000  0.01  0     -
fig2   cifar10                                                 resnet18                 50000 10000 80000  0.1   0     -
fig2   cifar10                                                 vgg11_bn                 50000 10000 80000  0.01  0     -
fig2   cifar10                                                 densenet201              50000 10000 80000  0.01  0     -
fig2   svhn(train_per_class=4600,test_per_class=1500)          resnet18                 46000 15000 80000  0.1   0     -
fig2   svhn(train_per_class=4600,test_per_class=1500)          vgg11_bn                 46000 15000 80000  0.01  0     -
fig2   svhn(train_per_class=4600,test_per_class=1500)          densenet201              46000 15000 80000  0.01  0     -
fig2   stl10                                                   resnet50                 5000  8000  80000  0.1   0     -
fig2   stl10                                                   vgg11_bn                 5000  8000  80000  0.01  0     -
fig2   stl10                                                   densenet201              5000  8000  80000  0.01  0     -
fig3   cifar10                                                 resnet18                 50000 10000 80000  0.1   0     -
fig4   cifar10(train_size=12500)                               resnet18                 12500 10000 80000  0.1   1e-6  -
fig4   cifar10(train_size=25000)                               resnet18                 25000 10000 80000  0.1   1e-6  -
fig4   cifar10(train_size=30000)                               resnet18                 30000 10000 80000  0.1   1e-6  -
fig4   cifar10(train_size=40000)                               resnet18                 40000 10000 80000  0.1   1e-6  -
fig4   cifar10(train_size=50000)                               resnet18                 50000 10000 80000  0.1   1e-6  -
fig4   fashion_mnist(train_size=10000,image_size=32,channels=3) vgg11_bn                10000 10000 80000  0.01  1e-6  -
fig4   fashion_mnist(train_size=20000,image_size=32,channels=3) vgg11_bn                20000 10000 80000  0.01  1e-6  -
fig4   fashion_mnist(train_size=30000,image_size=32,channels=3) vgg11_bn                30000 10000 80000  0.01  1e-6  -
fig4   fashion_mnist(train_size=40000,image_size=32,channels=3) vgg11_bn                40000 10000 80000  0.01  1e-6  -
fig4   fashion_mnist(train_size=50000,image_size=32,channels=3) vgg11_bn                50000 10000 80000  0.01  1e-6  -
fig5   mnist(train_size=1000,test_size=200,superclass=odd_even) mlp(width=1024,depth=3) 1000  200   100000 0.001 0     20000,40000,60000,70000,80000,90000
fig5   cifar10(train_per_class=2500,test_per_class=500,superclass=objects_animals,subset=random) resnet18 20000 4000 100000 0.1 0 20000,40000,60000,70000,80000,90000
fig6   mnist(train_per_class=100,test_per_class=20)            mlp(width=1024,depth=3)  1000  200   80000  0.001 0     -
)";

// The runs of figure 5 that start from its checkpoints: one for each
// checkpoint and each learning rate, with a new last layer. train: all is
// fine-tuning; head, with everything else frozen, is the linear probe.
constexpr char kTransfers[] = R"(
from    dataset                                                     model                   N     test steps  train lr
mnist   mnist(train_size=500,test_size=100,skip=1000,test_skip=200) mlp(width=1024,depth=3) 500   100  100000 all   0.0005,0.001,0.0025,0.005,0.01,0.025,0.05,0.1,0.25
mnist   mnist(train_size=500,test_size=100,skip=1000,test_skip=200) mlp(width=1024,depth=3) 500   100  100000 head  0.005,0.025,0.1
cifar10 cifar10(train_per_class=1250,test_per_class=250,skip=2500,test_skip=500,superclass=without_deer_dog,subset=random) resnet18 10000 2000 100000 all  0.0005,0.001,0.0025,0.005,0.01,0.025,0.05,0.1,0.25
cifar10 cifar10(train_per_class=1250,test_per_class=250,skip=2500,test_skip=500,superclass=without_deer_dog,subset=random) resnet18 10000 2000 100000 head 0.005,0.025,0.1
)";

// Figure 5's super-classes: the original classes of each, by name.
constexpr char kObjects[] = "airplane automobile ship truck";
constexpr char kAnimals[] = "bird cat frog horse";

using Row = std::map<std::string, std::string>;  // by the column's name

std::vector<Row> ParseTable(const std::string& text) {
  std::vector<Row> rows;
  std::vector<std::string> columns;
  for (const absl::string_view line :
       absl::StrSplit(text, '\n', absl::SkipWhitespace())) {
    const std::vector<std::string> words =
        absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (columns.empty()) {
      columns = words;
      continue;
    }
    EXPECT_EQ(words.size(), columns.size()) << line;
    Row row;
    for (size_t i = 0; i < words.size(); ++i) row[columns[i]] = words[i];
    rows.push_back(row);
  }
  return rows;
}

double Float(const std::string& text) {
  double value = 0;
  EXPECT_TRUE(absl::SimpleAtod(text, &value)) << text;
  return value;
}

int64_t Whole(const std::string& text) {
  int64_t value = 0;
  EXPECT_TRUE(absl::SimpleAtoi(text, &value)) << text;
  return value;
}

std::vector<int64_t> WholeList(const std::string& text) {
  std::vector<int64_t> values;
  if (text == "-") return values;
  for (const absl::string_view word : absl::StrSplit(text, ',')) {
    values.push_back(Whole(std::string(word)));
  }
  return values;
}

// The choice with every parameter shown: what the table leaves out has to be
// at its default.
template <typename SomeRegistry>
std::string Bound(const SomeRegistry& registry, const std::string& choice) {
  const auto bound = registry.Bind(choice);
  EXPECT_TRUE(bound.ok()) << bound.status();
  return bound.ok() ? bound->ToString() : "";
}

// How many samples of a split the view keeps, by the official counts.
int64_t Samples(const std::string& dataset, bool train) {
  const auto bound = Datasets().Bind(dataset);
  EXPECT_TRUE(bound.ok()) << bound.status();
  const DatasetInfo& info = (*Datasets().Find(bound->name))->info;
  const std::string prefix = train ? "train" : "test";
  const int64_t size = bound->params.Int(prefix + "_size");
  if (size > 0) return size;
  const std::string superclass = bound->params.String("superclass");
  const int64_t per_class = bound->params.Int(prefix + "_per_class");
  const auto& counts = train ? info.train_counts : info.test_counts;
  int64_t samples = 0;
  for (size_t c = 0; c < counts.size(); ++c) {
    if (superclass != "none" &&
        info.superclasses.at(superclass).targets[c] < 0) {
      continue;
    }
    samples += per_class > 0 ? per_class : counts[c];
  }
  return samples;
}

std::vector<PlanRun> PaperPlan(const std::string& figure) {
  const auto entry = Experiments().Find(figure);
  EXPECT_TRUE(entry.ok()) << entry.status();
  const auto plan =
      MakePlan((*entry)->factory(), {"paper", {}, "", {}}, Canonical);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.ok() ? *plan : std::vector<PlanRun>();
}

// What a run is, in a line that a person can compare.
std::string Line(const RunSpec& run) {
  return absl::StrCat(run.dataset, " ", run.model, " steps ", run.steps, " lr ",
                      run.lr, " stop ", run.stop_train_loss, " keeps ",
                      absl::StrJoin(run.save_steps, ","), " from step ",
                      run.init_step, " trains ", run.train_part, " seed ",
                      run.seed);
}

// The lines that the table asks for, and those of its children.
std::multiset<std::string> ExpectedLines(const std::string& figure) {
  std::vector<RunSpec> runs;
  for (const Row& row : ParseTable(kRuns)) {
    if (row.at("figure") != figure) continue;
    RunSpec run;
    run.dataset = Bound(Datasets(), row.at("dataset"));
    run.model = Bound(Models(), row.at("model"));
    run.steps = Whole(row.at("steps"));
    run.lr = Float(row.at("lr"));
    run.stop_train_loss = Float(row.at("stop"));
    run.save_steps = WholeList(row.at("checkpoints"));
    runs.push_back(run);
    if (figure != "fig5") continue;
    const std::string side = ChoiceName(run.dataset);
    for (const Row& transfer : ParseTable(kTransfers)) {
      if (transfer.at("from") != side) continue;
      for (const int64_t checkpoint : run.save_steps) {
        for (const absl::string_view lr :
             absl::StrSplit(transfer.at("lr"), ',')) {
          RunSpec child;
          child.dataset = Bound(Datasets(), transfer.at("dataset"));
          child.model = Bound(Models(), transfer.at("model"));
          child.steps = Whole(transfer.at("steps"));
          child.lr = Float(std::string(lr));
          child.train_part = transfer.at("train");
          child.init_step = checkpoint;
          runs.push_back(child);
        }
      }
    }
  }
  std::multiset<std::string> lines;
  for (RunSpec& run : runs) {
    for (run.seed = 0; run.seed < 3; ++run.seed) lines.insert(Line(run));
  }
  return lines;
}

TEST(PaperSettings, AreThePlansOfTheSixFigures) {
  for (const char* figure : {"fig1", "fig2", "fig3", "fig4", "fig5", "fig6"}) {
    SCOPED_TRACE(figure);
    std::multiset<std::string> planned;
    for (const PlanRun& run : PaperPlan(figure)) {
      planned.insert(Line(run.spec));
    }
    const std::multiset<std::string> expected = ExpectedLines(figure);
    EXPECT_FALSE(expected.empty());
    for (const std::string& line : expected) {
      EXPECT_EQ(planned.count(line), expected.count(line))
          << "the paper's: " << line;
    }
    for (const std::string& line : planned) {
      EXPECT_EQ(expected.count(line), planned.count(line))
          << "planned, not the paper's: " << line;
    }
  }
}

TEST(PaperSettings, AreOfTheSameMethodEverywhere) {
  for (const char* figure : {"fig1", "fig2", "fig3", "fig4", "fig5", "fig6"}) {
    for (const PlanRun& run : PaperPlan(figure)) {
      SCOPED_TRACE(absl::StrCat(figure, ", cell ", run.cell));
      EXPECT_EQ(run.spec.objective, "cross_entropy");
      EXPECT_EQ(run.spec.optimizer,
                "sgd(momentum=0.9,nesterov=false,weight_decay=0,"
                "decoupled=false)");
      EXPECT_EQ(run.spec.stream, "epochs");
      EXPECT_EQ(run.spec.batch_size, 128);
      EXPECT_EQ(run.spec.schedule, "cosine");
      EXPECT_EQ(run.spec.precision, "fp32");
      EXPECT_EQ(run.spec.init_head, "new");
      EXPECT_EQ(run.spec.init_from.empty(), run.spec.init_step == 0);
    }
  }
}

TEST(PaperSettings, KeepTheSamplesThatThePaperCounts) {
  std::vector<Row> rows = ParseTable(kRuns);
  for (const Row& row : ParseTable(kTransfers)) rows.push_back(row);
  for (const Row& row : rows) {
    SCOPED_TRACE(row.at("dataset"));
    EXPECT_EQ(Samples(row.at("dataset"), true), Whole(row.at("N")));
    EXPECT_EQ(Samples(row.at("dataset"), false), Whole(row.at("test")));
  }
}

TEST(PaperSettings, FineTuneFromTheirOwnPreTraining) {
  std::map<std::string, std::string> pretraining;  // side and seed -> its text
  for (const PlanRun& run : PaperPlan("fig5")) {
    const std::string side = ChoiceName(run.spec.dataset);
    const std::string key = absl::StrCat(side, " ", run.spec.seed);
    if (run.spec.init_from.empty()) {
      pretraining[key] = ToJson(run.spec);
    } else {
      EXPECT_EQ(run.spec.init_from, pretraining.at(key)) << run.cell;
    }
  }
  EXPECT_EQ(pretraining.size(), 6u);
}

TEST(PaperSettings, GroupTheClassesAsThePaperDoes) {
  const DatasetInfo& cifar10 = (*Datasets().Find("cifar10"))->info;
  // The order of the classes in the official archive.
  const std::vector<std::string> classes = absl::StrSplit(
      "airplane automobile bird cat deer dog frog horse ship truck", ' ');
  const std::vector<std::string> objects = absl::StrSplit(kObjects, ' ');
  const std::vector<std::string> animals = absl::StrSplit(kAnimals, ' ');
  const auto& two = cifar10.superclasses.at("objects_animals").targets;
  const auto& eight = cifar10.superclasses.at("without_deer_dog").targets;
  std::set<int64_t> targets;
  for (size_t c = 0; c < classes.size(); ++c) {
    const auto in = [&](const std::vector<std::string>& names) {
      return std::find(names.begin(), names.end(), classes[c]) != names.end();
    };
    EXPECT_EQ(two[c], in(objects) ? 0 : in(animals) ? 1 : -1) << classes[c];
    EXPECT_EQ(eight[c] >= 0, in(objects) || in(animals)) << classes[c];
    if (eight[c] >= 0) targets.insert(eight[c]);
  }
  EXPECT_EQ(targets.size(), 8u);
  const auto& parity =
      (*Datasets().Find("mnist"))->info.superclasses.at("odd_even").targets;
  for (size_t digit = 0; digit < 10; ++digit) {
    EXPECT_EQ(parity[digit] == parity[1], digit % 2 == 1) << digit;
  }
}

// Where the panels of figure 5 look for the checkpoints, in a run whose
// TrainVariance is the step.
TEST(PaperSettings, DrawFigureFiveAtThePapersCheckpoints) {
  const auto entry = Experiments().Find("fig5");
  ASSERT_TRUE(entry.ok());
  RunRows run;
  for (int64_t step = 0; step <= 100000; step += 1000) {
    for (const char* anchor : {"final", "own"}) {
      run.rows.push_back({step, "train", "features", "variance_ratio", anchor,
                          static_cast<double>(step)});
    }
  }
  const SeedRows seed = {{"mnist-pretrain", run}, {"cifar10-pretrain", run}};
  for (const Panel& panel : (*entry)->factory().panels) {
    std::vector<double> steps;
    for (const Mark& mark : panel.marks) steps.push_back(*mark.x(seed));
    EXPECT_EQ(steps,
              (std::vector<double>{20000, 40000, 60000, 70000, 80000, 90000}))
        << panel.id;
  }
}

}  // namespace
}  // namespace nclab
