#include "tools/base/errors.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using absl::StatusCode;

TEST(ExitCodeFor, IsTheContractsNumber) {
  const auto code = [](StatusCode status) {
    return ExitCodeFor(absl::Status(status, "why"));
  };
  EXPECT_EQ(ExitCodeFor(absl::OkStatus()), 0);
  for (const StatusCode user :
       {StatusCode::kInvalidArgument, StatusCode::kNotFound,
        StatusCode::kAlreadyExists, StatusCode::kFailedPrecondition,
        StatusCode::kOutOfRange, StatusCode::kPermissionDenied,
        StatusCode::kDataLoss}) {
    EXPECT_EQ(code(user), 2) << absl::StatusCodeToString(user);
  }
  EXPECT_EQ(code(StatusCode::kCancelled), 75);
  for (const StatusCode failed :
       {StatusCode::kInternal, StatusCode::kResourceExhausted,
        StatusCode::kUnknown, StatusCode::kUnavailable}) {
    EXPECT_EQ(code(failed), 1) << absl::StatusCodeToString(failed);
  }
}

TEST(Annotate, PutsTheContextInFront) {
  EXPECT_THAT(Annotate(absl::NotFoundError("gone"), "run 3"),
              StatusIs(StatusCode::kNotFound, "run 3: gone"));
  EXPECT_THAT(Annotate(absl::OkStatus(), "run 3"), IsOk());
}

TEST(NearestName, IsAtMostTwoEditsAway) {
  const std::vector<std::string> known = {"mlp", "resnet18", "vgg11"};
  EXPECT_EQ(NearestName("resnet19", known), "resnet18");
  EXPECT_EQ(NearestName("resnt1", known), "resnet18");
  EXPECT_EQ(NearestName("resn", known), "");
  EXPECT_EQ(NearestName("xyz", known), "") << "nothing of it is left";
}

TEST(UnknownNameError, ListsTheKnownNamesSorted) {
  EXPECT_THAT(UnknownNameError("model", "vgg12", {"vgg11", "mlp"}, "Hint."),
              StatusIs(StatusCode::kNotFound,
                       "Unknown model 'vgg12'. Did you mean 'vgg11'? Known: "
                       "mlp, vgg11. Hint."));
  EXPECT_THAT(
      UnknownNameError("model", "other", {}),
      StatusIs(StatusCode::kNotFound, "Unknown model 'other'. Known: (none)."));
}

}  // namespace
}  // namespace nclab
