#include "tools/base/files/files.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("taken is a directory")));
  EXPECT_EQ(FilesIn(directory), 1);
  EXPECT_THAT(WriteFileAtomically(directory + "/absent/file", "text"),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("absent")));
}

std::string HostName() {
  char host[256] = "";
  gethostname(host, sizeof(host) - 1);
  return host;
}

TEST(WriteFileAtomically, WritesThroughLinksThatStay) {
  const std::string directory = EmptyTestDirectory();
  fs::create_directories(directory + "/far/away");
  ASSERT_THAT(WriteFileAtomically(directory + "/far/away/file", "old"), IsOk());
  fs::create_symlink("away/file", directory + "/far/second");
  fs::create_symlink("far/second", directory + "/first");
  fs::create_symlink("far/new", directory + "/dangling");
  ASSERT_THAT(WriteFileAtomically(directory + "/first", "new"), IsOk());
  ASSERT_THAT(WriteFileAtomically(directory + "/dangling", "made"), IsOk());
  EXPECT_EQ(*ReadFile(directory + "/far/away/file"), "new");
  EXPECT_EQ(*ReadFile(directory + "/far/new"), "made");
  for (const char* link : {"/first", "/far/second", "/dangling"}) {
    EXPECT_TRUE(fs::is_symlink(directory + link)) << link;
  }
  EXPECT_EQ(FilesIn(directory), 3);
  EXPECT_EQ(FilesIn(directory + "/far/away"), 1);
}

TEST(WriteFileAtomically, LeavesWhatIsNoFile) {
  const std::string fifo = EmptyTestDirectory() + "/fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(WriteFileAtomically(fifo, "text"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("a pipe")));
  EXPECT_TRUE(fs::is_fifo(fifo));
}

TEST(TemporaryName, HasHostAndProcess) {
  const std::string end = absl::StrCat(".", HostName(), ".", getpid(), ".tmp");
  EXPECT_EQ(TemporaryName("a/b.csv"), "a/.b.csv" + end);
  EXPECT_EQ(TemporaryName("b.csv"), ".b.csv" + end);
}

TEST(TemporaryName, FitsWhereTheNameItselfFits) {
  const std::string directory = EmptyTestDirectory();
  for (const size_t size : {200, 230, 250, 255}) {
    const std::string a = directory + "/" + std::string(size - 1, 'x') + "a";
    const std::string b = directory + "/" + std::string(size - 1, 'x') + "b";
    EXPECT_NE(TemporaryName(a), TemporaryName(b)) << size;
    EXPECT_THAT(WriteFileAtomically(a, "text"), IsOk()) << size;
    EXPECT_EQ(*ReadFile(a), "text");
  }
  // No character of two bytes is cut in half.
  std::string accents;
  while (accents.size() < 254) accents += "\u00e9";
  for (const std::string& name : {accents, "x" + accents}) {
    const std::string temporary = TemporaryName(directory + "/" + name);
    const std::string cut =
        temporary.substr(directory.size() + 1, temporary.rfind("\u00e9") + 2 -
                                                   (directory.size() + 1));
    EXPECT_EQ(cut, absl::StrCat(".", name).substr(0, cut.size()));
    EXPECT_EQ(temporary[directory.size() + 1 + cut.size()], '.');
    EXPECT_THAT(WriteFileAtomically(directory + "/" + name, "text"), IsOk());
  }
}

TEST(CheckOutputFiles, TakesFilesNewAndOld) {
  const std::string directory = EmptyTestDirectory();
  ASSERT_THAT(WriteFileAtomically(directory + "/file", "text"), IsOk());
  ASSERT_THAT(WriteFileAtomically(directory + "/input", "text"), IsOk());
  fs::create_symlink("file", directory + "/link");
  fs::create_symlink("new", directory + "/dangling");
  EXPECT_THAT(CheckOutputFiles({directory + "/file", directory + "/link",
                                directory + "/dangling", directory + "/a/b"},
                               {directory + "/input", directory + "/absent"}),
              IsOk());
}

TEST(CheckOutputFiles, RefusesWhatIsNoFile) {
  const std::string directory = EmptyTestDirectory();
  ASSERT_EQ(mkfifo((directory + "/fifo").c_str(), 0600), 0);
  fs::create_directory(directory + "/directory");
  fs::create_symlink("/dev/null", directory + "/link");
  fs::create_symlink("itself", directory + "/itself");
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  const std::string before = fs::current_path().string();
  ASSERT_EQ(chdir(directory.c_str()), 0);  // a socket's path is short
  sockaddr_un address = {AF_UNIX, "socket"};
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
            0);
  close(fd);
  ASSERT_EQ(chdir(before.c_str()), 0);
  for (const auto& [path, word] :
       std::vector<std::pair<std::string, std::string>>{
           {directory + "/fifo", "is a pipe (FIFO)"},
           {directory + "/directory", "is a directory"},
           {directory + "/socket", "is a socket"},
           {directory + "/link", "is a device"},
           {directory + "/itself", "a link to itself"},
           {directory + "/new/", "names a directory"},
           {"/dev/null", "is a device"}}) {
    EXPECT_THAT(CheckOutputFiles({path}),
                StatusIs(StatusCode::kInvalidArgument,
                         AllOf(HasSubstr(path), HasSubstr(word))));
  }
}

TEST(CheckOutputFiles, RefusesAnInputByWhateverName) {
  const std::string directory = EmptyTestDirectory();
  const std::string input = directory + "/input";
  ASSERT_THAT(WriteFileAtomically(input, "text"), IsOk());
  fs::create_symlink("input", directory + "/link");
  fs::create_hard_link(input, directory + "/hard");
  fs::create_directory_symlink(directory, directory + "/here");
  for (const char* name : {"/input", "/link", "/hard", "/here/input"}) {
    EXPECT_THAT(CheckOutputFiles({directory + name}, {input}),
                StatusIs(StatusCode::kInvalidArgument,
                         AllOf(HasSubstr(name), HasSubstr("inputs"))));
  }
}

TEST(ReadFile, SaysWhatIsWrong) {
  const std::string directory = EmptyTestDirectory();
  EXPECT_THAT(ReadFile(directory + "/absent"),
              StatusIs(StatusCode::kNotFound, HasSubstr("/absent")));
  EXPECT_THAT(ReadFile(directory),
              StatusIs(StatusCode::kInvalidArgument,
                       AllOf(HasSubstr(directory), HasSubstr("directory"))));
  ASSERT_EQ(mkfifo((directory + "/fifo").c_str(), 0600), 0);
  EXPECT_THAT(ReadFile(directory + "/fifo"),  // and does not wait
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("a pipe")));
  EXPECT_THAT(ReadFile("/dev/zero"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("a device")));
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
  const std::string work = EmptyTestDirectory() + "/work";
  fs::create_directories(work);
  setenv("BUILD_WORKING_DIRECTORY", work.c_str(), 1);
  EXPECT_EQ(UserPath("out/run"), work + "/out/run");
  EXPECT_EQ(UserPath("./out//run/"), work + "/out/run/");
  EXPECT_EQ(UserPath("."), work + "/");
  EXPECT_EQ(UserPath("../out"), fs::canonical(work + "/..").string() + "/out");
  EXPECT_EQ(UserPath("/abs/./x"), "/abs/x");
  EXPECT_EQ(UserPath("/../x"), "/x");
  unsetenv("BUILD_WORKING_DIRECTORY");
  EXPECT_EQ(UserPath("x"), (fs::current_path() / "x").string());
}

TEST(UserPath, IsTheFileThatTheKernelMeans) {
  const std::string directory = EmptyTestDirectory();
  fs::create_directories(directory + "/far/away");
  fs::create_directory_symlink("far/away", directory + "/link");
  ASSERT_THAT(WriteFileAtomically(directory + "/far/file", "far"), IsOk());
  ASSERT_THAT(WriteFileAtomically(directory + "/file", "near"), IsOk());
  setenv("BUILD_WORKING_DIRECTORY", directory.c_str(), 1);
  for (const char* path : {"link/../file", "./link/./../file", "file",
                           "link/../../file", "far/../link/../file"}) {
    EXPECT_TRUE(fs::equivalent(UserPath(path), directory + "/" + path))
        << path << " became " << UserPath(path);
  }
  EXPECT_EQ(*ReadFile(UserPath("link/../file")), "far");
  // Not there: as it is, for the kernel to refuse.
  EXPECT_EQ(UserPath("absent/../file"), directory + "/absent/../file");
  unsetenv("BUILD_WORKING_DIRECTORY");
}

TEST(UserPath, ExpandsHomeDirectoriesAsAShellDoes) {
  setenv("HOME", "/home/user", 1);
  EXPECT_EQ(UserPath("~"), "/home/user");
  EXPECT_EQ(UserPath("~/x"), "/home/user/x");
  EXPECT_EQ(UserPath("~root/x"), absl::StrCat(getpwnam("root")->pw_dir, "/x"));
  EXPECT_EQ(UserPath("~nobody-is-called-so/x"),
            (fs::current_path() / "~nobody-is-called-so/x").string());
  EXPECT_EQ(UserPath("./~/x"), (fs::current_path() / "~/x").string());
  unsetenv("HOME");
  EXPECT_EQ(UserPath("~"), std::string(getpwuid(getuid())->pw_dir));
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
  EXPECT_NE(Runfile("tools/base/files/files.h"), "");
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
