#include "tools/base/files/safetensors.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "absl/strings/escaping.h"
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

// What safetensors 0.8.0 for Python gives for
//   save({"b": float32 [1.5, -2], "a": int64 [[1], [2]], "c": uint8 7,
//         "aa": float32 of shape (0, 3)}, metadata={"k": "v"})
std::string Golden() {
  const std::string header =
      R"({"__metadata__":{"k":"v"},)"
      R"("a":{"dtype":"I64","shape":[2,1],"data_offsets":[0,16]},)"
      R"("aa":{"dtype":"F32","shape":[0,3],"data_offsets":[16,16]},)"
      R"("b":{"dtype":"F32","shape":[2],"data_offsets":[16,24]},)"
      R"("c":{"dtype":"U8","shape":[],"data_offsets":[24,25]}})";
  return absl::StrCat(absl::HexStringToBytes("f800000000000000"), header,
                      absl::HexStringToBytes("01000000000000000200000000000000"
                                             "0000c03f000000c0"
                                             "07"));
}

TEST(WriteSafetensors, EqualsTheReferenceWriter) {
  const std::string path = EmptyTestDirectory() + "/f.safetensors";
  const float b[] = {1.5f, -2.0f};
  const int64_t a[] = {1, 2};
  const uint8_t c = 7;
  ASSERT_THAT(WriteSafetensors(path,
                               {{"c", "U8", {}, &c},
                                {"b", "F32", {2}, b},
                                {"a", "I64", {2, 1}, a},
                                {"aa", "F32", {0, 3}, nullptr}},
                               {{"k", "v"}}),
              IsOk());
  EXPECT_EQ(absl::CHexEscape(*ReadFile(path)), absl::CHexEscape(Golden()));
}

TEST(WriteSafetensors, PadsTheHeaderToEightBytes) {
  const std::string path = EmptyTestDirectory() + "/f.safetensors";
  const uint8_t byte = 1;
  for (const char* name : {"a", "ab", "abc", "abcdefg", "abcdefgh"}) {
    ASSERT_THAT(WriteSafetensors(path, {{name, "U8", {1}, &byte}}), IsOk());
    const std::string bytes = *ReadFile(path);
    uint64_t header;
    std::memcpy(&header, bytes.data(), 8);
    EXPECT_EQ(header % 8, 0);
    EXPECT_EQ(bytes.size(), 8 + header + 1);
  }
}

TEST(VerifyChecksum, NoticesEveryFlippedBitAndEveryTruncation) {
  const std::string path = EmptyTestDirectory() + "/f.safetensors";
  const float b[] = {1.5f, -2.0f};
  const uint8_t c = 7;
  ASSERT_THAT(
      WriteSafetensors(path, {{"c", "U8", {}, &c}, {"b", "F32", {2}, b}},
                       {{"k", "v"}, {kChecksumKey, ""}}),
      IsOk());
  const std::string whole = *ReadFile(path);
  const auto verify = [&](const std::string& bytes) -> absl::Status {
    EXPECT_THAT(WriteFileAtomically(path, bytes), IsOk());
    NCLAB_ASSIGN_OR_RETURN(const SafetensorsReader reader,
                           SafetensorsReader::Open(path));
    return reader.VerifyChecksum();
  };
  EXPECT_THAT(verify(whole), IsOk());
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(verify(whole.substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(verify(whole + "x").ok());
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] ^= static_cast<char>(1 << bit % 8);
    EXPECT_FALSE(verify(bytes).ok()) << "bit " << bit;
  }
}

TEST(VerifyChecksum, IsTheCrc32OfTheFileWithZerosInItsPlace) {
  const std::string path = EmptyTestDirectory() + "/f.safetensors";
  const uint8_t c = 7;
  ASSERT_THAT(
      WriteSafetensors(path, {{"c", "U8", {1}, &c}}, {{kChecksumKey, ""}}),
      IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const SafetensorsReader reader,
                             SafetensorsReader::Open(path));
  // Python: zlib.crc32(bytes.replace(value, b"00000000"))
  EXPECT_EQ(reader.metadata().at(kChecksumKey), "6666e2d2");
}

TEST(VerifyChecksum, SaysThatThereIsNone) {
  const std::string path = EmptyTestDirectory() + "/f.safetensors";
  const uint8_t c = 7;
  ASSERT_THAT(WriteSafetensors(path, {{"c", "U8", {1}, &c}}), IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const SafetensorsReader reader,
                             SafetensorsReader::Open(path));
  EXPECT_THAT(reader.VerifyChecksum(),
              StatusIs(StatusCode::kDataLoss, HasSubstr("no checksum")));
}

class Reader : public testing::Test {
 protected:
  absl::StatusOr<SafetensorsReader> Open(const std::string& bytes) {
    EXPECT_THAT(WriteFileAtomically(path_, bytes), IsOk());
    return SafetensorsReader::Open(path_);
  }
  // A file of this header and so many bytes of data.
  absl::StatusOr<SafetensorsReader> OpenHeader(const std::string& header,
                                               size_t data = 0) {
    std::string size(8, '\0');
    const uint64_t n = header.size();
    std::memcpy(size.data(), &n, 8);
    return Open(size + header + std::string(data, 'x'));
  }
  static std::string Entry(const std::string& name, const std::string& shape,
                           const std::string& offsets,
                           const std::string& dtype = "F32") {
    return absl::StrCat("\"", name, R"(":{"dtype":")", dtype, R"(","shape":[)",
                        shape, R"(],"data_offsets":[)", offsets, "]}");
  }
  auto Wrong(const std::string& word) {
    return StatusIs(StatusCode::kInvalidArgument,
                    AllOf(HasSubstr(path_), HasSubstr(word)));
  }

  const std::string path_ = EmptyTestDirectory() + "/f.safetensors";
};

TEST_F(Reader, ReadsTheGoldenFile) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const SafetensorsReader reader, Open(Golden()));
  ASSERT_EQ(reader.entries().size(), 4);
  EXPECT_EQ(reader.metadata().at("k"), "v");
  EXPECT_EQ(reader.Find("z"), nullptr);
  const SafetensorsEntry* const a = reader.Find("a");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->dtype, "I64");
  EXPECT_THAT(a->shape, testing::ElementsAre(2, 1));
  EXPECT_EQ(a->numel(), 2);
  EXPECT_EQ(reader.Find("aa")->numel(), 0);
  EXPECT_EQ(reader.Find("c")->numel(), 1);
  float b[2];
  ASSERT_THAT(reader.Read(*reader.Find("b"), 0, 8, b), IsOk());
  EXPECT_EQ(b[0], 1.5f);
  ASSERT_THAT(reader.Read(*reader.Find("b"), 4, 4, b), IsOk());
  EXPECT_EQ(b[0], -2.0f);
  EXPECT_FALSE(reader.Read(*reader.Find("b"), 4, 5, b).ok());
}

TEST_F(Reader, TakesPaddingEmptyFilesAndAnyOrder) {
  EXPECT_THAT(OpenHeader("{}"), IsOk());
  EXPECT_THAT(OpenHeader("{}      "), IsOk());
  EXPECT_THAT(OpenHeader(absl::StrCat("{", Entry("a", "1", "4,8"), ",",
                                      Entry("b", "1", "0,4"), "}"),
                         8),
              IsOk());
}

TEST_F(Reader, RefusesEveryTruncation) {
  const std::string golden = Golden();
  for (size_t size = 0; size < golden.size(); ++size) {
    EXPECT_THAT(Open(golden.substr(0, size)), Wrong("not a valid safetensors"))
        << size;
  }
}

TEST_F(Reader, RefusesALyingHeaderSize) {
  for (const char* size : {"ffffffffffffffff", "00e1f50500000001",
                           "0000000000000080", "0300000000000000"}) {
    EXPECT_THAT(Open(absl::HexStringToBytes(size) + "{}"),
                Wrong("says that its header has"));
  }
  EXPECT_THAT(Open(absl::HexStringToBytes("0000000000000000") + "{}"),
              Wrong("'{'"));
}

TEST_F(Reader, RefusesAHeaderThatIsNoObject) {
  EXPECT_THAT(OpenHeader("[]"), Wrong("'{'"));
  EXPECT_THAT(OpenHeader(" {}"), Wrong("'{'"));
  EXPECT_THAT(OpenHeader("{\"a\":"), Wrong("JSON"));
  EXPECT_THAT(OpenHeader("{} x"), Wrong("JSON"));
  EXPECT_THAT(OpenHeader("{\"a\xff\":1}"), Wrong("JSON"));
}

TEST_F(Reader, RefusesDuplicateNames) {
  EXPECT_THAT(OpenHeader(absl::StrCat("{", Entry("a", "1", "0,4"), ",",
                                      Entry("a", "1", "0,4"), "}"),
                         4),
              Wrong("twice"));
  EXPECT_THAT(OpenHeader(R"({"a":{"dtype":"U8","dtype":"U8","shape":[],)"
                         R"("data_offsets":[0,1]}})",
                         1),
              Wrong("twice"));
  EXPECT_THAT(OpenHeader(R"({"__metadata__":{"k":"1","k":"2"}})"),
              Wrong("twice"));
}

TEST_F(Reader, ReadsLongHeadersAndRefusesTheirDuplicates) {
  const int count = 120'000;
  std::string entries;
  const auto name = [](int i) { return absl::StrCat("layer.", i); };
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&entries, i == 0 ? "" : ",",
                    Entry(name(i), "0", "0,0", "F32"));
  }
  NCLAB_ASSERT_OK_AND_ASSIGN(const SafetensorsReader reader,
                             OpenHeader("{" + entries + "}"));
  for (int i = 0; i < count; ++i) {
    ASSERT_NE(reader.Find(name(i)), nullptr) << i;
  }
  EXPECT_EQ(reader.Find("layer."), nullptr);
  EXPECT_EQ(reader.Find("z"), nullptr);
  EXPECT_THAT(reader.Names(), AllOf(HasSubstr("layer.0, layer.1, layer.10"),
                                    HasSubstr("and 119980 more")));
  EXPECT_LT(reader.Names().size(), 500);
  EXPECT_THAT(
      OpenHeader(absl::StrCat("{", entries, ",",
                              Entry(name(count - 1), "0", "0,0", "F32"), "}")),
      Wrong("twice"));
}

TEST_F(Reader, RefusesOverlapsHolesAndTheRest) {
  const auto two = [&](const std::string& a, const std::string& b, size_t n) {
    return OpenHeader(
        absl::StrCat("{", Entry("a", "1", a), ",", Entry("b", "1", b), "}"), n);
  };
  EXPECT_THAT(two("0,4", "4,8", 8), IsOk());
  EXPECT_THAT(two("0,4", "0,4", 4), Wrong("'b' begins at byte 0"));
  EXPECT_THAT(two("0,4", "2,6", 6), Wrong("'b' begins at byte 2"));
  EXPECT_THAT(two("0,4", "5,9", 9), Wrong("expected 4"));
  EXPECT_THAT(two("1,5", "5,9", 9), Wrong("'a' begins at byte 1"));
  EXPECT_THAT(two("0,4", "4,8", 9), Wrong("end at byte 8"));
}

TEST_F(Reader, RefusesSizesThatDoNotFit) {
  const auto one = [&](const std::string& shape, const std::string& offsets,
                       size_t n, const std::string& dtype = "F32") {
    return OpenHeader("{" + Entry("a", shape, offsets, dtype) + "}", n);
  };
  EXPECT_THAT(one("2", "0,4", 4), Wrong("need 8"));
  EXPECT_THAT(one("1", "0,8", 8), Wrong("need 4"));
  EXPECT_THAT(one("1", "0,4", 3), Wrong("has 3 bytes of data"));
  EXPECT_THAT(one("1", "4,0", 4), Wrong("[4, 0]"));
  EXPECT_THAT(one("4294967296,4294967296", "0,0", 0), Wrong("overflows"));
  EXPECT_THAT(one("4611686018427387904", "0,0", 0), Wrong("overflows"));
  EXPECT_THAT(one("18446744073709551615,0", "0,0", 0), Wrong("overflows"));
  EXPECT_THAT(one("-1", "0,4", 4), Wrong("no whole number"));
  EXPECT_THAT(one("1.5", "0,4", 4), Wrong("'a'"));
  EXPECT_THAT(one("1", "-4,0", 4), Wrong("'a'"));
  EXPECT_THAT(one("1", "0,4,8", 4), Wrong("'a'"));
  EXPECT_THAT(one("3", "0,2", 2, "F4"), Wrong("12 bits"));
  EXPECT_THAT(one("4", "0,2", 2, "F6_E2M3"), Wrong("need 3"));
}

TEST_F(Reader, TakesTypesThatItCannotRead) {
  const auto one = [&](const std::string& dtype, const std::string& shape,
                       const std::string& offsets, size_t n) {
    return OpenHeader("{" + Entry("a", shape, offsets, dtype) + "}", n);
  };
  EXPECT_THAT(one("F4", "2,3", "0,3", 3), IsOk());
  EXPECT_THAT(one("F6_E2M3", "4", "0,3", 3), IsOk());
  EXPECT_THAT(one("F6_E3M2", "8", "0,6", 6), IsOk());
  EXPECT_THAT(one("F8_E8M0", "5", "0,5", 5), IsOk());
  EXPECT_THAT(one("Q7_OF_TOMORROW", "5", "0,3", 3), IsOk());
  // Their place is checked all the same.
  EXPECT_THAT(one("Q7_OF_TOMORROW", "5", "0,3", 4), Wrong("end at byte 3"));
  EXPECT_THAT(one("Q7_OF_TOMORROW", "5", "0,5", 4), Wrong("4 bytes of data"));
  EXPECT_THAT(one("Q7_OF_TOMORROW", "4611686018427387904,2", "0,0", 0),
              Wrong("overflows"));
}

TEST_F(Reader, RefusesEntriesOfAnotherForm) {
  EXPECT_THAT(OpenHeader("{\"a\":1}"), Wrong("'a'"));
  EXPECT_THAT(OpenHeader("{\"a\":{}}"), Wrong("'a'"));
  EXPECT_THAT(OpenHeader("{\"__metadata__\":[]}"), Wrong("__metadata__"));
  EXPECT_THAT(OpenHeader("{\"__metadata__\":{\"k\":1}}"), Wrong("'k'"));
}

TEST_F(Reader, SaysThatThereIsNoFile) {
  EXPECT_THAT(SafetensorsReader::Open(path_ + ".absent"),
              StatusIs(StatusCode::kNotFound, HasSubstr(".absent")));
  EXPECT_THAT(SafetensorsReader::Open("/tmp"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("/tmp")));
  EXPECT_THAT(SafetensorsReader::Open("/dev/zero"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("a device")));
}

TEST_F(Reader, RefusesAFifoWithoutWaiting) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(SafetensorsReader::Open(path_),
              StatusIs(StatusCode::kInvalidArgument,
                       AllOf(HasSubstr(path_), HasSubstr("a pipe"))));
}

TEST_F(Reader, NoticesThatTheFileBecameShorter) {
  NCLAB_ASSERT_OK_AND_ASSIGN(SafetensorsReader reader, Open(Golden()));
  ASSERT_EQ(truncate(path_.c_str(), 260), 0);
  const SafetensorsReader moved = std::move(reader);
  int64_t a[2];
  EXPECT_THAT(moved.Read(*moved.Find("a"), 0, 16, a),
              StatusIs(StatusCode::kDataLoss, HasSubstr(path_)));
}

}  // namespace
}  // namespace nclab
