#include "tools/base/tensors/tensor_source.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/base/files/safetensors.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using testing::HasSubstr;

TEST(TensorSource, ReadsNpyAndRefusesWhatLies) {
  const std::string path = EmptyTestDirectory() + "/a.npy";
  const auto npy = [](std::string header, const std::string& data) {
    header.resize(118, ' ');
    return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + data;
  };
  const float values[] = {1, 2, 3, 4, 5, 6};
  const std::string data(reinterpret_cast<const char*>(values), sizeof(values));
  const std::string good =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }";
  ASSERT_THAT(WriteFileAtomically(path, npy(good, data)), IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const TensorSource source,
                             TensorSource::OpenNpy(path));
  EXPECT_EQ(source.shape(), (std::vector<int64_t>{3, 2}));
  NCLAB_ASSERT_OK_AND_ASSIGN(const at::Tensor rows, source.Floats(1, 3));
  EXPECT_EQ(rows.const_data_ptr<float>()[3], 6);

  for (const auto& [header, bytes, word] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {good, data.substr(1), "23 bytes of data"},
           {"{'descr': '<c8', 'fortran_order': False, 'shape': (3, 2), }", data,
            "numbers of type '<c8'"},
           {"{'descr': '<f4', 'fortran_order': False, 'shape': "
            "(9223372036854775807, 4), }",
            data, "shape"},
           {"{'descr': '<f4', 'fortran_order': False, 'shape': (-3, 2), }",
            data, "shape"}}) {
    ASSERT_THAT(WriteFileAtomically(path, npy(header, bytes)), IsOk());
    EXPECT_THAT(TensorSource::OpenNpy(path),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(word)));
  }
}

// The numbers 0 .. N-1 in C order, written by the order and bytes of a header.
TEST(TensorSource, ReadsEitherOrderOfIndicesAndOfBytes) {
  const std::string path = EmptyTestDirectory() + "/a.npy";
  for (const std::vector<int64_t>& shape : std::vector<std::vector<int64_t>>{
           {4, 3}, {3, 2, 5}, {2, 3, 1, 4}, {6}}) {
    for (const bool fortran : {false, true}) {
      for (const bool big_endian : {false, true}) {
        int64_t size = 1;
        std::string words;
        for (const int64_t extent : shape) {
          size *= extent;
          absl::StrAppend(&words, extent, ", ");
        }
        std::string data(8 * static_cast<size_t>(size), '\0');
        for (int64_t i = 0; i < size; ++i) {
          int64_t at = 0, rest = i, stride = size;
          if (!fortran) at = i;
          // The last index is the fastest of i, the slowest of the file.
          for (size_t d = shape.size(); fortran && d-- > 0;) {
            stride /= shape[d];
            at += rest % shape[d] * stride;
            rest /= shape[d];
          }
          const double value = static_cast<double>(i);
          char* to = data.data() + 8 * at;
          std::memcpy(to, &value, 8);
          if (big_endian) std::reverse(to, to + 8);
        }
        std::string header =
            absl::StrCat("{'descr': '", big_endian ? ">" : "<",
                         "f8', 'fortran_order': ", fortran ? "True" : "False",
                         ", 'shape': (", words, ")}");
        header.resize(118, ' ');
        ASSERT_THAT(WriteFileAtomically(
                        path, std::string("\x93NUMPY\x01\x00\x76\x00", 10) +
                                  header + data),
                    IsOk());
        NCLAB_ASSERT_OK_AND_ASSIGN(const TensorSource source,
                                   TensorSource::OpenNpy(path));
        EXPECT_EQ(source.shape(), shape);
        for (const int64_t first : {0, 1}) {
          NCLAB_ASSERT_OK_AND_ASSIGN(const at::Tensor rows,
                                     source.Floats(first, shape[0]));
          for (int64_t i = 0; i < rows.numel(); ++i) {
            EXPECT_EQ(rows.const_data_ptr<double>()[i],
                      static_cast<double>(i + first * size / shape[0]))
                << header;
          }
        }
      }
    }
  }
}

TEST(TensorSource, ReadsBigEndianLabels) {
  const std::string path = EmptyTestDirectory() + "/y.npy";
  std::string header =
      "{'descr': '>i2', 'fortran_order': True, 'shape': (3,), }";
  header.resize(118, ' ');
  ASSERT_THAT(
      WriteFileAtomically(
          path, absl::StrCat(absl::string_view("\x93NUMPY\x01\x00\x76\x00", 10),
                             header, absl::string_view("\0\1\1\0\xff\xfe", 6))),
      IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const TensorSource source,
                             TensorSource::OpenNpy(path));
  EXPECT_EQ(*source.Integers(), (std::vector<int64_t>{1, 256, -2}));
}

TEST(TensorSource, KnowsNoNumbersOfAnUnknownType) {
  const std::string path = EmptyTestDirectory() + "/f.safetensors";
  const std::string header =
      R"({"a":{"dtype":"I4","shape":[2],"data_offsets":[0,1]}})";
  std::string size(8, '\0');
  size[0] = static_cast<char>(header.size());
  ASSERT_THAT(WriteFileAtomically(path, size + header + "x"), IsOk());
  auto file = SafetensorsReader::Open(path);
  ASSERT_THAT(file, IsOk());
  const auto reader =
      std::make_shared<const SafetensorsReader>(*std::move(file));
  const TensorSource source(reader, *reader->Find("a"));
  EXPECT_FALSE(source.is_integer());
  EXPECT_FALSE(source.is_floating());
}

}  // namespace
}  // namespace nclab
