// GoogleTest matchers for absl::Status and absl::StatusOr.
//
//   EXPECT_THAT(ReadFile(path), StatusIs(absl::StatusCode::kNotFound,
//                                        HasSubstr(path)));
#ifndef NCLAB_TOOLS_TESTING_STATUS_MATCHERS_H_
#define NCLAB_TOOLS_TESTING_STATUS_MATCHERS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/status_macros.h"

namespace nclab {

inline absl::Status AsStatus(const absl::Status& status) { return status; }
template <typename T>
absl::Status AsStatus(const absl::StatusOr<T>& value) {
  return value.status();
}

MATCHER(IsOk, "is OK") {
  *result_listener << AsStatus(arg).ToString();
  return arg.ok();
}

MATCHER_P2(StatusIs, code, message, "has the code and message expected") {
  const absl::Status status = AsStatus(arg);
  *result_listener << status.ToString();
  return status.code() == code &&
         testing::ExplainMatchResult(message, std::string(status.message()),
                                     result_listener);
}

}  // namespace nclab

// Assigns the value of the StatusOr `expr` to `lhs`, or ends the test.
#define NCLAB_ASSERT_OK_AND_ASSIGN(lhs, expr) \
  NCLAB_ASSERT_OK_AND_ASSIGN_INNER(NCLAB_CONCAT(statusor_, __LINE__), lhs, expr)
#define NCLAB_ASSERT_OK_AND_ASSIGN_INNER(tmp, lhs, expr) \
  auto tmp = (expr);                                     \
  ASSERT_TRUE(tmp.ok()) << tmp.status();                 \
  lhs = *std::move(tmp)

#endif  // NCLAB_TOOLS_TESTING_STATUS_MATCHERS_H_
