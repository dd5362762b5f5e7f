#include "datasets/files/data_files.h"

#include <zlib.h>

#include <filesystem>
#include <map>

#include "absl/strings/str_cat.h"
#include "datasets/files/checksums.h"
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

std::string Gzip(std::string text) {
  z_stream stream = {};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

auto Damaged() {
  return StatusIs(StatusCode::kInvalidArgument, HasSubstr("dir/file.gz"));
}

TEST(Gunzip, GivesTheBytesBack) {
  std::string text;
  for (int i = 0; i < 200000; ++i) absl::StrAppend(&text, i % 977, ",");
  for (const std::string& bytes : {std::string(), std::string("x"), text}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(const std::string back,
                               Gunzip("dir/file.gz", Gzip(bytes)));
    EXPECT_TRUE(back == bytes);
  }
}

TEST(Gunzip, RefusesEveryTruncation) {
  const std::string whole = Gzip("the quick brown fox jumps over it");
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(
        Gunzip("dir/file.gz", whole.substr(0, size)),
        StatusIs(StatusCode::kInvalidArgument,
                 AllOf(HasSubstr("dir/file.gz"), HasSubstr("truncated"))))
        << size;
  }
}

TEST(Gunzip, RefusesDamage) {
  const std::string whole = Gzip("the quick brown fox jumps over it");
  std::string wrong_sum = whole;
  wrong_sum[whole.size() - 8] ^= 1;
  std::string wrong_data = whole;
  wrong_data[whole.size() / 2] ^= 0x40;
  for (const std::string& bytes :
       {wrong_sum, wrong_data, std::string("not gzip at all")}) {
    EXPECT_THAT(Gunzip("dir/file.gz", bytes), Damaged());
  }
}

TEST(Gunzip, RefusesTrailingBytes) {
  EXPECT_THAT(Gunzip("dir/file.gz", Gzip("text") + "more"), Damaged());
}

TEST(Gunzip, ReadsEveryMember) {
  const std::string big(300000, 'b');
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const std::string back,
      Gunzip("dir/file.gz", Gzip("a") + Gzip(big) + Gzip("") + Gzip("c")));
  EXPECT_TRUE(back == "a" + big + "c");
}

TEST(Gunzip, RefusesEveryTruncationOfASecondMember) {
  const std::string first = Gzip("one"), second = Gzip("two");
  for (size_t size = 1; size < second.size(); ++size) {
    EXPECT_THAT(
        Gunzip("dir/file.gz", first + second.substr(0, size)),
        StatusIs(StatusCode::kInvalidArgument,
                 AllOf(HasSubstr("dir/file.gz"), HasSubstr("truncated"))))
        << size;
  }
  std::string damaged = second;
  damaged[second.size() - 8] ^= 1;
  EXPECT_THAT(Gunzip("dir/file.gz", first + damaged),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("not a valid gzip file")));
  for (const std::string& garbage :
       {std::string("x"), std::string(512, '\0'), std::string("\x1f\x8a")}) {
    EXPECT_THAT(
        Gunzip("dir/file.gz", first + garbage),
        StatusIs(StatusCode::kInvalidArgument,
                 HasSubstr(absl::StrCat(garbage.size(),
                                        " bytes after the end of its gzip "
                                        "data, at byte ",
                                        first.size()))));
  }
}

TEST(Gunzip, StopsAtTheLimit) {
  const std::string bomb = Gzip(std::string(1000, 'x'));
  EXPECT_THAT(Gunzip("dir/file.gz", bomb, 1000), IsOk());
  const std::string half = Gzip(std::string(500, 'x'));
  for (const std::string& bytes : {bomb, half + half}) {
    EXPECT_THAT(Gunzip("dir/file.gz", bytes, 999),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr("999")));
  }
}

TEST(Sha256, EqualsThePublishedExamples) {
  // FIPS 180-2, appendix B; and of nothing.
  EXPECT_EQ(Sha256("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256(""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Md5, EqualsThePublishedExamples) {
  // RFC 1321, appendix A.5.
  EXPECT_EQ(Md5("abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(Md5(""), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST(Sha256, IsThatOfAFileToo) {
  // FIPS 180-2, appendix B: a million times "a".
  const std::string bytes(1000000, 'a');
  const std::string sum =
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
  EXPECT_EQ(Sha256(bytes), sum);
  const std::string path = EmptyTestDirectory() + "/a";
  ASSERT_THAT(WriteFileAtomically(path, bytes), IsOk());
  EXPECT_EQ(*Sha256OfFile(path), sum);
  EXPECT_THAT(Sha256OfFile(path + "b"),
              StatusIs(StatusCode::kFailedPrecondition,
                       HasSubstr("Cannot read " + path + "b: No such file")));
}

// Two official files, "a" with the contents "abc".
DatasetInfo Toy() {
  DatasetInfo info{.name = "toy"};
  info.files = {{"a", Sha256("abc"), ""}, {"b", std::string(64, '0'), ""}};
  info.folder = "unpacked";
  return info;
}

class OfficialFiles : public testing::Test {
 protected:
  void Write(const std::string& name, const std::string& bytes) {
    const std::string path = absl::StrCat(directory_, "/", name);
    std::filesystem::create_directories(
        std::filesystem::path(path).parent_path());
    ASSERT_THAT(WriteFileAtomically(path, bytes), IsOk());
  }
  absl::StatusOr<std::vector<LoadedFile>> Read() {
    return ReadOfficialFiles(Toy(), {directory_});
  }
  // Where the first file came from, below the data directory.
  std::string Place() {
    const auto files = Read();
    EXPECT_THAT(files, IsOk());
    return files.ok() ? files->at(0).origin.path.substr(directory_.size() + 1)
                      : "";
  }

  const std::string directory_ = EmptyTestDirectory();
};

TEST_F(OfficialFiles, AreReadWithTheirSums) {
  Write("a", "abc");
  Write("b", "other");
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto files, Read());
  ASSERT_EQ(files.size(), 2);
  EXPECT_EQ(files[0].bytes, "abc");
  EXPECT_TRUE(files[0].origin.official);
  EXPECT_EQ(files[1].bytes, "other");
  EXPECT_FALSE(files[1].origin.official);
}

TEST_F(OfficialFiles, AreLookedForInTheDatasetsDirectoryFirst) {
  Write("a.gz", Gzip("abc"));
  Write("b.gz", Gzip("b"));
  EXPECT_EQ(Place(), "a.gz");
  Write("a", "abc");
  EXPECT_EQ(Place(), "a") << "raw before .gz";
  Write("toy/a.gz", Gzip("abc"));
  Write("toy/b", "b");
  EXPECT_EQ(Place(), "toy/a.gz") << "one may be raw, the other .gz";
  Write("toy/a", "abc");
  EXPECT_EQ(Place(), "toy/a");
}

TEST_F(OfficialFiles, MayLieInTheFolderOfTheirArchive) {
  Write("unpacked/a", "abc");
  Write("unpacked/b", "b");
  EXPECT_EQ(Place(), "unpacked/a");
  Write("toy/unpacked/a", "abc");
  Write("toy/unpacked/b", "b");
  EXPECT_EQ(Place(), "toy/unpacked/a");
}

TEST_F(OfficialFiles, AreKnownByTheirMd5WhereNothingElseIsPublished) {
  DatasetInfo info = Toy();
  info.files = {{"a", "", Md5("abc")}, {"b", "", Md5("abc")}};
  Write("a", "abc");
  Write("b", "abd");
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto files,
                             ReadOfficialFiles(info, {directory_}));
  EXPECT_TRUE(files[0].origin.official);
  EXPECT_EQ(files[0].origin.sha256, Sha256("abc"));
  EXPECT_FALSE(files[1].origin.official);
}

TEST_F(OfficialFiles, HaveTheSumOfTheirDecompressedBytes) {
  Write("a.gz", Gzip("abc"));
  Write("b", "");
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto files, Read());
  EXPECT_TRUE(files[0].origin.official);
}

TEST_F(OfficialFiles, AreAllOrNothingInOnePlace) {
  Write("a", "abc");
  Write("b", "b");
  Write("toy/b", "b");
  EXPECT_THAT(Read(), StatusIs(StatusCode::kNotFound,
                               AllOf(HasSubstr(directory_ + "/toy"),
                                     HasSubstr("Missing: a "))));
}

TEST_F(OfficialFiles, ThatAreNowhereSayWhereToPutThem) {
  EXPECT_THAT(Read(),
              StatusIs(StatusCode::kNotFound,
                       AllOf(HasSubstr(directory_ + "/toy"), HasSubstr("a, b"),
                             HasSubstr("--data_dir"))));
}

TEST_F(OfficialFiles, MayNotBeDirectories) {
  Write("a/inside", "");
  Write("b", "b");
  EXPECT_THAT(Read(), StatusIs(StatusCode::kInvalidArgument,
                               AllOf(HasSubstr(directory_ + "/a"),
                                     HasSubstr("is a directory"))));
}

TEST_F(OfficialFiles, MayNotChangeWhileTheyAreRead) {
  Write("b", "b");
  // A file of the system says that it is empty, and gives bytes.
  std::filesystem::create_symlink("/proc/self/status", directory_ + "/a");
  EXPECT_THAT(Read(), StatusIs(StatusCode::kInvalidArgument,
                               AllOf(HasSubstr(directory_ + "/a"),
                                     HasSubstr("changed while it was read"))));
}

// As MNIST's files for fashion_mnist: the same names, other bytes.
TEST_F(OfficialFiles, OfAnotherDatasetAreRefused) {
  DatasetInfo other{.name = "other_toy"};
  other.files = {{"a", Sha256("theirs"), ""}, {"b", "", Md5("their b")}};
  RegisterDataset(other, nullptr, __FILE__, __LINE__);
  Write("a", "abc");
  Write("b", "mine");
  EXPECT_THAT(Read(), IsOk());
  for (const auto& [name, bytes] : std::map<std::string, std::string>{
           {"a", "theirs"}, {"b", "their b"}, {"b.gz", Gzip("their b")}}) {
    std::filesystem::remove(directory_ + "/b");
    Write("a", "abc");
    if (name == "a") Write("b", "mine");
    Write(name, bytes);
    EXPECT_THAT(Read(), StatusIs(StatusCode::kInvalidArgument,
                                 AllOf(HasSubstr(directory_ + "/" + name),
                                       HasSubstr("dataset 'other_toy'"),
                                       HasSubstr("dataset 'toy'"))));
  }
}

TEST_F(OfficialFiles, OfThePinnedCopyAreForNobodyWhoNamesAPlace) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto* mnist, Datasets().Find("mnist"));
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto files,
                             ReadOfficialFiles(mnist->info, {}));
  EXPECT_TRUE(files[0].origin.official);
  EXPECT_THAT(
      ReadOfficialFiles(mnist->info, {directory_}),
      StatusIs(StatusCode::kNotFound, HasSubstr(directory_ + "/mnist")));
}

TEST_F(OfficialFiles, NameTheDamagedOne) {
  Write("a", "abc");
  Write("b.gz", Gzip("b").substr(0, 12));
  EXPECT_THAT(Read(), StatusIs(StatusCode::kInvalidArgument,
                               HasSubstr(directory_ + "/b.gz")));
}

}  // namespace
}  // namespace nclab
