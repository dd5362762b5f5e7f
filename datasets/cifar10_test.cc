#include <ATen/TensorOperators.h>

#include "absl/strings/str_cat.h"
#include "datasets/formats/cifar_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::HasSubstr;

// A record whose red, green and blue planes begin with r, g, b.
std::string Record(int label, char r, char g, char b) {
  std::string record(1, static_cast<char>(label));
  for (const char first : {r, g, b}) {
    record += first + std::string(1022, '\0') + static_cast<char>(first + 1);
  }
  return record;
}

LoadedFile File(const std::string& name, const std::string& bytes) {
  return {bytes, {"dir/" + name, "", false}};
}

absl::StatusOr<Split> Parse(const std::string& bytes) {
  return ParseCifar10({File("file", bytes)});
}

auto Wrong(const std::string& words) {
  return StatusIs(StatusCode::kInvalidArgument,
                  AllOf(HasSubstr("dir/file"), HasSubstr(words)));
}

TEST(ParseCifar10, ReadsPlanesRowByRow) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Split split, Parse(Record(9, 10, 20, 30) + Record(0, 40, 50, 60)));
  EXPECT_EQ(split.samples.sizes(), at::IntArrayRef({2, 3, 32, 32}));
  EXPECT_EQ(split.samples.scalar_type(), at::kByte);
  EXPECT_EQ(split.labels[0].item<int64_t>(), 9);
  EXPECT_EQ(split.labels[1].item<int64_t>(), 0);
  EXPECT_EQ(split.samples[0][1][0][0].item<int>(), 20);
  EXPECT_EQ(split.samples[1][2][0][0].item<int>(), 60);
  EXPECT_EQ(split.samples[1][2][31][31].item<int>(), 61);
}

TEST(ParseCifar10, JoinsFilesInOrder) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Split split,
      ParseCifar10({File("a", Record(3, 1, 1, 1) + Record(4, 2, 2, 2)),
                    File("b", Record(5, 3, 3, 3))}));
  ASSERT_EQ(split.size(), 3);
  for (int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(split.labels[i].item<int64_t>(), i + 3);
    EXPECT_EQ(split.samples[i][0][0][0].item<int>(), i + 1);
  }
}

TEST(ParseCifar10, RefusesEveryTruncation) {
  const std::string whole = Record(1, 1, 2, 3) + Record(2, 1, 2, 3);
  for (size_t size = 1; size < whole.size(); ++size) {
    if (size == 3073) continue;
    EXPECT_THAT(Parse(whole.substr(0, size)),
                Wrong(absl::StrCat("offset ", size < 3073 ? 0 : 3073, " has ",
                                   size % 3073, " bytes; expected 3073")));
  }
}

TEST(ParseCifar10, RefusesTrailingBytes) {
  EXPECT_THAT(Parse(Record(1, 1, 2, 3) + "x"),
              Wrong("offset 3073 has 1 bytes"));
}

TEST(ParseCifar10, RefusesNoSamples) {
  EXPECT_THAT(Parse(""), Wrong("no samples"));
}

TEST(ParseCifar10, RefusesAClassThatIsNotThere) {
  EXPECT_THAT(Parse(Record(1, 1, 2, 3) + Record(10, 1, 2, 3)),
              Wrong("the label 10 at offset 3073; expected 0 to 9"));
  EXPECT_THAT(Parse(Record(255, 1, 2, 3)), Wrong("the label 255 at offset 0"));
}

// Loads "cifar10" plus `view` from files whose records have the given labels.
absl::StatusOr<Dataset> Load(const std::string& view) {
  const std::string directory = EmptyTestDirectory();
  const std::string labels[] = {{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}};
  for (int batch = 0; batch < 6; ++batch) {
    std::string bytes;
    for (int i = 0; i < 10; ++i) {
      if (batch < 5 &&
          labels[batch].find(static_cast<char>(i)) == std::string::npos)
        continue;
      bytes += Record(i, static_cast<char>(i), 0, 0);
    }
    const std::string name =
        batch < 5 ? absl::StrCat("data_batch_", batch + 1) : "test_batch";
    EXPECT_THAT(
        WriteFileAtomically(absl::StrCat(directory, "/", name, ".bin"), bytes),
        IsOk());
  }
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice, Datasets().Bind(view));
  return LoadDataset(choice, {directory});
}

TEST(Cifar10, IsReadFromItsSixFiles) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset, Load("cifar10"));
  EXPECT_EQ(dataset.train.size(), 10);
  EXPECT_EQ(dataset.test.size(), 10);
  ASSERT_EQ(dataset.files.size(), 6);
  EXPECT_THAT(dataset.files[5].path, HasSubstr("test_batch.bin"));
  EXPECT_FALSE(dataset.files[5].official);
  EXPECT_EQ(dataset.class_names[9], "truck");
}

TEST(Cifar10, HasTheSuperClassesOfFigure5) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset coarse,
                             Load("cifar10(superclass=objects_animals)"));
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset fine,
                             Load("cifar10(superclass=without_deer_dog)"));
  ASSERT_EQ(coarse.train.size(), 8);
  ASSERT_EQ(fine.train.size(), 8);
  EXPECT_TRUE(coarse.train.samples.equal(fine.train.samples));
  for (int64_t i = 0; i < 8; ++i) {
    EXPECT_EQ(fine.train.labels[i].item<int64_t>(), i);
    const std::string name = fine.class_names[i];
    const bool animal =
        name == "bird" || name == "cat" || name == "frog" || name == "horse";
    EXPECT_EQ(coarse.train.labels[i].item<int64_t>(), animal ? 1 : 0) << name;
  }
}

TEST(ParseCifar100, ReadsFineLabelsAndChecksCoarseOnes) {
  const auto parse = [](std::string bytes) {
    return ParseCifar100({{std::move(bytes), {"file", "", false}}}, {4, 1, 4});
  };
  const std::string pixels(3072, '\7');
  NCLAB_ASSERT_OK_AND_ASSIGN(const Split split,
                             parse("\4\2" + pixels + "\1\1" + pixels));
  EXPECT_EQ(split.labels[0].item<int64_t>(), 2);
  EXPECT_EQ(split.labels[1].item<int64_t>(), 1);
  EXPECT_EQ(split.samples.min().item<int64_t>(), 7);
  EXPECT_THAT(parse("\4\1" + pixels),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("coarse label 4 at offset 0; that of label 1 "
                                 "is 1")));
  EXPECT_THAT(parse("\4\3" + pixels),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("the label 3 at offset 1; expected 0 to 2")));
  EXPECT_THAT(parse("\4" + pixels),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("two labels")));
}

}  // namespace
}  // namespace nclab
