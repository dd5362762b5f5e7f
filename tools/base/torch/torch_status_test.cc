#include "tools/base/torch/torch_status.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <new>
#include <stdexcept>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(CatchTorch, PassesTheStatusOfTheBody) {
  EXPECT_TRUE(CatchTorch([] { return absl::OkStatus(); }).ok());
  EXPECT_THAT(CatchTorch([] { return absl::NotFoundError("as it is"); }),
              StatusIs(absl::StatusCode::kNotFound, "as it is"));
}

TEST(CatchTorch, TurnsAnExceptionOfLibTorchIntoItsFirstLine) {
  EXPECT_THAT(CatchTorch([] {
                at::zeros({2, 3}).add(at::zeros({4, 5}));
                return absl::OkStatus();
              }),
              StatusIs(absl::StatusCode::kInternal,
                       AllOf(HasSubstr("LibTorch: The size of tensor a (3)"),
                             Not(HasSubstr("\n")))));
}

TEST(CatchTorch, SaysThatMemoryRanOut) {
  EXPECT_THAT(CatchTorch([] {
                at::empty({int64_t{1} << 50});
                return absl::OkStatus();
              }),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       HasSubstr("Out of memory")));
  EXPECT_THAT(CatchTorch([]() -> absl::Status { throw std::bad_alloc(); }),
              StatusIs(absl::StatusCode::kResourceExhausted, "Out of memory."));
}

TEST(CatchTorch, TurnsAnyOtherExceptionIntoItsMessage) {
  EXPECT_THAT(CatchTorch([]() -> absl::Status {
                throw std::runtime_error("of the library");
              }),
              StatusIs(absl::StatusCode::kInternal, "of the library"));
}

}  // namespace
}  // namespace nclab
