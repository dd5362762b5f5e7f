// What NumPy's own reader takes (numpy.lib.format), and what it refuses.
#include "tools/base/tensors/npy_header.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(NpyHeader, IsReadHoweverItIsWritten) {
  for (const char* text :
       {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }\n",
        "{'shape': (3, 2), 'fortran_order': False, 'descr': '<f4'}",
        "{\"descr\":\"<f4\",\"fortran_order\":False,\"shape\":(3,2)}",
        " { 'descr' : '<f4' , 'fortran_order' : False,\n'shape':( 3 ,2, ) , } ",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3L, 2L), }  \n",
        "{u'descr': u'<f4', u'fortran_order': False, u'shape': (3, 2)}",
        "{'descr': '>f4', 'fortran_order': False, 'shape': (9,), "
        "'descr': '<f4', 'shape': (3, 2)}"}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(const NpyHeader header, ParseNpyHeader(text));
    EXPECT_EQ(header.dtype, "F32") << text;
    EXPECT_THAT(header.shape, ElementsAre(3, 2)) << text;
    EXPECT_FALSE(header.fortran_order) << text;
    EXPECT_FALSE(header.big_endian) << text;
  }
}

absl::StatusOr<NpyHeader> OfType(const std::string& descr) {
  return ParseNpyHeader(absl::StrCat(
      "{'descr': '", descr, "', 'fortran_order': True, 'shape': (7,)}"));
}

TEST(NpyHeader, KnowsEveryNameOfAType) {
  for (const auto& [descr, dtype] :
       std::vector<std::pair<std::string, std::string>>{
           {"<f2", "F16"},    {"f4", "F32"},  {"=f4", "F32"},
           {"|f4", "F32"},    {"f", "F32"},   {"float32", "F32"},
           {"<f8", "F64"},    {"d", "F64"},   {"|b1", "BOOL"},
           {"?", "BOOL"},     {"|u1", "U8"},  {"<u1", "U8"},
           {">u1", "U8"},     {"u1", "U8"},   {"B", "U8"},
           {"|i1", "I8"},     {"<u2", "U16"}, {"<i4", "I32"},
           {"uint32", "U32"}, {"<i8", "I64"}, {"int64", "I64"},
           {"<u8", "U64"}}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(const NpyHeader header, OfType(descr));
    EXPECT_EQ(header.dtype, dtype) << descr;
    EXPECT_TRUE(header.fortran_order);
    EXPECT_EQ(header.big_endian, descr[0] == '>') << descr;
  }
  for (const char* descr : {"<f16", "<c8", "|O", "<U5", "|S3", "<M8[ns]", "",
                            "<", "<<f4", "V2", "f3"}) {
    EXPECT_THAT(OfType(descr),
                StatusIs(StatusCode::kUnimplemented,
                         HasSubstr(absl::StrCat("type '", descr, "'"))));
  }
}

TEST(NpyHeader, HasAnyNumberOfDimensions) {
  const auto shape = [](const std::string& text) {
    return ParseNpyHeader(absl::StrCat(
        "{'descr': '<f4', 'fortran_order': False, 'shape': ", text, "}"));
  };
  EXPECT_THAT(shape("()")->shape, IsEmpty());
  EXPECT_THAT(shape("(0,)")->shape, ElementsAre(0));
  EXPECT_THAT(shape("(48L,)")->shape, ElementsAre(48));
  EXPECT_THAT(shape("(1, 2, 3, 4)")->shape, ElementsAre(1, 2, 3, 4));
  for (const char* wrong :
       {"(3)", "3", "[3]", "(-3, 2)", "(3, 2", "(3 2)", "(3,,2)",
        "(9223372036854775808,)", "(3.0,)", "(,)", "('3',)", "None"}) {
    EXPECT_THAT(shape(wrong),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr("'shape'")))
        << wrong;
  }
}

TEST(NpyHeader, SaysWhatIsWrong) {
  for (const auto& [text, words] :
       std::vector<std::pair<std::string, std::string>>{
           {"", "no Python dictionary"},
           {"[]", "no Python dictionary"},
           {"{'descr': '<f4', 'fortran_order': False}", "lacks shape"},
           {"{'descr': '<f4', 'shape': (3,)}", "lacks fortran_order"},
           {"{'fortran_order': False, 'shape': (3,)}", "lacks descr"},
           {"{'descr': '<f4', 'fortran_order': 0, 'shape': (3,)}",
            "neither True nor False: 0"},
           {"{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (3,)}",
            "no plain type of numbers: [('x'"},
           {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'x': 1}",
            "key 'x'"},
           {"{'descr': '<f4' 'fortran_order': False, 'shape': (3,)}",
            "no Python dictionary at: 'fortran_order'"},
           {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} 1",
            "goes on after"},
           {"{'descr': '<f4', 'fortran_order': False, 'shape': (3,)",
            "no Python dictionary"}}) {
    EXPECT_THAT(ParseNpyHeader(text),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(words)))
        << text;
  }
}

TEST(NpyPrefix, SaysWhereHeaderAndNumbersBegin) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const NpyPrefix first,
      ParseNpyPrefix(std::string("\x93NUMPY\x01\x00\x76\x01{'", 12)));
  EXPECT_EQ(first.header_begin, 10);
  EXPECT_EQ(first.data_begin, 10 + 0x176);
  for (const char version : {'\x02', '\x03'}) {
    std::string bytes("\x93NUMPY\x01\x00\x76\x01\x00\x00", 12);
    bytes[6] = version;
    NCLAB_ASSERT_OK_AND_ASSIGN(const NpyPrefix prefix, ParseNpyPrefix(bytes));
    EXPECT_EQ(prefix.header_begin, 12);
    EXPECT_EQ(prefix.data_begin, 12 + 0x176);
  }
  const auto wrong = [](absl::string_view bytes, const char* words) {
    EXPECT_THAT(ParseNpyPrefix(bytes),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(words)));
  };
  wrong("", "93 'NUMPY'");
  wrong("\x93NUMPY", "ends within");
  wrong({"\x93NUMPY\x02\x00\x76\x01", 10}, "ends within");
  wrong({"\x93NUMPY\x04\x00\x76\x01\x00\x00", 12}, "version 4");
  wrong({"\x93NUMPY\x02\x00\x00\x00\x00\x01", 12}, "16777216 bytes");
}

}  // namespace
}  // namespace nclab
