// my_stream: every sample of a batch drawn from all, so that one may come
// twice.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/randint.h>

#include "experiments/recipes/stream.h"

namespace {

using nclab::StreamInput;

class MyStream final : public nclab::Stream {
 public:
  explicit MyStream(const StreamInput& input) : input_(input) {}

  // Its own generator, seeded by seed and step: a resumed run draws the same.
  std::vector<at::Tensor> Draw(int64_t step) override {
    at::Generator generator = at::detail::createCPUGenerator(nclab::MixSeed(
        static_cast<uint64_t>(input_.seed), static_cast<uint64_t>(step)));
    return {at::randint(input_.samples, {input_.batch_size}, generator,
                        at::TensorOptions(at::kLong))
                .to(input_.device)};
  }

  int64_t steps_per_epoch() const override {
    return input_.samples / input_.batch_size;
  }

 private:
  StreamInput input_;
};

NCLAB_REGISTER_STREAM(
    {.name = "my_stream",
     .summary = "samples drawn with replacement",
     .reference = "nclab, tools/plugin_example/recipe/my_stream.cc"},
    [](const nclab::Params&, const StreamInput& input) {
      return std::make_unique<MyStream>(input);
    });

}  // namespace
