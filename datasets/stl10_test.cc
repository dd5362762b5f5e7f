#include <ATen/TensorOperators.h>

#include "absl/strings/str_cat.h"
#include "datasets/formats/stl10_format.h"
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

constexpr int kImage = 3 * 96 * 96;

// Two images written by NumPy: datasets/testdata/make.py.
std::string NumpyGz() {
  const absl::StatusOr<std::string> bytes =
      ReadFile(Runfile("datasets/testdata/stl10_images.bin.gz"));
  EXPECT_THAT(bytes, IsOk());
  return bytes.value_or("");
}

absl::StatusOr<Split> Parse(const std::string& images,
                            const std::string& labels) {
  return ParseStl10({images, {"dir/train_X.bin", "", false}},
                    {labels, {"dir/train_y.bin", "", false}});
}

auto Wrong(const std::string& file, const std::string& words) {
  return StatusIs(StatusCode::kInvalidArgument,
                  AllOf(HasSubstr("dir/" + file), HasSubstr(words)));
}

TEST(ParseStl10, ReadsPlanesColumnByColumn) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::string images,
                             Gunzip("stl10_images.bin.gz", NumpyGz()));
  NCLAB_ASSERT_OK_AND_ASSIGN(const Split split, Parse(images, "\x0a\x01"));
  ASSERT_EQ(split.samples.sizes(), at::IntArrayRef({2, 3, 96, 96}));
  EXPECT_EQ(split.samples.scalar_type(), at::kByte);
  const uint8_t* pixel = split.samples.const_data_ptr<uint8_t>();
  for (int n = 0; n < 2; ++n) {
    for (int ch = 0; ch < 3; ++ch) {
      for (int r = 0; r < 96; ++r) {
        for (int c = 0; c < 96; ++c) {
          ASSERT_EQ(*pixel++, (r + 3 * c + 50 * ch + 100 * n) % 251)
              << "image " << n << " plane " << ch << " row " << r << " column "
              << c;
        }
      }
    }
  }
  EXPECT_EQ(split.labels[0].item<int64_t>(), 9);
  EXPECT_EQ(split.labels[1].item<int64_t>(), 0);
}

TEST(ParseStl10, RefusesTruncationAndTrailingBytes) {
  for (const int size : {1, kImage - 1, kImage + 1, 2 * kImage - 1}) {
    EXPECT_THAT(Parse(std::string(size, 'x'), "\x01"),
                Wrong("train_X.bin",
                      absl::StrCat("offset ", size / kImage * kImage, " has ",
                                   size % kImage, " bytes; expected 27648")));
  }
}

TEST(ParseStl10, RefusesNoSamples) {
  EXPECT_THAT(Parse("", ""), Wrong("train_X.bin", "no samples"));
}

TEST(ParseStl10, RefusesAsManyLabelsAsThereAreNot) {
  const std::string images(2 * kImage, 'x');
  EXPECT_THAT(Parse(images, "\x01"), Wrong("train_y.bin", "holds 1 labels"));
  EXPECT_THAT(Parse(images, "\x01\x02\x03"),
              Wrong("train_X.bin holds 2 images", "holds 3 labels"));
}

TEST(ParseStl10, RefusesAClassThatIsNotThere) {
  const std::string images(2 * kImage, 'x');
  EXPECT_THAT(
      Parse(images, std::string("\x01\x00", 2)),
      Wrong("train_y.bin", "the label 0 at offset 1; expected 1 to 10"));
  EXPECT_THAT(Parse(images, "\x0b\x01"),
              Wrong("train_y.bin", "the label 11 at offset 0"));
}

TEST(Stl10, IsReadFromItsFourFilesOnly) {
  const std::string directory = EmptyTestDirectory();
  const auto write = [&](const std::string& name, const std::string& bytes) {
    ASSERT_THAT(WriteFileAtomically(directory + "/" + name, bytes), IsOk());
  };
  write("train_X.bin.gz", NumpyGz());
  write("train_y.bin", "\x04\x0a");
  write("test_X.bin", std::string(kImage, '\x07'));
  write("test_y.bin", "\x08");
  // Would be refused if it were looked at.
  std::filesystem::create_directory(directory + "/unlabeled_X.bin");
  NCLAB_ASSERT_OK_AND_ASSIGN(const BoundChoice choice,
                             Datasets().Bind("stl10"));
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                             LoadDataset(choice, {directory}));
  EXPECT_EQ(dataset.train.size(), 2);
  EXPECT_EQ(dataset.test.size(), 1);
  EXPECT_EQ(dataset.class_names[3], "cat");
  EXPECT_EQ(dataset.train.labels[0].item<int64_t>(), 3);
  EXPECT_EQ(dataset.files.size(), 4);
}

TEST(Stl10, HasTheSuperClassesOfItsNames) {
  const auto* entry = *Datasets().Find("stl10");
  const SuperClass& coarse = entry->info.superclasses.at("objects_animals");
  const std::vector<std::string> objects = {"airplane", "car", "ship", "truck"};
  const std::vector<std::string> names = {"airplane", "bird", "car",   "cat",
                                          "deer",     "dog",  "horse", "monkey",
                                          "ship",     "truck"};
  for (size_t c = 0; c < names.size(); ++c) {
    const bool object =
        std::find(objects.begin(), objects.end(), names[c]) != objects.end();
    EXPECT_EQ(coarse.targets[c], object ? 0 : 1) << names[c];
  }
}

}  // namespace
}  // namespace nclab
