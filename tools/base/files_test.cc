#include "tools/base/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;
using absl::StatusCode;
using testing::AllOf;
using testing::HasSubstr;

int FilesIn(const std::string& directory) {
  int n = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(directory)) {
    ++n;
  }
  return n;
}

TEST(WriteFileAtomically, ReplacesTheFileAndLeavesNothingElse) {
  const std::string directory = EmptyTestDirectory();
  const std::string path = directory + "/file";
  const std::string bytes("a\0b\n", 4);
  ASSERT_THAT(WriteFileAtomically(path, "the old and longer one"), IsOk());
  ASSERT_THAT(WriteFileAtomically(path, bytes), IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::string back, ReadFile(path));
  EXPECT_EQ(back, bytes);
  EXPECT_EQ(FilesIn(directory), 1);
}

TEST(WriteFileAtomically, KeepsTheOldFileOpenForItsReaders) {
  const std::string path = EmptyTestDirectory() + "/file";
  ASSERT_THAT(WriteFileAtomically(path, "old"), IsOk());
  fs::create_hard_link(path, path + ".held");
  ASSERT_THAT(WriteFileAtomically(path, "new"), IsOk());
  EXPECT_EQ(*ReadFile(path + ".held"), "old") << "written in place";
}

TEST(WriteFileAtomically, LeavesNothingWhereItFails) {
  const std::string directory = EmptyTestDirectory();
  fs::create_directories(directory + "/taken/inside");
  EXPECT_THAT(WriteFileAtomically(directory + "/taken", "text"),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("taken")));
  EXPECT_EQ(FilesIn(directory), 1);
  EXPECT_THAT(WriteFileAtomically(directory + "/absent/file", "text"),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("absent")));
}

TEST(TemporaryName, StartsWithADotInTheSameDirectory) {
  const std::string pid = std::to_string(getpid());
  EXPECT_EQ(TemporaryName("a/b.csv"), "a/.b.csv." + pid + ".tmp");
  EXPECT_EQ(TemporaryName("b.csv"), ".b.csv." + pid + ".tmp");
}

TEST(ReadFile, SaysWhatIsWrong) {
  const std::string directory = EmptyTestDirectory();
  EXPECT_THAT(ReadFile(directory + "/absent"),
              StatusIs(StatusCode::kNotFound, HasSubstr("/absent")));
  EXPECT_THAT(ReadFile(directory),
              StatusIs(StatusCode::kInvalidArgument,
                       AllOf(HasSubstr(directory), HasSubstr("directory"))));
}

TEST(ReadFile, ReadsMoreThanABuffer) {
  const std::string path = EmptyTestDirectory() + "/file";
  std::string bytes;
  for (int i = 0; i < 50000; ++i) absl::StrAppend(&bytes, i);
  ASSERT_THAT(WriteFileAtomically(path, bytes), IsOk());
  EXPECT_TRUE(*ReadFile(path) == bytes);
}

TEST(FilesAndDirectories, AreToldApart) {
  const std::string directory = EmptyTestDirectory();
  ASSERT_THAT(WriteFileAtomically(directory + "/file", ""), IsOk());
  EXPECT_TRUE(FileExists(directory + "/file"));
  EXPECT_FALSE(FileExists(directory));
  EXPECT_TRUE(DirectoryExists(directory));
  EXPECT_FALSE(DirectoryExists(directory + "/file"));
  EXPECT_FALSE(FileExists(directory + "/absent"));
}

TEST(MakeWritableDirectory, MakesParentsAndLeavesNoProbe) {
  const std::string path = EmptyTestDirectory() + "/a/b/c";
  EXPECT_THAT(MakeWritableDirectory(path), IsOk());
  EXPECT_THAT(MakeWritableDirectory(path), IsOk());
  EXPECT_EQ(FilesIn(path), 0);
}

TEST(MakeWritableDirectory, RefusesWhereAFileIsInTheWay) {
  const std::string file = EmptyTestDirectory() + "/file";
  ASSERT_THAT(WriteFileAtomically(file, ""), IsOk());
  for (const std::string& path : {file, file + "/below"}) {
    EXPECT_THAT(MakeWritableDirectory(path),
                StatusIs(StatusCode::kPermissionDenied, HasSubstr(path)));
  }
}

TEST(MakeWritableDirectory, RefusesAPlaceThatIsNotWritable) {
  EXPECT_THAT(MakeWritableDirectory("/proc/nclab"),
              StatusIs(StatusCode::kPermissionDenied, HasSubstr("/proc")));
}

TEST(UserPath, StartsWhereTheUserStands) {
  setenv("BUILD_WORKING_DIRECTORY", "/home/user/work", 1);
  EXPECT_EQ(UserPath("out/run"), "/home/user/work/out/run");
  EXPECT_EQ(UserPath("../out"), "/home/user/out");
  EXPECT_EQ(UserPath("/abs/./x"), "/abs/x");
  unsetenv("BUILD_WORKING_DIRECTORY");
  EXPECT_EQ(UserPath("x"), (fs::current_path() / "x").string());
}

TEST(UserCacheDirectory, FollowsTheEnvironment) {
  setenv("XDG_CACHE_HOME", "/cache", 1);
  EXPECT_EQ(UserCacheDirectory(), "/cache/nclab");
  setenv("XDG_CACHE_HOME", "relative", 1);  // must be absolute: ignored
  setenv("HOME", "/home/user", 1);
  EXPECT_EQ(UserCacheDirectory(), "/home/user/.cache/nclab");
}

TEST(Runfile, IsEmptyWhereThereIsNone) {
  EXPECT_EQ(Runfile("mnist/absent"), "");
  EXPECT_NE(Runfile("tools/base/files.h"), "");
}

std::string HostName() {
  char host[256] = "";
  gethostname(host, sizeof(host) - 1);
  return host;
}

TEST(FileLock, IsHeldByOneUntilItIsDestroyed) {
  const std::string directory = EmptyTestDirectory();
  const std::string path = directory + "/.lock";
  {
    NCLAB_ASSERT_OK_AND_ASSIGN(FileLock lock, FileLock::Acquire(path));
    const FileLock moved = std::move(lock);
    EXPECT_THAT(FileLock::Acquire(path),
                StatusIs(StatusCode::kFailedPrecondition,
                         AllOf(HasSubstr(directory),
                               HasSubstr(absl::StrCat("process ", getpid())),
                               HasSubstr(absl::StrCat(" on ", HostName())))));
    EXPECT_TRUE(FileLock::IsHeld(path));
  }
  EXPECT_FALSE(FileLock::IsHeld(path));
  EXPECT_THAT(FileLock::Acquire(path), IsOk());
}

TEST(FileLock, WaitsUntilTheOtherLetsGo) {
  const std::string path = EmptyTestDirectory() + "/.lock";
  NCLAB_ASSERT_OK_AND_ASSIGN(FileLock lock, FileLock::Acquire(path));
  int asked = 0;
  EXPECT_THAT(FileLock::Acquire(path,
                                [&] {
                                  if (++asked == 3)
                                    const FileLock gone = std::move(lock);
                                  return false;
                                }),
              IsOk());
  EXPECT_EQ(asked, 3);
}

TEST(FileLock, OfADeadProcessIsFree) {
  const std::string path = EmptyTestDirectory() + "/.lock";
  ASSERT_THAT(WriteFileAtomically(path, "process 1 on elsewhere"), IsOk());
  EXPECT_FALSE(FileLock::IsHeld(path));
  EXPECT_EQ(FileLock::Holder(path), "process 1 on elsewhere");
  EXPECT_THAT(FileLock::Acquire(path), IsOk());
}

TEST(WriteFileAtomically, SaysThatTheDiskIsFull) {
  EXPECT_THAT(WriteAll(open("/dev/full", O_WRONLY), "x", "/dev/full"),
              StatusIs(StatusCode::kResourceExhausted,
                       HasSubstr("/dev/full: No space left on device")));
}

}  // namespace
}  // namespace nclab
