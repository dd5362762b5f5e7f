// epochs: every sample once an epoch, in an order drawn anew for each; the last
// partial batch is dropped.
#include "experiments/recipes/batches.h"
#include "experiments/recipes/stream.h"

namespace nclab {
namespace {

class Epochs final : public Stream {
 public:
  explicit Epochs(const StreamInput& input)
      : batches_(input.samples, input.batch_size, input.seed, input.device) {}

  std::vector<at::Tensor> Draw(int64_t step) override {
    return {batches_.Indices(step)};
  }

  int64_t steps_per_epoch() const override {
    return batches_.steps_per_epoch();
  }

 private:
  Batches batches_;
};

NCLAB_REGISTER_STREAM(
    {.name = "epochs",
     .summary = "every sample once an epoch, in an order drawn for each",
     .reference = "nclab, experiments/recipes/epochs.cc"},
    [](const Params&, const StreamInput& input) {
      return std::make_unique<Epochs>(input);
    });

}  // namespace
}  // namespace nclab
