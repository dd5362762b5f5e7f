#include <ATen/TensorOperators.h>

#include "absl/strings/str_cat.h"
#include "datasets/formats/svhn_format.h"
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

// Written by SciPy: datasets/testdata/make.py.
std::string Scipy(const std::string& kind) {
  const absl::StatusOr<std::string> bytes =
      ReadFile(Runfile("datasets/testdata/svhn_" + kind + ".mat"));
  EXPECT_THAT(bytes, IsOk());
  return bytes.value_or("");
}

absl::StatusOr<Split> Parse(const std::string& bytes) {
  return ParseSvhn({bytes, {"dir/train_32x32.mat", "", false}});
}

auto Wrong(const std::string& words) {
  return StatusIs(StatusCode::kInvalidArgument,
                  AllOf(HasSubstr("dir/train_32x32.mat"), HasSubstr(words)));
}

TEST(ParseSvhn, ReadsWhatScipyWrites) {
  for (const char* kind : {"stored", "compressed"}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(const Split split, Parse(Scipy(kind)));
    ASSERT_EQ(split.samples.sizes(), at::IntArrayRef({3, 3, 32, 32}));
    EXPECT_EQ(split.samples.scalar_type(), at::kByte);
    const uint8_t* pixel = split.samples.const_data_ptr<uint8_t>();
    for (int n = 0; n < 3; ++n) {
      for (int ch = 0; ch < 3; ++ch) {
        for (int r = 0; r < 32; ++r) {
          for (int c = 0; c < 32; ++c) {
            ASSERT_EQ(*pixel++, (r + 3 * c + 50 * ch + 100 * n) % 251)
                << kind << " image " << n << " plane " << ch << " row " << r
                << " column " << c;
          }
        }
      }
    }
    EXPECT_EQ(split.labels[0].item<int64_t>(), 0) << "stored as 10";
    EXPECT_EQ(split.labels[1].item<int64_t>(), 1);
    EXPECT_EQ(split.labels[2].item<int64_t>(), 9);
  }
}

// The stored file with `from`, which occurs once in it, replaced by as much.
std::string Changed(const std::string& from, const std::string& to) {
  std::string bytes = Scipy("stored");
  const size_t at = bytes.find(from);
  EXPECT_NE(at, std::string::npos);
  EXPECT_EQ(from.size(), to.size());
  EXPECT_EQ(bytes.find(from, at + 1), std::string::npos);
  return bytes.replace(at, from.size(), to);
}

std::string Words(const std::vector<int32_t>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * 4};
}

TEST(ParseSvhn, RefusesOtherShapes) {
  EXPECT_THAT(Parse(Changed(Words({32, 32, 3, 3}), Words({32, 3, 32, 3}))),
              Wrong("'X' has the dimensions 32x3x32x3; expected 32x32x3xN"));
  EXPECT_THAT(Parse(Changed(Words({5, 16, 32, 32, 3, 3}),
                            Words({5, 16, 96, 32, 3, 1}))),
              Wrong("96x32x3x1"));
  EXPECT_THAT(Parse(Changed(Words({5, 8, 3, 1}), Words({5, 8, 1, 3}))),
              Wrong("'y' has the dimensions 1x3; expected 3x1"));
}

TEST(ParseSvhn, RefusesLabelsThatAreNoDigits) {
  // y's data: a small element of 3 bytes.
  const std::string tag = Words({3 << 16 | 2});
  const std::string labels("\x0a\x01\x09", 3);
  EXPECT_THAT(
      Parse(Changed(tag + labels, tag + std::string("\x0a\x00\x09", 3))),
      Wrong("value 1 of the variable 'y' is 0; expected a label from 1 "
            "to 10"));
  EXPECT_THAT(Parse(Changed(tag + labels, tag + "\x0a\x01\x0b")),
              Wrong("value 2 of the variable 'y' is 11"));
}

TEST(ParseSvhn, RefusesEveryTruncation) {
  for (const char* kind : {"stored", "compressed"}) {
    const std::string whole = Scipy(kind);
    for (size_t size = 0; size < whole.size(); size += 7) {
      EXPECT_THAT(Parse(whole.substr(0, size)), Wrong("")) << size;
    }
    EXPECT_THAT(Parse(whole.substr(0, whole.size() - 1)), Wrong(""));
  }
}

TEST(ParseSvhn, TakesAnImageWithoutItsLastDimension) {
  // As MATLAB writes a single image: 32x32x3.
  std::string bytes = Changed(Words({14, 9272, 6, 8}), Words({14, 3128, 6, 8}));
  const size_t dims = bytes.find(Words({5, 16, 32, 32, 3, 3}));
  ASSERT_NE(dims, std::string::npos);
  bytes.replace(dims, 24, Words({5, 12, 32, 32, 3, 0}));
  const size_t data = bytes.find(Words({2, 9216}), dims);
  ASSERT_NE(data, std::string::npos);
  bytes.replace(data, 8, Words({2, 3072}));
  bytes.erase(data + 8 + 3072, 6144);
  const size_t y = bytes.find(Words({5, 8, 3, 1}));
  ASSERT_NE(y, std::string::npos);
  bytes.replace(y, 16, Words({5, 8, 1, 1}));
  const size_t label = bytes.find(Words({3 << 16 | 2}), y);
  ASSERT_NE(label, std::string::npos);
  bytes.replace(label, 4, Words({1 << 16 | 2}));
  NCLAB_ASSERT_OK_AND_ASSIGN(const Split split, Parse(bytes));
  EXPECT_EQ(split.samples.sizes(), at::IntArrayRef({1, 3, 32, 32}));
  EXPECT_EQ(split.samples[0][1][2][3].item<int>(), 2 + 9 + 50);
}

TEST(ParseSvhn, RefusesNoSamples) {
  std::string bytes = Changed(Words({14, 9272, 6, 8}), Words({14, 56, 6, 8}));
  const size_t dims = bytes.find(Words({5, 16, 32, 32, 3, 3}));
  ASSERT_NE(dims, std::string::npos);
  bytes.replace(dims, 24, Words({5, 16, 32, 32, 3, 0}));
  const size_t data = bytes.find(Words({2, 9216}), dims);
  ASSERT_NE(data, std::string::npos);
  bytes.replace(data, 8, Words({2, 0}));
  bytes.erase(data + 8, 9216);
  EXPECT_THAT(Parse(bytes), Wrong("holds no samples; expected at least one"));
}

TEST(ParseSvhn, RefusesOtherNamesOfItsVariables) {
  std::string bytes = Scipy("stored");
  const std::string name("\x01\x00\x01\x00X", 5);
  const size_t at = bytes.find(name);
  ASSERT_NE(at, std::string::npos);
  bytes[at + 4] = 'Z';
  EXPECT_THAT(Parse(bytes), Wrong("holds no variable 'X'; found: Z, y"));
}

TEST(Svhn, IsReadFromItsTwoFiles) {
  const std::string directory = EmptyTestDirectory();
  ASSERT_THAT(
      WriteFileAtomically(directory + "/train_32x32.mat", Scipy("compressed")),
      IsOk());
  ASSERT_THAT(
      WriteFileAtomically(directory + "/test_32x32.mat", Scipy("stored")),
      IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const BoundChoice choice,
                             Datasets().Bind("svhn(test_size=2)"));
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                             LoadDataset(choice, {directory}));
  EXPECT_EQ(dataset.train.size(), 3);
  EXPECT_EQ(dataset.test.size(), 2);
  EXPECT_EQ(dataset.classes(), 10);
  ASSERT_EQ(dataset.files.size(), 2);
  EXPECT_FALSE(dataset.files[0].official);
}

}  // namespace
}  // namespace nclab
