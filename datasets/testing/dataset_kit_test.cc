// The kit itself: a dataset that breaks a promise is told which one.
#include "datasets/testing/dataset_kit.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randint.h>

#include <cmath>
#include <memory>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using testing::HasSubstr;

// A dataset that keeps every promise.
Dataset Good() {
  Dataset dataset;
  dataset.class_names = {"a", "b", "c"};
  at::Generator generator = at::detail::createCPUGenerator(7);
  for (Split* split : {&dataset.train, &dataset.test}) {
    const int64_t n = split == &dataset.train ? 30 : 12;
    split->labels = at::arange(n, at::TensorOptions(at::kLong)).remainder(3);
    split->samples =
        at::randint(256, {n, 1, 4, 4}, generator, at::TensorOptions(at::kByte));
  }
  return dataset;
}

DatasetInfo GoodInfo() {
  return {.name = "good",
          .summary = "a summary",
          .reference = "a reference",
          .superclasses = {{"first", {{"a", "others"}, {0, 1, 1}}}}};
}

// The promises that `info`, made by `factory`, breaks.
std::vector<std::string> Broken(DatasetInfo info, DatasetFactory factory,
                                std::string* message = nullptr,
                                const std::string& data_dir = "") {
  static int count = 0;
  if (info.name == "good") info.name = absl::StrCat("good", ++count);
  const std::string name = info.name;
  RegisterDataset(std::move(info), std::move(factory), __FILE__, __LINE__);
  DatasetUnderTest dataset(name, data_dir, EmptyTestDirectory());
  std::vector<std::string> broken;
  for (const DatasetPromise& promise : DatasetPromises()) {
    const absl::Status status = promise.check(dataset);
    if (status.ok()) continue;
    broken.push_back(promise.name);
    if (message != nullptr) *message = std::string(status.message());
  }
  return broken;
}

std::vector<std::string> Broken(const std::function<void(Dataset&)>& change,
                                std::string* message = nullptr) {
  return Broken(
      GoodInfo(),
      [change](const Params&, const DatasetContext&) {
        Dataset dataset = Good();
        change(dataset);
        return dataset;
      },
      message);
}

std::vector<std::string> BrokenBy(DatasetInfo info) {
  return Broken(std::move(info),
                [](const Params&, const DatasetContext&) { return Good(); });
}

TEST(DatasetKit, FindsNothingInAGoodDataset) {
  EXPECT_THAT(BrokenBy(GoodInfo()), testing::IsEmpty());
}

TEST(DatasetKit, NamesThePromiseAboutFacts) {
  DatasetInfo info = GoodInfo();
  info.summary = "";
  EXPECT_THAT(BrokenBy(info), testing::ElementsAre("SaysWhatItIs"));
  info = GoodInfo();
  info.name = "Camel-Case";
  EXPECT_THAT(BrokenBy(info), testing::Contains("SaysWhatItIs"));
  info = GoodInfo();
  info.params = {IntParam("size", 3, "")};
  EXPECT_THAT(BrokenBy(info), testing::ElementsAre("SaysWhatItIs"));
  info = GoodInfo();
  info.params = {IntParam("size", 3, "below its own least", 5)};
  EXPECT_THAT(BrokenBy(info), testing::Contains("BindsItsDefaults"));
}

TEST(DatasetKit, NamesThePromiseAboutSamples) {
  EXPECT_THAT(Broken([](Dataset& d) {
                d.test.samples = d.test.samples.slice(0, 0, 11);
              }),
              testing::Contains("HasSamplesThatFit"));
  EXPECT_THAT(Broken([](Dataset& d) {
                d.test.samples = d.test.samples.slice(2, 0, 3);
              }),
              testing::Contains("HasSamplesThatFit"));
  EXPECT_THAT(Broken([](Dataset& d) {
                for (Split* split : {&d.train, &d.test}) {
                  split->samples = at::full({split->size(), 2}, std::nan(""),
                                            at::TensorOptions(at::kFloat));
                }
              }),
              testing::Contains("HasSamplesThatFit"));
}

TEST(DatasetKit, NamesThePromiseAboutLabels) {
  std::string message;
  EXPECT_THAT(Broken([](Dataset& d) { d.test.labels[3].fill_(3); }, &message),
              testing::Contains("HasLabelsInRange"));
  EXPECT_THAT(Broken([](Dataset& d) {
                d.class_names = {"a", "b", "b"};
              }),
              testing::ElementsAre("HasLabelsInRange"));
  EXPECT_THAT(Broken([](Dataset& d) { d.class_names.push_back("d"); }),
              testing::Contains("HasLabelsInRange"));
}

TEST(DatasetKit, NamesThePromiseAboutClassCounts) {
  DatasetInfo info = GoodInfo();
  info.train_counts = {10, 10, 10};
  info.test_counts = {4, 4, 4};
  EXPECT_THAT(BrokenBy(info), testing::IsEmpty());
  info.test_counts = {4, 4, 5};
  EXPECT_THAT(BrokenBy(info),
              testing::ElementsAre("HasTheClassCountsThatItDeclares"));
}

TEST(DatasetKit, NamesThePromiseAboutOrder) {
  const auto count = std::make_shared<uint8_t>(0);
  EXPECT_THAT(
      Broken([count](Dataset& d) { d.train.samples[0].fill_((*count)++); }),
      testing::Contains("IsTheSameEachTime"));
}

TEST(DatasetKit, NamesThePromiseAboutPixels) {
  EXPECT_THAT(Broken([](Dataset& d) { d.train.samples.fill_(7); }),
              testing::ElementsAre("NormalisesToFiniteSamples"));
}

TEST(DatasetKit, NamesThePromiseAboutSuperClasses) {
  DatasetInfo info = GoodInfo();
  info.superclasses["first"].targets = {0, 1};
  EXPECT_THAT(BrokenBy(info), testing::Contains("MapsItsSuperClasses"));
  info = GoodInfo();
  info.superclasses["first"].class_names = {"a", "others", "nobody"};
  EXPECT_THAT(BrokenBy(info), testing::ElementsAre("MapsItsSuperClasses"));
}

// A dataset of one file, which it does or does not look at.
std::vector<std::string> BrokenWithAFile(bool looks, std::string* message) {
  const std::string directory = EmptyTestDirectory() + "-files";
  EXPECT_THAT(MakeWritableDirectory(directory), IsOk());
  EXPECT_THAT(WriteFileAtomically(directory + "/file.bin", "good"), IsOk());
  DatasetInfo info = GoodInfo();
  info.files = {{"file.bin", std::string(64, '0'), ""}};
  info.terms = "none";
  info.name = looks ? "looks" : "looks_not";
  return Broken(
      info,
      [=](const Params&,
          const DatasetContext& context) -> absl::StatusOr<Dataset> {
        std::string path = context.data_dir + "/file.bin";
        if (!FileExists(path)) {
          path = absl::StrCat(context.data_dir, "/", info.name, "/file.bin");
        }
        NCLAB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
        if (looks && bytes != "good") {
          return absl::InvalidArgumentError(path + " is not good");
        }
        Dataset dataset = Good();
        dataset.files = {{path, "", false}};
        return dataset;
      },
      message, directory);
}

TEST(DatasetKit, NamesThePromiseAboutDamagedFiles) {
  std::string message;
  EXPECT_THAT(BrokenWithAFile(true, &message), testing::IsEmpty()) << message;
  EXPECT_THAT(BrokenWithAFile(false, &message),
              testing::ElementsAre("RefusesDamagedFiles"));
  EXPECT_THAT(message, HasSubstr("file.bin without its last byte"));
}

TEST(DatasetKit, SaysThatFilesAreMissing) {
  std::string message;
  const auto broken = Broken(
      GoodInfo(),
      [](const Params&, const DatasetContext&) -> absl::StatusOr<Dataset> {
        return absl::NotFoundError("no files");
      },
      &message);
  EXPECT_THAT(broken, testing::Contains("HasSamplesThatFit"));
  EXPECT_THAT(message, HasSubstr("nclab_dataset_kit_test"));
}

}  // namespace
}  // namespace nclab
