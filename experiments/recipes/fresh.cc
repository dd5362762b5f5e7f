// fresh: every sample at most once, in the order of the first of epochs'
// epochs. What an evaluation calls the training split is what the run sees.
#include <ATen/ops/sort.h>

#include "absl/strings/str_cat.h"
#include "experiments/recipes/batches.h"
#include "experiments/recipes/stream.h"

namespace nclab {
namespace {

class Fresh final : public Stream {
 public:
  explicit Fresh(const StreamInput& input)
      : batches_(input.samples, input.batch_size, input.seed, input.device),
        steps_(input.steps) {}

  std::vector<at::Tensor> Draw(int64_t step) override {
    return {batches_.Indices(step)};
  }

  int64_t steps_per_epoch() const override {
    return batches_.steps_per_epoch();
  }

  at::Tensor Evaluated() const override {
    return std::get<0>(batches_.FirstOfEpoch(0, steps_).sort());
  }

 private:
  Batches batches_;
  int64_t steps_;
};

NCLAB_REGISTER_STREAM(
    {.name = "fresh",
     .summary = "every sample at most once",
     .reference = "Nakkiran, Neyshabur, Sedghi, arXiv 2010.08127 (online "
                  "training)"},
    [](const Params&,
       const StreamInput& input) -> absl::StatusOr<std::unique_ptr<Stream>> {
      auto stream = std::make_unique<Fresh>(input);
      const int64_t enough = stream->steps_per_epoch();
      if (input.steps > enough) {
        return absl::InvalidArgumentError(absl::StrCat(
            "The run has ", input.steps, " steps, and ", input.samples,
            " training samples are enough for ", enough, " of ",
            input.batch_size, " new ones each. Give steps=", enough,
            " or fewer, a smaller batch_size, or more samples."));
      }
      return stream;
    });

}  // namespace
}  // namespace nclab
