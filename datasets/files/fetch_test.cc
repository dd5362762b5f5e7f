#include "datasets/files/fetch.h"

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "datasets/files/checksums.h"
#include "datasets/files/data_files.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/base/process/subprocess.h"
#include "tools/testing/file_server.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// 100,000 bytes that differ everywhere.
std::string Long() {
  std::string bytes;
  for (int i = 0; bytes.size() < 100000; ++i) absl::StrAppend(&bytes, i, ",");
  bytes.resize(100000);
  return bytes;
}

Download Of(const std::string& name, const std::string& bytes,
            std::vector<std::string> urls) {
  return {name, static_cast<int64_t>(bytes.size()), Sha256(bytes),
          std::move(urls)};
}

class Fetch : public testing::Test {
 protected:
  // A dataset of one file, "a", whose contents are Long(), with these sources.
  DatasetInfo Toy(std::vector<std::string> urls) {
    DatasetInfo info{.name = "toy"};
    info.files = {{"a", Sha256(Long()), ""}};
    info.downloads = {Of("a", Long(), std::move(urls))};
    info.terms = "free";
    return info;
  }
  absl::Status Run(const DatasetInfo& info) {
    FetchOptions options = options_;
    if (!options.say) {
      options.say = [this](absl::string_view line) {
        said_.emplace_back(line);
      };
    }
    return FetchFiles(info, directory_, options);
  }
  std::string Said() const { return absl::StrJoin(said_, "\n"); }
  std::string Contents(const std::string& name) {
    const absl::StatusOr<std::string> bytes = ReadFile(directory_ + "/" + name);
    return bytes.ok() ? *bytes : "none";
  }
  void Write(const std::string& name, const std::string& bytes) {
    std::filesystem::create_directories(directory_);
    ASSERT_THAT(WriteFileAtomically(directory_ + "/" + name, bytes), IsOk());
  }
  // The names in the directory, hidden ones too.
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  const std::string data_dir_ = EmptyTestDirectory();
  const std::string directory_ = data_dir_ + "/toy";
  FetchOptions options_;
  std::vector<std::string> said_;
};

TEST_F(Fetch, BringsAFileAndSaysSoBefore) {
  FileServer server(FileServer::Files{{"/dir/a", {.bytes = Long()}}});
  ASSERT_THAT(Run(Toy({server.Url("/dir/a")})), IsOk());
  EXPECT_EQ(Contents("a"), Long());
  ASSERT_FALSE(said_.empty());
  EXPECT_THAT(said_[0],
              AllOf(HasSubstr("toy: fetching a, 100.0 kB, from 127.0.0.1:"),
                    HasSubstr("(terms: free)"), HasSubstr(directory_)));
  EXPECT_THAT(server.Requests(), ElementsAre("/dir/a"));
  EXPECT_THAT(Names(), ElementsAre(".fetch.lock", "a"));
}

TEST_F(Fetch, LeavesAloneWhatIsThere) {
  Write("a.gz", "whatever it is");
  ASSERT_THAT(Run(Toy({"http://127.0.0.1:1/a"})), IsOk());
  EXPECT_EQ(Said(), "");
  EXPECT_EQ(Contents("a"), "none");
}

TEST_F(Fetch, FollowsARedirect) {
  FileServer server(FileServer::Files{{"/a", {.bytes = Long()}}});
  FileServer other(FileServer::Files{{"/old", {.redirect = server.Url("/a")}}});
  ASSERT_THAT(Run(Toy({other.Url("/old")})), IsOk());
  EXPECT_EQ(Contents("a"), Long());
}

TEST_F(Fetch, TriesSourcesInTheirOrder) {
  FileServer server(FileServer::Files{{"/second", {.bytes = Long()}},
                                      {"/third", {.bytes = Long()}}});
  ASSERT_THAT(Run(Toy({server.Url("/first"), server.Url("/second"),
                       server.Url("/third")})),
              IsOk());
  EXPECT_EQ(Contents("a"), Long());
  EXPECT_THAT(server.Requests(), ElementsAre("/first", "/second"));
  EXPECT_THAT(Said(), HasSubstr("404"));
}

TEST_F(Fetch, GoesOnWhereATransferBrokeOff) {
  FileServer server(FileServer::Files{
      {"/a", {.bytes = Long(), .break_offs = 2, .break_after = 30000}}});
  ASSERT_THAT(Run(Toy({server.Url("/a")})), IsOk());
  EXPECT_EQ(Contents("a"), Long());
  EXPECT_THAT(server.Requests(),
              ElementsAre("/a", "/a from 30000", "/a from 60000"));
}

TEST_F(Fetch, GoesOnWhereAnEarlierCallStopped) {
  FileServer server(FileServer::Files{
      {"/a", {.bytes = Long(), .break_after = 40000, .hangs = 1}}});
  options_.stop_requested = [&] {
    std::error_code error;
    return std::filesystem::file_size(directory_ + "/.a.part", error) == 40000;
  };
  EXPECT_THAT(Run(Toy({server.Url("/a")})),
              StatusIs(StatusCode::kCancelled, HasSubstr("same command")));
  EXPECT_EQ(Contents("a"), "none");
  options_ = {};
  ASSERT_THAT(Run(Toy({server.Url("/a")})), IsOk());
  EXPECT_EQ(Contents("a"), Long());
  EXPECT_THAT(server.Requests(), ElementsAre("/a", "/a from 40000"));
}

TEST_F(Fetch, BeginsAgainWhereASourceKnowsNoRanges) {
  FileServer server(FileServer::Files{{"/a",
                                       {.bytes = Long(),
                                        .break_offs = 1,
                                        .break_after = 30000,
                                        .ranges = false}}});
  ASSERT_THAT(Run(Toy({server.Url("/a")})), IsOk());
  EXPECT_EQ(Contents("a"), Long());
}

TEST_F(Fetch, TakesNothingWithAWrongSum) {
  std::string wrong = Long();
  wrong[500] ^= 1;
  FileServer server(FileServer::Files{{"/a", {.bytes = wrong}}});
  EXPECT_THAT(
      Run(Toy({server.Url("/a")})),
      StatusIs(StatusCode::kUnavailable,
               AllOf(HasSubstr(server.Url("/a")), HasSubstr(Sha256(wrong)),
                     HasSubstr("expected " + Sha256(Long())))));
  EXPECT_FALSE(std::filesystem::exists(directory_)) << "nothing is left";
}

TEST_F(Fetch, TakesTheNextSourceAfterAWrongSum) {
  FileServer server(
      FileServer::Files{{"/bad", {.bytes = std::string(100000, 'x')}},
                        {"/a", {.bytes = Long()}}});
  ASSERT_THAT(Run(Toy({server.Url("/bad"), server.Url("/a")})), IsOk());
  EXPECT_EQ(Contents("a"), Long());
}

TEST_F(Fetch, TakesNothingOfAnotherSize) {
  FileServer server(FileServer::Files{{"/short", {.bytes = "abc"}},
                                      {"/long", {.bytes = Long() + Long()}}});
  EXPECT_THAT(Run(Toy({server.Url("/short"), server.Url("/long")})),
              StatusIs(StatusCode::kUnavailable,
                       AllOf(HasSubstr("has 3 bytes; expected 100000"),
                             HasSubstr("has 200000 bytes"))));
  EXPECT_FALSE(std::filesystem::exists(directory_)) << "nothing is left";
}

TEST_F(Fetch, ForgetsABeginningThatBelongsToAnotherFile) {
  Write(".a.part", std::string(5000, 'x'));
  FileServer server(FileServer::Files{{"/a", {.bytes = Long()}}});
  ASSERT_THAT(Run(Toy({server.Url("/a")})), IsOk());
  EXPECT_EQ(Contents("a"), Long());
  EXPECT_THAT(server.Requests(), ElementsAre("/a from 5000", "/a"));
}

TEST_F(Fetch, ChecksAPartThatIsWhole) {
  Write(".a.part", Long());
  ASSERT_THAT(Run(Toy({"http://127.0.0.1:1/a"})), IsOk());
  EXPECT_EQ(Contents("a"), Long());
}

TEST_F(Fetch, SaysHowItGoes) {
  FileServer server(FileServer::Files{
      {"/a", {.bytes = Long(), .break_after = 40000, .hangs = 1}}});
  options_.progress_every = absl::ZeroDuration();
  options_.stop_requested = [&] {
    return Said().find("a: 40.0 kB of 100.0 kB") != std::string::npos;
  };
  EXPECT_THAT(Run(Toy({server.Url("/a")})),
              StatusIs(StatusCode::kCancelled, HasSubstr("toy")));
  EXPECT_THAT(Said(), HasSubstr("MB/s"));
}

TEST_F(Fetch, SaysThatThereIsNoRoom) {
  DatasetInfo info = Toy({"http://127.0.0.1:1/a"});
  info.downloads[0].bytes = int64_t{1} << 60;
  EXPECT_THAT(Run(info), StatusIs(StatusCode::kResourceExhausted,
                                  HasSubstr("Not enough room")));
}

TEST_F(Fetch, HeedsTheProxyOfTheEnvironment) {
  FileServer proxy(
      FileServer::Files{{"http://far.invalid/a", {.bytes = Long()}}});
  setenv("http_proxy", proxy.Url("").c_str(), 1);
  const absl::Status status = Run(Toy({"http://far.invalid/a"}));
  unsetenv("http_proxy");
  EXPECT_THAT(status, IsOk());
  EXPECT_EQ(Contents("a"), Long());
}

TEST_F(Fetch, BeginsAgainWhereASourceHasLess) {
  Write(".a.part", std::string(5000, 'x'));
  FileServer server(FileServer::Files{{"/a", {.bytes = "abc"}}});
  EXPECT_THAT(Run(Toy({server.Url("/a")})),
              StatusIs(StatusCode::kUnavailable,
                       HasSubstr("has 3 bytes; expected 100000")));
  EXPECT_THAT(server.Requests(), ElementsAre("/a from 5000", "/a"));
}

TEST_F(Fetch, KnowsNoOtherProtocol) {
  EXPECT_THAT(
      Run(Toy({"ftp://127.0.0.1:1/a"})),
      StatusIs(StatusCode::kUnavailable, HasSubstr("\"ftp\" not supported")));
  FileServer server(
      FileServer::Files{{"/a", {.redirect = "file://" + data_dir_ + "/any"}}});
  EXPECT_THAT(
      Run(Toy({server.Url("/a")})),
      StatusIs(StatusCode::kUnavailable, HasSubstr("\"file\" not supported")));
}

TEST_F(Fetch, SaysThatTheDiskIsFull) {
  std::filesystem::create_directories(directory_);
  std::filesystem::create_symlink("/dev/full", directory_ + "/.a.part");
  FileServer server(FileServer::Files{{"/a", {.bytes = Long()}}});
  EXPECT_THAT(Run(Toy({server.Url("/a")})),
              StatusIs(StatusCode::kResourceExhausted,
                       HasSubstr("Cannot write " + directory_ + "/.a.part")));
}

// A dataset whose files "a" and "b" lie in an archive.
class FetchArchive : public Fetch {
 protected:
  FetchArchive() {
    const std::string place = data_dir_ + "/made/unpacked";
    std::filesystem::create_directories(place);
    for (const char* name : {"a", "b", "huge"}) {
      EXPECT_THAT(WriteFileAtomically(absl::StrCat(place, "/", name),
                                      absl::StrCat("contents of ", name)),
                  IsOk());
    }
    const std::string path = data_dir_ + "/made/toy.tar.gz";
    const auto made = RunProgram(
        {"tar", "-C", data_dir_ + "/made", "-czf", path, "unpacked"});
    EXPECT_TRUE(made.ok() && made->exit_code == 0);
    const absl::StatusOr<std::string> bytes = ReadFile(path);
    EXPECT_THAT(bytes, IsOk());
    archive_ = bytes.value_or("");
  }
  DatasetInfo ToyInArchive(const std::string& url) {
    DatasetInfo info{.name = "toy"};
    info.files = {{"a", Sha256("contents of a"), ""},
                  {"b", Sha256("contents of b"), ""}};
    info.folder = "unpacked";
    info.downloads = {Of("toy.tar.gz", archive_, {url})};
    info.terms = "free";
    return info;
  }

  std::string archive_;
};

TEST_F(FetchArchive, UnpacksTheFilesOfTheDatasetOnly) {
  FileServer server(FileServer::Files{{"/toy.tar.gz", {.bytes = archive_}}});
  ASSERT_THAT(Run(ToyInArchive(server.Url("/toy.tar.gz"))), IsOk());
  EXPECT_EQ(Contents("unpacked/a"), "contents of a");
  EXPECT_EQ(Contents("unpacked/b"), "contents of b");
  EXPECT_EQ(Contents("unpacked/huge"), "none");
  EXPECT_THAT(Names(), ElementsAre(".fetch.lock", "unpacked"));
  said_.clear();
  ASSERT_THAT(Run(ToyInArchive(server.Url("/toy.tar.gz"))), IsOk());
  EXPECT_EQ(Said(), "");
}

TEST_F(FetchArchive, UnpacksWhatSomebodyPutThere) {
  Write("toy.tar.gz", archive_);
  ASSERT_THAT(Run(ToyInArchive("http://127.0.0.1:1/toy.tar.gz")), IsOk());
  EXPECT_EQ(Contents("unpacked/a"), "contents of a");
  EXPECT_EQ(Contents("toy.tar.gz"), archive_);
}

TEST_F(FetchArchive, SaysWhatTheArchiveLacks) {
  FileServer server(FileServer::Files{{"/toy.tar.gz", {.bytes = archive_}}});
  DatasetInfo info = ToyInArchive(server.Url("/toy.tar.gz"));
  info.files.push_back({"c", "", ""});
  EXPECT_THAT(Run(info), StatusIs(StatusCode::kFailedPrecondition,
                                  AllOf(HasSubstr("toy.tar.gz"),
                                        HasSubstr("c: Not found"))));
  EXPECT_EQ(Contents("unpacked/a"), "none") << "all or nothing";
}

TEST_F(Fetch, HappensAtFirstUseWhereItMay) {
  FileServer server(FileServer::Files{{"/a", {.bytes = Long()}}});
  const DatasetInfo info = Toy({server.Url("/a")});
  EXPECT_THAT(ReadOfficialFiles(info, {data_dir_}),
              StatusIs(StatusCode::kNotFound,
                       HasSubstr("let --fetch=auto bring a, 100.0 kB, from "
                                 "127.0.0.1")));
  EXPECT_THAT(server.Requests(), ElementsAre());
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto files,
                             ReadOfficialFiles(info, {data_dir_, true}));
  EXPECT_TRUE(files[0].origin.official);
  EXPECT_EQ(files[0].origin.path, directory_ + "/a");
}

TEST_F(Fetch, ThatFailsSaysWhereToPutTheFiles) {
  FileServer server(FileServer::Files{});
  EXPECT_THAT(ReadOfficialFiles(Toy({server.Url("/a")}), {data_dir_, true}),
              StatusIs(StatusCode::kNotFound,
                       AllOf(HasSubstr(directory_), HasSubstr("Put there: a"),
                             HasSubstr("Fetching failed"), HasSubstr("404"))));
}

TEST_F(Fetch, CompletesWhatIsThereInPart) {
  FileServer server(FileServer::Files{{"/b", {.bytes = "bytes"}}});
  DatasetInfo info = Toy({"http://127.0.0.1:1/a"});
  info.files.push_back({"b", Sha256("bytes"), ""});
  info.downloads.push_back(Of("b", "bytes", {server.Url("/b")}));
  Write("a", "put by hand");
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto files,
                             ReadOfficialFiles(info, {data_dir_, true}));
  EXPECT_EQ(files[0].bytes, "put by hand");
  EXPECT_FALSE(files[0].origin.official);
  EXPECT_TRUE(files[1].origin.official);
}

}  // namespace
}  // namespace nclab
