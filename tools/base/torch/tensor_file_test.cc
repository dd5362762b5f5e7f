#include "tools/base/torch/tensor_file.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <cstring>
#include <new>
#include <stdexcept>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/torch/torch_status.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::HasSubstr;

std::string Path() { return EmptyTestDirectory() + "/f.safetensors"; }

TEST(TensorFile, KeepsEveryDtypeToTheBit) {
  TensorMap tensors;
  for (const at::ScalarType type :
       {at::kBool, at::kByte, at::kChar, at::kShort, at::kInt, at::kLong,
        at::kHalf, at::kBFloat16, at::kFloat, at::kDouble, at::kUInt16,
        at::kUInt32, at::kUInt64}) {
    at::Tensor tensor = at::empty({3, 5}, at::TensorOptions(type));
    auto* bytes = static_cast<uint8_t*>(tensor.mutable_data_ptr());
    for (size_t i = 0; i < tensor.nbytes(); ++i) {
      bytes[i] = static_cast<uint8_t>(type == at::kBool ? i % 2 : 37 * i + 11);
    }
    tensors[c10::toString(type)] = tensor;
  }
  const std::string path = Path();
  ASSERT_THAT(SaveTensors(path, tensors, {{"k", "v"}}), IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(TensorFile file, LoadTensors(path));
  EXPECT_EQ(file.metadata["k"], "v");
  ASSERT_EQ(file.tensors.size(), tensors.size());
  for (const auto& [name, want] : tensors) {
    const at::Tensor& got = file.tensors[name];
    EXPECT_EQ(got.scalar_type(), want.scalar_type()) << name;
    ASSERT_EQ(got.sizes(), want.sizes()) << name;
    EXPECT_EQ(
        std::memcmp(got.const_data_ptr(), want.const_data_ptr(), want.nbytes()),
        0)
        << name;
  }
}

TEST(TensorFile, KeepsShapesWhateverTheStrides) {
  const at::Tensor matrix = at::randn({4, 6});
  const TensorMap tensors = {{"turned", matrix.t()},
                             {"columns", matrix.slice(1, 1, 6, 2)},
                             {"scalar", at::randn({})},
                             {"empty", at::zeros({0, 3})},
                             {"trained", at::randn({2}).requires_grad_()}};
  const std::string path = Path();
  ASSERT_THAT(SaveTensors(path, tensors), IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const TensorFile file, LoadTensors(path));
  for (const auto& [name, want] : tensors) {
    EXPECT_TRUE(file.tensors.at(name).equal(want)) << name;
    EXPECT_EQ(file.tensors.at(name).sizes(), want.sizes()) << name;
  }
}

TEST(TensorFile, RefusesDtypesThatOneSideLacks) {
  const std::string path = Path();
  EXPECT_THAT(
      SaveTensors(
          path, {{"z", at::zeros({2}, at::TensorOptions(at::kComplexDouble))}}),
      StatusIs(StatusCode::kInvalidArgument, HasSubstr("'z'")));
  const uint8_t bytes[2] = {};
  ASSERT_THAT(WriteSafetensors(path, {{"q", "F8_E4M3", {2}, bytes}}), IsOk());
  EXPECT_THAT(LoadTensors(path),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("F8_E4M3")));
}

TEST(CatchTorch, PassesAStatusUnchanged) {
  EXPECT_THAT(CatchTorch([] { return absl::OkStatus(); }), IsOk());
  EXPECT_THAT(CatchTorch([] { return absl::NotFoundError("gone"); }),
              StatusIs(StatusCode::kNotFound, "gone"));
}

TEST(CatchTorch, MakesAnErrorOfLibTorchAStatusOfOneLine) {
  const absl::Status status = CatchTorch([]() -> absl::Status {
    at::zeros({2, 3}).matmul(at::zeros({2, 3}));
    return absl::OkStatus();
  });
  EXPECT_THAT(status, StatusIs(StatusCode::kInternal, HasSubstr("LibTorch: ")));
  EXPECT_THAT(status.message(), HasSubstr("2x3"));
  EXPECT_THAT(std::string(status.message()), testing::Not(HasSubstr("\n")));
}

TEST(CatchTorch, TellsThatMemoryRanOut) {
  EXPECT_THAT(CatchTorch([]() -> absl::Status {
                at::empty({int64_t{1} << 55}, at::TensorOptions(at::kByte));
                return absl::OkStatus();
              }),
              StatusIs(StatusCode::kResourceExhausted, HasSubstr("memory")));
  EXPECT_THAT(CatchTorch([]() -> absl::Status { throw std::bad_alloc(); }),
              StatusIs(StatusCode::kResourceExhausted, HasSubstr("memory")));
}

TEST(CatchTorch, CatchesTheStandardLibrary) {
  EXPECT_THAT(
      CatchTorch([]() -> absl::Status { throw std::runtime_error("why"); }),
      StatusIs(StatusCode::kInternal, HasSubstr("why")));
}

}  // namespace
}  // namespace nclab
