// augmented: another stream's images, each moved by up to `crop` pixels a way
// over a margin of raw black, and mirrored, for every step anew.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/recipes/batches.h"
#include "experiments/recipes/stream.h"
#include "models/rewrites/rewrites.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

class Augmented final : public Stream {
 public:
  Augmented(std::unique_ptr<Stream> of, const StreamInput& input, bool flip,
            int64_t crop)
      : of_(std::move(of)),
        black_(input.black),
        device_(input.device),
        seed_(MixSeed(static_cast<uint64_t>(input.seed), kDraws)),
        flip_(flip),
        crop_(crop) {}

  // Indices [B], and [3, B]: rows and columns moved, 0 to 2 crop, and whether
  // mirrored. Drawn on the host, so that every device sees the same.
  std::vector<at::Tensor> Draw(int64_t step) override {
    std::vector<at::Tensor> drawn = of_->Draw(step);
    at::Generator generator = at::detail::createCPUGenerator(
        MixSeed(seed_, static_cast<uint64_t>(step)));
    const auto draw = [&](int64_t high) {
      return at::randint(high, {drawn[0].size(0)}, generator,
                         at::TensorOptions(at::kLong));
    };
    const at::Tensor rows = draw(2 * crop_ + 1), columns = draw(2 * crop_ + 1);
    drawn.push_back(
        at::stack({rows, columns, draw(flip_ ? 2 : 1)}).to(device_));
    return drawn;
  }

  DeviceSplit Batch(const DeviceSplit& train,
                    const std::vector<at::Tensor>& drawn) const override {
    DeviceSplit batch =
        of_->Batch(train, {drawn.begin(), std::prev(drawn.end())});
    const int64_t channels = batch.samples.size(1);
    // Channels that are one in memory stay one.
    const bool one = channels > 1 && ChannelsAreOne(batch.samples);
    if (!one) {
      batch.samples = Move(batch.samples, black_, drawn.back());
    } else {
      batch.samples = Move(batch.samples.narrow(1, 0, 1),
                           black_.narrow(0, 0, 1), drawn.back())
                          .expand({-1, channels, -1, -1});
    }
    return batch;
  }

  int64_t steps_per_epoch() const override { return of_->steps_per_epoch(); }
  at::Tensor Evaluated() const override { return of_->Evaluated(); }

 private:
  static constexpr uint64_t kDraws = 0x61756721;  // no epoch's number

  // x: [B, C, H, W]; black: [C, 1, 1].
  at::Tensor Move(const at::Tensor& x, const at::Tensor& black,
                  const at::Tensor& how) const {
    const int64_t n = x.size(0), channels = x.size(1), height = x.size(2),
                  width = x.size(3), padded_width = width + 2 * crop_;
    const at::Tensor padded =
        black.to(x.scalar_type())
            .expand({n, channels, height + 2 * crop_, padded_width})
            .clone(at::MemoryFormat::Contiguous);
    padded.narrow(2, crop_, height).narrow(3, crop_, width).copy_(x);
    const at::Tensor y = at::arange(height, how.options());
    const at::Tensor along = at::arange(width, how.options());
    const at::Tensor rows = how[0].unsqueeze(1) + y;  // [B, H]
    const at::Tensor columns =                        // [B, W]
        how[1].unsqueeze(1) +
        at::where(how[2].unsqueeze(1).ne(0), width - 1 - along, along);
    const at::Tensor from =
        (rows.unsqueeze(2) * padded_width + columns.unsqueeze(1))
            .view({n, 1, height * width})
            .expand({-1, channels, -1});
    return padded.flatten(2).gather(2, from).view({n, channels, height, width});
  }

  std::unique_ptr<Stream> of_;
  at::Tensor black_;
  at::Device device_;
  uint64_t seed_;
  bool flip_;
  int64_t crop_;
};

absl::StatusOr<std::unique_ptr<Stream>> MakeAugmented(
    const Params& params, const StreamInput& input) {
  const bool flip = params.Bool("flip");
  const int64_t crop = params.Int("crop");
  if (!flip && crop == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("Without flip and crop it changes nothing. Write ",
                     params.String("of"), " alone."));
  }
  if (input.shape.size() != 3 || !input.black.defined()) {
    return absl::InvalidArgumentError(
        absl::StrCat("It moves and mirrors images, and a sample here is [",
                     absl::StrJoin(input.shape, ", "), "]. Write ",
                     params.String("of"), " alone."));
  }
  if (input.black.size(1) != 1) {
    return absl::InvalidArgumentError(
        "It moves pixels, and each was normalised by the mean and deviation of "
        "its own place. Give the dataset another normalize.");
  }
  const int64_t side = std::min(input.shape[1], input.shape[2]);
  if (crop >= side) {
    return absl::InvalidArgumentError(absl::StrCat(
        "A crop of ", crop, " pixels can leave nothing of an image ", "of ",
        input.shape[1], "x", input.shape[2], ". Give crop=", side - 1,
        " or less."));
  }
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice of,
                         Streams().Bind(params.String("of")));
  NCLAB_ASSIGN_OR_RETURN(auto stream, MakeStream(of, input));
  return std::make_unique<Augmented>(std::move(stream), input, flip, crop);
}

ParamSpec OfParam() {
  ParamSpec spec =
      StringParam("of", "epochs", "the stream whose images it changes");
  spec.canonical = [](const std::string& text) -> absl::StatusOr<std::string> {
    NCLAB_ASSIGN_OR_RETURN(const BoundChoice of, Streams().Bind(text));
    return of.ToString();
  };
  return spec;
}

NCLAB_REGISTER_STREAM(
    {.name = "augmented",
     .summary = "images moved and mirrored, anew in every step",
     .reference = "He et al., arXiv 1512.03385, section 4.2",
     .params = {BoolParam("flip", true,
                          "mirror an image, with probability 1/2"),
                IntParam("crop", 4, "pixels that an image moves at most", 0,
                         1000),
                OfParam()},
     .changes_samples = true},
    MakeAugmented);

}  // namespace
}  // namespace nclab
