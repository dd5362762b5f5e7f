#include "datasets/view.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// Four classes; low = {0, 2}, high = {1}, class 3 is left out.
DatasetInfo Info() {
  DatasetInfo info{.name = "toy"};
  info.superclasses["low_high"] = {{"low", "high"}, {0, 1, 0, -1}};
  return info;
}

// 40 train and 20 test samples of labels 0 1 2 3 0 1 2 3 ...; a sample's
// first number is its position.
Dataset Toy() {
  Dataset dataset;
  dataset.class_names = {"a", "b", "c", "d"};
  for (Split* split : {&dataset.train, &dataset.test}) {
    const int64_t n = split == &dataset.train ? 40 : 20;
    split->labels = at::arange(n, at::TensorOptions(at::kLong)).remainder(4);
    split->samples = at::arange(n, at::TensorOptions(at::kFloat)).unsqueeze(1);
  }
  return dataset;
}

absl::StatusOr<Dataset> View(
    std::vector<std::pair<std::string, std::string>> args,
    Dataset dataset = Toy()) {
  NCLAB_ASSIGN_OR_RETURN(const Params params,
                         BindParams("toy", ViewParams(Info()), args));
  NCLAB_RETURN_IF_ERROR(ApplyView(Info(), params, dataset));
  return dataset;
}

template <typename T>
std::vector<int64_t> Integers(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.reshape(-1).contiguous();
  const T* data = flat.const_data_ptr<T>();
  return {data, data + flat.numel()};
}

std::vector<int64_t> Positions(const Split& split) {
  return Integers<float>(split.samples);
}
std::vector<int64_t> LabelsOf(const Split& split) {
  return Integers<int64_t>(split.labels);
}

// The positions of the training samples that the arguments keep.
std::vector<int64_t> Kept(
    std::vector<std::pair<std::string, std::string>> args) {
  const absl::StatusOr<Dataset> dataset = View(std::move(args));
  EXPECT_THAT(dataset, IsOk());
  return dataset.ok() ? Positions(dataset->train) : std::vector<int64_t>();
}

auto Refused(const std::string& parameter) {
  return StatusIs(StatusCode::kInvalidArgument, HasSubstr(parameter));
}

TEST(View, KeepsEverythingByDefault) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset, View({}));
  EXPECT_EQ(Positions(dataset.train), Positions(Toy().train));
  EXPECT_EQ(LabelsOf(dataset.test), LabelsOf(Toy().test));
}

TEST(View, PadsImagesThatAreNotSquareAndCutsNone) {
  Dataset images = Toy();
  for (Split* split : {&images.train, &images.test}) {
    split->samples =
        at::full({split->size(), 1, 4, 6}, 255, at::TensorOptions(at::kByte));
  }
  for (const char* size : {"3", "4", "5"}) {
    EXPECT_THAT(View({{"image_size", size}}, images),
                StatusIs(StatusCode::kInvalidArgument,
                         AllOf(HasSubstr(std::string("image_size=") + size),
                               HasSubstr("4x6; expected at least 6"))));
  }
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset view,
                             View({{"image_size", "6"}}, images));
  EXPECT_EQ(view.image_size, 6);
  EXPECT_THAT(View({{"image_size", "4096"}, {"channels", "64"}},
                   [&images] {
                     Dataset many = images;
                     for (Split* split : {&many.train, &many.test}) {
                       const int64_t n = 1000000;
                       split->samples =
                           split->samples.slice(0, 0, 1).expand({n, 1, 4, 6});
                       split->labels = split->labels.slice(0, 0, 1).expand({n});
                     }
                     return many;
                   }()),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("samples of 1x4096x4096 takes ")));
}

TEST(View, KeepsTheFirstInFileOrder) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Dataset dataset,
      View({{"train_size", "5"}, {"test_per_class", "1"}}));
  EXPECT_THAT(Positions(dataset.train), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(LabelsOf(dataset.train), ElementsAre(0, 1, 2, 3, 0));
  EXPECT_THAT(Positions(dataset.test), ElementsAre(0, 1, 2, 3));
}

TEST(View, SkipsSamplesOfTheSplitOrOfEachClass) {
  EXPECT_THAT(Kept({{"train_size", "3"}, {"skip", "6"}}), ElementsAre(6, 7, 8));
  EXPECT_THAT(Kept({{"train_per_class", "1"}, {"skip", "2"}}),
              ElementsAre(8, 9, 10, 11));
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                             View({{"test_size", "2"}, {"test_skip", "18"}}));
  EXPECT_THAT(Positions(dataset.test), ElementsAre(18, 19));
  EXPECT_EQ(dataset.train.size(), 40);
}

TEST(View, OfTheNextSamplesIsDisjointFromThatOfTheFirst) {
  for (const char* subset : {"first", "random"}) {
    for (const char* size : {"train_size", "train_per_class"}) {
      const auto a = Kept({{size, "5"}, {"subset", subset}});
      const auto b = Kept({{size, "5"}, {"skip", "5"}, {"subset", subset}});
      ASSERT_EQ(a.size(), b.size());
      std::set<int64_t> all(a.begin(), a.end());
      all.insert(b.begin(), b.end());
      EXPECT_EQ(all.size(), a.size() + b.size()) << size << " " << subset;
    }
  }
}

TEST(View, AtRandomIsReproducibleAndDependsOnItsSeed) {
  const auto random = [](const char* seed) {
    return Kept(
        {{"train_size", "20"}, {"subset", "random"}, {"subset_seed", seed}});
  };
  EXPECT_EQ(random("1"), random("1"));
  EXPECT_NE(random("1"), random("2"));
  EXPECT_NE(random("1"), Kept({{"train_size", "20"}}));
}

TEST(View, KeepsSamplesWithTheirLabels) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Dataset dataset,
      View({{"train_per_class", "3"}, {"subset", "random"}}));
  ASSERT_EQ(dataset.train.size(), 12);
  const auto positions = Positions(dataset.train);
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(LabelsOf(dataset.train)[i], positions[i] % 4);
  }
}

TEST(View, MapsSuperClassesAndDropsTheRest) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                             View({{"superclass", "low_high"}}));
  EXPECT_THAT(dataset.class_names, ElementsAre("low", "high"));
  EXPECT_EQ(dataset.train.size(), 30);
  EXPECT_EQ(dataset.test.size(), 15);
  for (int i = 0; i < 30; ++i) {
    const int64_t original = Positions(dataset.train)[i] % 4;
    EXPECT_NE(original, 3);
    EXPECT_EQ(LabelsOf(dataset.train)[i], original == 1 ? 1 : 0);
  }
}

TEST(View, KeepsFineLabelsUnderSuperClassesAndNoise) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                             View({{"superclass", "low_high"},
                                   {"train_per_class", "3"},
                                   {"subset", "random"},
                                   {"label_noise", "1"}}));
  EXPECT_THAT(dataset.fine_class_names, ElementsAre("a", "b", "c", "d"));
  ASSERT_EQ(dataset.train.fine_labels.numel(), 9);
  const auto positions = Positions(dataset.train);
  const auto fine = Integers<int64_t>(dataset.train.fine_labels);
  for (size_t i = 0; i < positions.size(); ++i) {
    EXPECT_EQ(fine[i], positions[i] % 4);
  }
  // Those that a loader gives are kept as they are.
  Dataset finer = Toy();
  finer.fine_class_names = {"x", "y"};
  for (Split* split : {&finer.train, &finer.test}) {
    split->fine_labels = split->labels.remainder(2);
  }
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Dataset view,
      View({{"superclass", "low_high"}, {"train_size", "4"}}, finer));
  EXPECT_THAT(Integers<int64_t>(view.train.fine_labels),
              ElementsAre(0, 1, 0, 0));
  EXPECT_THAT(view.fine_class_names, ElementsAre("x", "y"));
}

TEST(View, CountsOriginalClassesUnderASuperClass) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Dataset dataset,
      View({{"superclass", "low_high"}, {"train_per_class", "2"}}));
  EXPECT_THAT(Positions(dataset.train), ElementsAre(0, 1, 2, 4, 5, 6));
  EXPECT_THAT(LabelsOf(dataset.train), ElementsAre(0, 1, 0, 0, 1, 0));
  EXPECT_THAT(View({{"superclass", "low_high"}, {"train_size", "31"}}),
              Refused("30"));
}

TEST(View, RefusesWhatIsImpossible) {
  const std::string huge = "9223372036854775807";
  EXPECT_THAT(View({{"train_size", "41"}}),
              Refused("train_size=41 asks for more samples than there are: the "
                      "train split has 40"));
  EXPECT_THAT(View({{"train_size", "40"}, {"skip", "1"}}),
              Refused("after skip=1"));
  EXPECT_THAT(View({{"train_per_class", "11"}}), Refused("train_per_class=11"));
  EXPECT_THAT(View({{"test_per_class", "5"}, {"test_skip", "1"}}),
              Refused("test_per_class=5 after test_skip=1"));
  EXPECT_THAT(View({{"skip", "40"}}), Refused("skip=40"));
  EXPECT_THAT(View({{"test_skip", "20"}}), Refused("test_skip=20"));
  EXPECT_THAT(View({{"train_size", "1"}, {"train_per_class", "1"}}),
              Refused("Both train_size and train_per_class"));
  EXPECT_THAT(View({{"train_size", huge}, {"skip", "1"}}),
              Refused("train_size=" + huge));
  EXPECT_THAT(View({{"train_per_class", huge}, {"skip", "1"}}),
              Refused("train_per_class=" + huge));
  EXPECT_THAT(View({{"train_size", "-1"}}), Refused("'train_size'"));
  EXPECT_THAT(View({{"superclass", "objects"}}), Refused("low_high"));
  EXPECT_THAT(View({{"image_size", "32"}}), Refused("image_size=32"));
}

// The training labels with a noise, and how many of them are wrong.
std::pair<std::vector<int64_t>, int64_t> Noisy(
    std::vector<std::pair<std::string, std::string>> args, int64_t n = 4000) {
  Dataset large = Toy();
  large.train.labels = at::arange(n, at::TensorOptions(at::kLong)).remainder(4);
  large.train.samples =
      at::arange(n, at::TensorOptions(at::kFloat)).unsqueeze(1);
  const absl::StatusOr<Dataset> dataset = View(std::move(args), large);
  EXPECT_THAT(dataset, IsOk());
  if (!dataset.ok()) return {};
  const std::vector<int64_t> labels = LabelsOf(dataset->train);
  const std::vector<int64_t> positions = Positions(dataset->train);
  int64_t wrong = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    wrong += labels[i] != positions[i] % 4;
  }
  return {labels, wrong};
}

TEST(LabelNoise, MakesItsShareOfTrainingLabelsWrong) {
  // Binomial: 1200 of 4000, standard deviation 29.
  EXPECT_NEAR(Noisy({{"label_noise", "0.3"}}).second, 1200, 120);
  EXPECT_EQ(Noisy({{"label_noise", "0"}}).second, 0);
  EXPECT_EQ(Noisy({{"label_noise", "1"}}).second, 4000);
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                             View({{"label_noise", "1"}}));
  EXPECT_EQ(LabelsOf(dataset.test), LabelsOf(Toy().test));
}

TEST(LabelNoise, ChoosesAnyWrongClassAlike) {
  const auto labels = Noisy({{"label_noise", "1"}}).first;
  int64_t count[4][4] = {};
  for (size_t i = 0; i < labels.size(); ++i) ++count[i % 4][labels[i]];
  for (int64_t real = 0; real < 4; ++real) {
    for (int64_t label = 0; label < 4; ++label) {
      // Binomial: a third of 1000, standard deviation 15.
      if (label == real) {
        EXPECT_EQ(count[real][label], 0);
      } else {
        EXPECT_NEAR(count[real][label], 333, 75);
      }
    }
  }
}

TEST(LabelNoise, DependsOnItsSeedAndNotOnTheView) {
  const auto whole = Noisy({{"label_noise", "0.5"}}).first;
  EXPECT_EQ(Noisy({{"label_noise", "0.5"}}).first, whole);
  EXPECT_NE(Noisy({{"label_noise", "0.5"}, {"label_noise_seed", "1"}}).first,
            whole);
  const auto part =
      Noisy({{"label_noise", "0.5"}, {"train_size", "50"}, {"skip", "10"}})
          .first;
  EXPECT_EQ(part, std::vector<int64_t>(whole.begin() + 10, whole.begin() + 60));
}

TEST(LabelNoise, StaysAmongTheSuperClasses) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Dataset dataset,
      View({{"label_noise", "1"}, {"superclass", "low_high"}}));
  const auto positions = Positions(dataset.train);
  for (size_t i = 0; i < positions.size(); ++i) {
    EXPECT_EQ(LabelsOf(dataset.train)[i], positions[i] % 4 == 1 ? 0 : 1);
  }
}

TEST(LabelNoise, IsAProbability) {
  EXPECT_THAT(View({{"label_noise", "1.5"}}), Refused("'label_noise'"));
  EXPECT_THAT(View({{"label_noise", "-0.1"}}), Refused("'label_noise'"));
}

// A grey image of 2x2 for each of three samples.
Dataset Grey() {
  Dataset dataset;
  dataset.class_names = {"a", "b"};
  dataset.train.samples =
      at::full({3, 1, 2, 2}, 0, at::TensorOptions(at::kByte));
  dataset.train.labels =
      at::arange(3, at::TensorOptions(at::kLong)).remainder(2);
  dataset.test = dataset.train;
  return dataset;
}

TEST(View, RefusesShapesThatCannotBeMade) {
  EXPECT_THAT(View({{"image_size", "1"}}, Grey()), Refused("image_size=1"));
  Dataset colour = Grey();
  colour.train.samples = colour.train.samples.expand({3, 3, 2, 2});
  colour.test = colour.train;
  EXPECT_THAT(View({{"channels", "1"}}, colour), Refused("channels=1"));
  EXPECT_THAT(View({{"channels", "3"}}, colour), IsOk());
}

}  // namespace
}  // namespace nclab
