#include "tools/base/registry/path_param.h"

#include <cstdlib>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/registry/choice.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::HasSubstr;

absl::StatusOr<std::string> Bind(const std::string& path) {
  NCLAB_ASSIGN_OR_RETURN(
      const Params params,
      BindParams("toy", {PathParam("dir", "a folder")}, {{"dir", path}}));
  return params.String("dir");
}

TEST(PathParam, IsAbsoluteWhereTheUserStands) {
  setenv("BUILD_WORKING_DIRECTORY", "/tmp", 1);
  EXPECT_EQ(Bind("a/b").value(), "/tmp/a/b");
  EXPECT_EQ(Bind("/x/y (1)").value(), "/x/y (1)");
  NCLAB_ASSERT_OK_AND_ASSIGN(const Params params,
                             BindParams("toy", {PathParam("dir", "")}, {}));
  EXPECT_EQ(params.String("dir"), kDefaultPath);
}

TEST(PathParam, RefusesWhatAChoiceCannotHold) {
  for (const char* path : {"/a,b", "/a)b", "/a(b", "/a\xff"}) {
    EXPECT_THAT(Bind(path), StatusIs(StatusCode::kInvalidArgument,
                                     HasSubstr("a choice cannot hold")))
        << path;
  }
}

}  // namespace
}  // namespace nclab
