#include "datasets/formats/matlab5/matlab5.h"

#include <zlib.h>

#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

template <typename T>
std::string Bytes(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

template <typename T>
std::string Bytes(const std::vector<T>& values) {
  std::string bytes;
  for (const T value : values) bytes += Bytes(value);
  return bytes;
}

std::string Header() {
  return "MATLAB 5.0 MAT-file" + std::string(105, ' ') +
         Bytes<uint16_t>(0x0100) + "IM";
}

std::string Element(uint32_t type, const std::string& data) {
  return Bytes(type) + Bytes(static_cast<uint32_t>(data.size())) + data;
}

// A sub-element in its full form, or in the small one.
std::string Part(uint32_t type, const std::string& data, bool small = false) {
  if (small) {
    const uint32_t size = static_cast<uint32_t>(data.size());
    return Bytes(size << 16 | type) + data + std::string(4 - size, '\0');
  }
  return Element(type, data) + std::string((8 - data.size() % 8) % 8, '\0');
}

// What an array is made of; a test changes one thing.
struct Parts {
  std::string flags = Part(6, Bytes<uint32_t>({9, 0}));
  std::string dims = Part(5, Bytes<int32_t>({2, 3}));
  std::string name = Part(1, "A", /*small=*/true);
  std::string data = Part(2, Bytes<uint8_t>({1, 2, 3, 4, 5, 6}));
};

std::string Array(const Parts& parts) {
  return Element(14, parts.flags + parts.dims + parts.name + parts.data);
}

std::string Deflate(const std::string& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string out(size, '\0');
  EXPECT_EQ(
      compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(), 9),
      Z_OK);
  out.resize(size);
  return out;
}

std::string Compressed(const std::string& element) {
  return Element(15, Deflate(element));
}

absl::StatusOr<std::vector<MatlabArray>> Parse(
    const std::string& bytes, const std::vector<std::string>& names = {"A"}) {
  return ParseMatlab5("dir/file.mat", bytes, names);
}

// Of a file with one array, stored and compressed.
void ExpectRefused(const std::string& array, const std::string& words) {
  for (const std::string& element : {array, Compressed(array)}) {
    EXPECT_THAT(Parse(Header() + element),
                StatusIs(StatusCode::kInvalidArgument,
                         AllOf(HasSubstr("dir/file.mat"), HasSubstr(words))));
  }
}

void ExpectRefused(const Parts& parts, const std::string& words) {
  ExpectRefused(Array(parts), words);
}

TEST(ParseMatlab5, ReadsDimensionsAndValues) {
  for (const std::string& element : {Array({}), Compressed(Array({}))}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(const auto arrays, Parse(Header() + element));
    ASSERT_EQ(arrays.size(), 1);
    EXPECT_EQ(arrays[0].name, "A");
    EXPECT_THAT(arrays[0].dims, ElementsAre(2, 3));
    EXPECT_EQ(arrays[0].values, Bytes<uint8_t>({1, 2, 3, 4, 5, 6}));
  }
}

template <typename T>
std::string ReadAs(uint32_t type, bool small) {
  Parts parts;
  parts.dims = Part(5, Bytes<int32_t>({1, 1}));
  parts.data = Part(type, Bytes(T{100}), small);
  const auto arrays = Parse(Header() + Array(parts));
  EXPECT_THAT(arrays, IsOk());
  return arrays.ok() ? arrays->at(0).values : "";
}

TEST(ParseMatlab5, ReadsEveryTypeOfNumber) {
  for (const bool small : {false, true}) {
    EXPECT_EQ(ReadAs<int8_t>(1, small), "d");
    EXPECT_EQ(ReadAs<uint8_t>(2, small), "d");
    EXPECT_EQ(ReadAs<int16_t>(3, small), "d");
    EXPECT_EQ(ReadAs<uint16_t>(4, small), "d");
    EXPECT_EQ(ReadAs<int32_t>(5, small), "d");
    EXPECT_EQ(ReadAs<uint32_t>(6, small), "d");
    EXPECT_EQ(ReadAs<float>(7, small), "d");
  }
  EXPECT_EQ(ReadAs<double>(9, false), "d");
  EXPECT_EQ(ReadAs<int64_t>(12, false), "d");
  EXPECT_EQ(ReadAs<uint64_t>(13, false), "d");
}

template <typename T>
void ExpectRefusedValue(uint32_t type, T value, const std::string& words) {
  Parts parts;
  parts.dims = Part(5, Bytes<int32_t>({1, 2}));
  parts.data = Part(type, Bytes(std::vector<T>{T{7}, value}));
  ExpectRefused(parts, "value 1 is " + words);
}

TEST(ParseMatlab5, RefusesValuesThatAreNoBytes) {
  ExpectRefusedValue<int8_t>(1, -1, "-1; expected a whole number");
  ExpectRefusedValue<int16_t>(3, 256, "256");
  ExpectRefusedValue<uint32_t>(6, 4294967295u, "4294967295");
  ExpectRefusedValue<double>(9, 1.5, "1.5");
  ExpectRefusedValue<double>(9, std::numeric_limits<double>::quiet_NaN(),
                             "nan");
  ExpectRefusedValue<float>(7, std::numeric_limits<float>::infinity(), "inf");
  ExpectRefusedValue<uint64_t>(13, ~uint64_t{0}, "18446744073709551615");
}

TEST(ParseMatlab5, FindsVariablesByNameAndPassesOverOthers) {
  Parts b, text;
  b.name = Part(1, "B", true);
  b.data = Part(2, std::string(6, 'b'));
  text.name = Part(1, "a_note_of_some_length");
  text.flags = Part(6, Bytes<uint32_t>({4, 0}));
  text.data = Part(16, "abcdef");
  const std::string file =
      Header() + Array(b) + Compressed(Array(text)) + Compressed(Array({}));
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto arrays, Parse(file, {"A", "B"}));
  EXPECT_EQ(arrays[0].name, "A");
  EXPECT_EQ(arrays[1].values, "bbbbbb");
  EXPECT_THAT(Parse(file, {"A", "X"}),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("holds no variable 'X'; found: B, "
                                 "a_note_of_some_length, A")));
  EXPECT_THAT(Parse(file + Array(b), {"A", "B"}),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("the variable 'B' twice")));
  EXPECT_THAT(Parse(Header()),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("found: none")));
}

TEST(ParseMatlab5, RefusesEveryTruncation) {
  for (const std::string& element : {Array({}), Compressed(Array({}))}) {
    const std::string whole = Header() + element;
    for (size_t size = 0; size < whole.size(); ++size) {
      EXPECT_THAT(
          Parse(whole.substr(0, size)),
          StatusIs(StatusCode::kInvalidArgument, HasSubstr("dir/file.mat")))
          << size;
    }
  }
}

TEST(ParseMatlab5, RefusesTrailingBytes) {
  EXPECT_THAT(Parse(Header() + Array({}) + "x"),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("ends with 1 bytes at offset 192")));
  EXPECT_THAT(Parse(Header() + Array({}) + std::string(8, 'x')),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("an element of type 2021161080")));
}

TEST(ParseMatlab5, RefusesOtherFormats) {
  const auto refused = [](std::string header, const std::string& words) {
    EXPECT_THAT(Parse(header + Array({})),
                StatusIs(StatusCode::kInvalidArgument,
                         AllOf(HasSubstr("dir/file.mat"), HasSubstr(words))));
  };
  std::string header = Header();
  refused(header.replace(126, 2, "MI"), "big-endian");
  header = Header();
  refused(header.replace(126, 2, "\x01\x02"), "1 and 2; expected 'IM'");
  header = Header();
  refused(header.replace(124, 2, Bytes<uint16_t>(0x0200)),
          "the version 512 at offset 124; expected 256");
  header = Header();
  refused(header.replace(0, 11, "MATLAB 7.3 "), "HDF5");
}

TEST(ParseMatlab5, RefusesDimensionsThatLie) {
  const auto with_dims = [](const std::vector<int32_t>& dims) {
    Parts parts;
    parts.dims = Part(5, Bytes(dims));
    return parts;
  };
  ExpectRefused(with_dims({2, 4}), "dimensions 2x4");
  ExpectRefused(with_dims({2, 2}), "dimensions 2x2");
  ExpectRefused(with_dims({0, 3}), "dimensions 0x3");
  ExpectRefused(with_dims({2, -3}), "dimension 1 of an array is -3");
  ExpectRefused(with_dims({6}), "take 4 bytes");
  ExpectRefused(with_dims({1, 1, 1, 1, 1, 1, 1, 2, 3}), "take 36 bytes");
  const int32_t huge = std::numeric_limits<int32_t>::max();
  ExpectRefused(with_dims({huge, huge, huge, huge, huge, huge, huge, huge}),
                "dimensions 2147483647x2147483647");
  // 2^64 + 6 would look like 6 if it wrapped around.
  ExpectRefused(with_dims({1 << 30, 1 << 30, 16, 6}), "dimensions 1073741824x");
}

TEST(ParseMatlab5, RefusesWrongPartsOfAnArray) {
  Parts parts;
  parts.flags = Part(5, Bytes<uint32_t>({9, 0}));
  ExpectRefused(parts, "type 5; expected type 6, the flags");
  parts = {};
  parts.flags = Part(6, Bytes<uint32_t>(9), true);
  ExpectRefused(parts, "flags of an array take 4 bytes; expected 8");
  parts = {};
  parts.flags = Part(6, Bytes<uint32_t>({0x0809, 0}));
  ExpectRefused(parts, "variable 'A': an array of complex numbers");
  parts = {};
  parts.flags = Part(6, Bytes<uint32_t>({4, 0}));
  ExpectRefused(parts, "class 4; expected one of numbers");
  parts = {};
  parts.name = Part(1, std::string(64, 'A'));
  ExpectRefused(parts, "take 64 bytes; expected at most 63");
  parts = {};
  parts.data = Part(16, "abcdef");
  ExpectRefused(parts, "data of type 16");
  parts = {};
  parts.data += std::string(8, '\0');
  ExpectRefused(parts, "8 bytes of the array follow its data");
  parts = {};
  parts.name = Bytes<uint32_t>(5 << 16 | 1) + "AAAA";
  ExpectRefused(parts, "a small element of 5 bytes");
  parts = {};
  parts.data = "";
  ExpectRefused(parts, "the array ends after 0 bytes; expected the 8");
}

TEST(ParseMatlab5, RefusesElementsLongerThanWhatHoldsThem) {
  Parts parts;
  parts.data = Bytes<uint32_t>(2) + Bytes<uint32_t>(4000000000u) + "abcdefgh";
  ExpectRefused(parts, "an element of 4000000000 bytes");
  EXPECT_THAT(
      Parse(Header() + Bytes<uint32_t>(14) + Bytes<uint32_t>(4294967295u)),
      StatusIs(StatusCode::kInvalidArgument,
               HasSubstr("offset 128 says it has 4294967295 bytes after its "
                         "tag; the file has 0 left")));
}

TEST(ParseMatlab5, RefusesAStreamThatCannotHoldWhatItPromises) {
  // The array promises 3,000,000,000 bytes of data in a stream of a few.
  std::string lie = Parts().flags + Part(5, Bytes<int32_t>({3, 1000000000})) +
                    Parts().name + Bytes<uint32_t>(2) +
                    Bytes<uint32_t>(3000000000u) + "abcdefgh";
  EXPECT_THAT(Parse(Header() + Compressed(Bytes<uint32_t>(14) +
                                          Bytes<uint32_t>(4000000000u) + lie)),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("variable 'A': data of 3000000000 bytes")));
}

TEST(ParseMatlab5, RefusesDamagedStreams) {
  const auto refused = [](const std::string& stream, const std::string& words) {
    EXPECT_THAT(Parse(Header() + Element(15, stream)),
                StatusIs(StatusCode::kInvalidArgument,
                         AllOf(HasSubstr("dir/file.mat"),
                               HasSubstr("compressed at offset 136"),
                               HasSubstr(words))));
  };
  const std::string stream = Deflate(Array({}));
  std::string wrong_sum = stream;
  wrong_sum.back() ^= 1;
  refused(wrong_sum, "is damaged (incorrect data check)");
  refused("not a stream", "is damaged (incorrect header check)");
  refused(stream.substr(0, stream.size() - 1), "is truncated");
  refused(stream + "x", "1 bytes follow the zlib stream");
  refused(Deflate(Array({}) + "x"), "the zlib stream goes on");
  refused(Deflate(Array({}).substr(0, 60)), "the zlib stream ends");
  refused(Deflate(Compressed(Array({}))), "type 15; expected an array");
  refused("", "is truncated");
}

TEST(ParseMatlab5, SurvivesEveryChangedByte) {
  for (const std::string& element : {Array({}), Compressed(Array({}))}) {
    const std::string whole = Header() + element;
    for (size_t i = 0; i < whole.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string changed = whole;
        changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
        const auto arrays = Parse(changed);
        // Either it says no, or it answers with as many values as dimensions.
        if (arrays.ok()) {
          int64_t size = 1;
          for (const int64_t dim : arrays->at(0).dims) size *= dim;
          EXPECT_EQ(static_cast<int64_t>(arrays->at(0).values.size()), size);
        } else {
          EXPECT_THAT(arrays, StatusIs(StatusCode::kInvalidArgument,
                                       HasSubstr("dir/file.mat")));
        }
      }
    }
  }
}

}  // namespace
}  // namespace nclab
