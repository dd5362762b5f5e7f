#include "tools/base/process/source_commit.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

// A git that says where it looks.
class SourceCommitTest : public testing::Test {
 protected:
  SourceCommitTest() : root_(EmptyTestDirectory()) {
    const std::string git = root_ + "/git";
    EXPECT_THAT(WriteFileAtomically(git,
                                    "#!/bin/sh\n[ \"$1\" = -C ] || exit 1\n"
                                    "echo noise >&2\necho \"commit of $2\"\n"),
                IsOk());
    chmod(git.c_str(), 0755);
    setenv("PATH", (root_ + ":/usr/bin:/bin").c_str(), 1);
    unsetenv("BUILD_WORKSPACE_DIRECTORY");
  }

  const std::string root_;
};

TEST_F(SourceCommitTest, TakesTheWorkspaceAsItIsNamed) {
  for (const std::string name : {"/plain", "/it's", "/$(touch x) \"a\" `b`"}) {
    setenv("BUILD_WORKSPACE_DIRECTORY", name.c_str(), 1);
    EXPECT_EQ(SourceCommit(), "commit of " + name);
  }
}

TEST_F(SourceCommitTest, IsEmptyWhereThereIsNone) {
  EXPECT_EQ(SourceCommit(), "");
  setenv("BUILD_WORKSPACE_DIRECTORY", "/plain", 1);
  setenv("PATH", "/nowhere", 1);
  EXPECT_EQ(SourceCommit(), "");
}

}  // namespace
}  // namespace nclab
