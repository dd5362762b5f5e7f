#include "datasets/formats/idx.h"

#include <ATen/core/Tensor.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
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

std::string Word(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string Images(uint32_t n, uint32_t rows, uint32_t columns,
                   const std::string& pixels) {
  return Word(2051) + Word(n) + Word(rows) + Word(columns) + pixels;
}

std::string Labels(uint32_t n, const std::string& labels) {
  return Word(2049) + Word(n) + labels;
}

auto Wrong(const std::string& word) {
  return StatusIs(StatusCode::kInvalidArgument,
                  AllOf(HasSubstr("dir/file"), HasSubstr(word)));
}

TEST(IdxImages, AreReadRowByRow) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const at::Tensor images,
      ParseIdxImages("dir/file", Images(2, 2, 3, "abcdefuvwxy\xff")));
  EXPECT_EQ(images.sizes(), at::IntArrayRef({2, 1, 2, 3}));
  EXPECT_EQ(images.scalar_type(), at::kByte);
  EXPECT_EQ(images[0][0][1][0].item<int>(), 'd');
  EXPECT_EQ(images[1][0][0][2].item<int>(), 'w');
  EXPECT_EQ(images[1][0][1][2].item<int>(), 255);
}

TEST(IdxLabels, AreRead) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const at::Tensor labels,
      ParseIdxLabels("dir/file", Labels(3, {9, 0, 4}), 10));
  EXPECT_EQ(labels.scalar_type(), at::kLong);
  EXPECT_EQ(labels[0].item<int64_t>(), 9);
  EXPECT_EQ(labels[2].item<int64_t>(), 4);
}

TEST(Idx, RefusesAnotherMagicNumber) {
  EXPECT_THAT(ParseIdxImages("dir/file", Labels(12, std::string(20, '\0'))),
              Wrong("2049"));
  EXPECT_THAT(ParseIdxLabels("dir/file", Images(1, 1, 1, "x"), 10),
              Wrong("2051"));
  EXPECT_THAT(ParseIdxLabels("dir/file", "\x1f\x8b\x08garbage", 10),
              Wrong("expected 2049"));
}

TEST(Idx, RefusesTheOtherByteOrder) {
  std::string bytes = Images(1, 1, 1, "x");
  for (size_t i = 0; i < 16; i += 4) {
    std::reverse(bytes.begin() + i, bytes.begin() + i + 4);
  }
  EXPECT_THAT(ParseIdxImages("dir/file", bytes), Wrong("2051"));
}

TEST(Idx, RefusesEveryTruncation) {
  const std::string images = Images(2, 2, 3, "abcdefuvwxyz");
  for (size_t size = 0; size < images.size(); ++size) {
    EXPECT_THAT(ParseIdxImages("dir/file", images.substr(0, size)),
                Wrong("truncated"))
        << size;
  }
  const std::string labels = Labels(3, {1, 2, 3});
  for (size_t size = 0; size < labels.size(); ++size) {
    EXPECT_THAT(ParseIdxLabels("dir/file", labels.substr(0, size), 10),
                Wrong("truncated"))
        << size;
  }
}

TEST(Idx, RefusesTrailingBytes) {
  EXPECT_THAT(ParseIdxImages("dir/file", Images(1, 1, 1, "xy")),
              Wrong("too long"));
  EXPECT_THAT(ParseIdxLabels("dir/file", Labels(1, {1, 2}), 10),
              Wrong("too long"));
}

TEST(Idx, RefusesNoSamples) {
  EXPECT_THAT(ParseIdxImages("dir/file", Images(0, 28, 28, "")),
              Wrong("no samples"));
  EXPECT_THAT(ParseIdxLabels("dir/file", Labels(0, ""), 10),
              Wrong("no samples"));
}

TEST(Idx, RefusesImagesWithoutPixels) {
  EXPECT_THAT(ParseIdxImages("dir/file", Images(5, 0, 28, "")), Wrong("0x28"));
}

TEST(Idx, RefusesDimensionsWhoseProductOverflows) {
  // 2^32 * 2^32 * 1 and 2^31 * 2^31 * 4 are 0 modulo 2^64.
  const uint32_t big = 1u << 31;
  EXPECT_THAT(ParseIdxImages("dir/file", Images(4, big, big, "")),
              Wrong("truncated"));
  const uint32_t all = 0xFFFFFFFFu;
  EXPECT_THAT(ParseIdxImages("dir/file", Images(all, all, all, "abc")),
              Wrong("truncated"));
  EXPECT_THAT(ParseIdxLabels("dir/file", Labels(all, "abc"), 10),
              Wrong("truncated"));
}

TEST(IdxLabels, RefuseAClassThatIsNotThere) {
  EXPECT_THAT(ParseIdxLabels("dir/file", Labels(3, {0, 10, 1}), 10),
              Wrong("the label 10 at offset 9; expected 0 to 9"));
  EXPECT_THAT(ParseIdxLabels("dir/file", Labels(1, "\xff"), 10), Wrong("255"));
}

// Writes the four files of a tiny dataset and loads them.
absl::StatusOr<Dataset> Load(const std::string& train_images,
                             const std::string& train_labels) {
  const std::string directory = EmptyTestDirectory();
  const std::string test_images = Images(1, 28, 28, std::string(784, 'x'));
  const std::string contents[] = {train_images, train_labels, test_images,
                                  Labels(1, {1})};
  const std::vector<OfficialFile> files = IdxFiles("", "", "", "");
  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(WriteFileAtomically(absl::StrCat(directory, "/", files[i].name),
                                    contents[i]),
                IsOk());
  }
  DatasetInfo info{.name = "toy"};
  info.files = files;
  return LoadIdxDataset(info, {"zero", "one"}, {directory});
}

TEST(IdxDataset, TakesAnyNumberOfRecords) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Dataset dataset,
      Load(Images(3, 28, 28, std::string(3 * 784, 'x')), Labels(3, {0, 1, 0})));
  EXPECT_EQ(dataset.train.size(), 3);
  EXPECT_EQ(dataset.test.size(), 1);
  EXPECT_EQ(dataset.classes(), 2);
  ASSERT_EQ(dataset.files.size(), 4);
  EXPECT_EQ(dataset.files[0].sha256.size(), 64);
  EXPECT_FALSE(dataset.files[0].official);
}

TEST(IdxDataset, RefusesUnequalNumbersOfImagesAndLabels) {
  EXPECT_THAT(
      Load(Images(3, 28, 28, std::string(3 * 784, 'x')), Labels(2, {0, 1})),
      StatusIs(StatusCode::kInvalidArgument,
               AllOf(HasSubstr("3 images"), HasSubstr("2 labels"),
                     HasSubstr("train-labels-idx1-ubyte"))));
}

TEST(IdxDataset, RefusesImagesOfAnotherSize) {
  EXPECT_THAT(
      Load(Images(1, 28, 27, std::string(28 * 27, 'x')), Labels(1, {0})),
      StatusIs(StatusCode::kInvalidArgument,
               AllOf(HasSubstr("28x27"), HasSubstr("expected 28x28"))));
}

}  // namespace
}  // namespace nclab
