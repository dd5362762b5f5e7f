#include "datasets/dataset.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>

#include <functional>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::HasSubstr;

Dataset Good() {
  Dataset dataset;
  dataset.class_names = {"a", "b"};
  for (Split* split : {&dataset.train, &dataset.test}) {
    split->labels = at::arange(6, at::TensorOptions(at::kLong)).remainder(2);
    split->samples = at::zeros({6, 3, 4, 5}, at::TensorOptions(at::kByte));
  }
  return dataset;
}

// Registers Good() with `change` under a new name, and loads it.
absl::StatusOr<Dataset> Load(const std::function<void(Dataset&)>& change,
                             const std::string& view = "",
                             DatasetInfo info = {}) {
  static int count = 0;
  info.name = absl::StrCat("made", ++count);
  const std::string choice = absl::StrCat(info.name, "(", view, ")");
  RegisterDataset(
      info,
      [change](const Params&, const DatasetContext&) {
        Dataset dataset = Good();
        change(dataset);
        return dataset;
      },
      __FILE__, __LINE__);
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice bound, Datasets().Bind(choice));
  return LoadDataset(bound, {});
}

TEST(LoadDataset, TakesWhatKeepsThePromises) {
  EXPECT_THAT(Load([](Dataset&) {}), IsOk());
  EXPECT_THAT(Load([](Dataset& d) {
                d.train.samples = at::zeros({6, 7});
                d.test.samples = at::zeros({6, 7});
              }),
              IsOk());
}

// A plugin's mistake is found where it is made, not out of bounds later.
TEST(LoadDataset, NamesThePromiseThatALoaderBreaks) {
  const at::TensorOptions bytes(at::kByte), longs(at::kLong), real(at::kDouble);
  const std::vector<std::pair<std::string, std::function<void(Dataset&)>>>
      mistakes = {
          {"the train split has no samples",
           [](Dataset& d) { d.train.samples = at::Tensor(); }},
          {"samples of the train split are Half [6, 3, 4, 5]; expected uint8 "
           "or float [N, C, H, W], or float [N, D]",
           [](Dataset& d) {
             d.train.samples = d.train.samples.to(at::kHalf);
             d.test.samples = d.test.samples.to(at::kHalf);
           }},
          {"samples of the test split are Byte [6, 60]",
           [](Dataset& d) { d.test.samples = d.test.samples.flatten(1); }},
          {"the test split is [6, 3, 0, 5]",
           [&](Dataset& d) {
             d.test.samples = at::zeros({6, 3, 0, 5}, bytes);
           }},
          {"the train split is [0, 3, 4, 5]",
           [&](Dataset& d) {
             d.train.samples = at::zeros({0, 3, 4, 5}, bytes);
             d.train.labels = at::zeros({0}, longs);
           }},
          {"training samples are Byte [3, 4, 5], test samples Byte [4, 4, 5]",
           [&](Dataset& d) {
             d.test.samples = at::zeros({6, 4, 4, 5}, bytes);
           }},
          {"training samples are Byte [3, 4, 5], test samples Float [9]",
           [](Dataset& d) {
             d.test.samples = at::zeros({6, 9});
           }},
          {"the test split has 6 samples and 5 labels",
           [](Dataset& d) { d.test.labels = d.test.labels.slice(0, 0, 5); }},
          {"the labels of the test split are not int64 [N]",
           [](Dataset& d) { d.test.labels = d.test.labels.to(at::kInt); }},
          {"the labels of the train split are not int64 [N]",
           [](Dataset& d) { d.train.labels = at::Tensor(); }},
          {"label 2 of sample 5 of the test split; it names 2 classes",
           [](Dataset& d) { d.test.labels[5].fill_(2); }},
          {"label -1 of sample 0 of the train split",
           [](Dataset& d) { d.train.labels[0].fill_(-1); }},
          {"label 0 of sample 0 of the train split; it names 0 classes",
           [](Dataset& d) { d.class_names.clear(); }},
          {"the fine labels of the train split are not int64 [N]",
           [](Dataset& d) {
             d.train.fine_labels = d.train.labels.to(at::kInt);
             d.test.fine_labels = d.test.labels;
           }},
          {"fine label 1 of sample 1 of the train split; it names 1 classes",
           [](Dataset& d) {
             d.fine_class_names = {"a"};
             d.train.fine_labels = d.test.fine_labels = d.train.labels;
           }},
          {"one split has fine labels, the other none",
           [](Dataset& d) {
             d.fine_class_names = {"a", "b"};
             d.test.fine_labels = d.test.labels;
           }},
          {"its normalization has a mean that is not double [C, 1, 1] or [C, "
           "H, W] of its images",
           [&](Dataset& d) {
             d.normalization = {at::zeros({1, 1, 1}, real),
                                at::zeros({3, 1, 1}, real)};
           }},
          {"its normalization has a std that",
           [&](Dataset& d) {
             d.normalization = {at::zeros({3, 4, 5}, real),
                                at::zeros({3, 4, 5}, bytes)};
           }},
      };
  for (const auto& [words, mistake] : mistakes) {
    EXPECT_THAT(Load(mistake, "train_size=1,channels=3"),
                StatusIs(StatusCode::kInternal,
                         AllOf(HasSubstr("dataset 'made"),
                               HasSubstr("its loader is wrong: " + words))));
  }
}

TEST(LoadDataset, NamesASuperClassThatDoesNotFit) {
  for (const SuperClass& wrong :
       {SuperClass{{"all"}, {0}}, SuperClass{{"all"}, {0, 1}},
        SuperClass{{"all"}, {0, 0, 0}}}) {
    DatasetInfo info;
    info.superclasses["coarse"] = wrong;
    EXPECT_THAT(Load([](Dataset&) {}, "superclass=coarse", info),
                StatusIs(StatusCode::kInternal,
                         HasSubstr("super-class 'coarse' maps")));
  }
  DatasetInfo info;
  info.superclasses["coarse"] = {{"only_b"}, {-1, 0}};
  EXPECT_THAT(Load([](Dataset&) {}, "superclass=coarse", info), IsOk());
}

TEST(LoadDataset, LeavesTheNormalizationToALoaderThatSaysSo) {
  const DatasetInfo info{.replaces = {"normalize"}};
  EXPECT_THAT(Load([](Dataset&) {}, "", info),
              StatusIs(StatusCode::kInternal,
                       HasSubstr("stands in for `normalize` and sets no")));
  const at::Tensor mean = at::zeros({3, 1, 1}, at::TensorOptions(at::kDouble));
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                             Load(
                                 [&](Dataset& d) {
                                   d.normalization = {mean + 0.25, mean + 2};
                                 },
                                 "", info));
  EXPECT_TRUE(dataset.normalization.mean.equal(mean + 0.25));
  EXPECT_THAT(Load([](Dataset&) {}, "normalize=per_pixel", info),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("normalize")));
}

TEST(LoadDataset, NamesTheDatasetWhoseFactoryThrows) {
  EXPECT_THAT(Load([](Dataset&) { throw std::runtime_error("no such luck"); }),
              StatusIs(StatusCode::kInternal,
                       AllOf(testing::StartsWith("dataset 'made"),
                             testing::EndsWith("': no such luck"))));
}

TEST(RegisterDataset, AbortsOnAParameterOfTheViews) {
  for (const char* name : {"skip", "channels", "superclass"}) {
    const DatasetInfo info{.name = "mine", .params = {IntParam(name, 3, "")}};
    EXPECT_DEATH(
        RegisterDataset(info, nullptr, "mine/mine.cc", 7),
        absl::StrCat("dataset 'mine', mine/mine.cc:7, declares the "
                     "parameter '",
                     name, "', which is declared at datasets/view.cc"));
  }
  const DatasetInfo info{.name = "mine",
                         .params = {IntParam("channels", 3, "")},
                         .replaces = {"channels"}};
  RegisterDataset(info, nullptr, "mine/mine.cc", 7);
  EXPECT_EQ(Datasets().Bind("mine")->params.Int("channels"), 3);
}

}  // namespace
}  // namespace nclab
