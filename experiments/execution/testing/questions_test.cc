// What a figure hears of the process that answers its questions. The answers
// themselves are tried with the programs, in //experiments/cli/testing.
#include "experiments/execution/questions.h"

#include <sys/stat.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::HasSubstr;

class QuestionsTest : public testing::Test {
 protected:
  // Asked of a program that does this.
  absl::StatusOr<int> GpusSays(const std::string& script) {
    options_.worker = EmptyTestDirectory() + "/worker";
    EXPECT_THAT(WriteFileAtomically(options_.worker, "#!/bin/bash\n" + script),
                IsOk());
    chmod(options_.worker.c_str(), 0755);
    return Questions(options_).Gpus();
  }

  ExecutionOptions options_;
};

TEST_F(QuestionsTest, AreAnsweredByOneProcess) {
  const std::string counts =
      "n=0; while read q; do echo '{\"gpus\": '$((n++))'}'; done";
  EXPECT_EQ(GpusSays(counts).value_or(-1), 0);
  Questions questions(options_);
  EXPECT_EQ(questions.Gpus().value_or(-1), 0);
  EXPECT_EQ(questions.Gpus().value_or(-1), 1);
  questions.End();
  EXPECT_EQ(questions.Gpus().value_or(-1), 0) << "another process";
}

TEST_F(QuestionsTest, AnErrorComesWithItsCodeAndWords) {
  EXPECT_THAT(
      GpusSays("read q; echo '{\"code\": 5, \"message\": \"No such thing.\"}'"),
      StatusIs(StatusCode::kNotFound, HasSubstr("No such thing.")));
}

TEST_F(QuestionsTest, SayWhatBecameOfAProcessThatDoesNotAnswer) {
  EXPECT_THAT(GpusSays("exit 3"), StatusIs(StatusCode::kInternal,
                                           HasSubstr("ended with status 3")));
  EXPECT_THAT(GpusSays("kill -9 $$"),
              StatusIs(StatusCode::kInternal, HasSubstr("out of memory")));
  EXPECT_THAT(GpusSays("echo what"),
              StatusIs(StatusCode::kInternal, HasSubstr("is no answer")));
  options_.worker = "/nowhere/worker";
  EXPECT_THAT(Questions(options_).Gpus(),
              StatusIs(StatusCode::kInternal, HasSubstr("/nowhere/worker")));
}

TEST_F(QuestionsTest, AreNotAskedWhereTheFieldsAreWrong) {
  options_.worker = "/nowhere/worker";
  RunSpec spec;
  spec.steps = 0;
  EXPECT_THAT(Questions(options_).Canonical(spec),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("'steps'")));
}

}  // namespace
}  // namespace nclab
