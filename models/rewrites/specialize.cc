// What small maps waste in a convolution and in a Linear behind a pooling.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "models/rewrites/rewrites.h"

namespace nclab {
namespace {

// The rows, or the columns, of a kernel that meet the image, and the padding
// that gives them the same outputs from the same pixels.
struct LivePart {
  int64_t first, size, padding;
};

// Position k of a kernel meets pixel o * stride - padding + k for each output
// o; it lives if one of them is a pixel of the image, of `size`. Nothing if
// padding on both sides cannot give the same outputs.
std::optional<LivePart> FindLivePart(int64_t kernel, int64_t stride,
                                     int64_t padding, int64_t size) {
  const auto outputs = [&](int64_t k, int64_t pad) {
    return (size + 2 * pad - k) / stride + 1;
  };
  const int64_t count = outputs(kernel, padding);
  int64_t first = kernel, end = 0;
  for (int64_t k = 0; k < kernel; ++k) {
    for (int64_t o = 0; o < count; ++o) {
      const int64_t pixel = o * stride - padding + k;
      if (pixel < 0 || pixel >= size) continue;
      first = std::min(first, k);
      end = std::max(end, k + 1);
    }
  }
  const LivePart live = {first, end - first, padding - first};
  if (live.padding < 0 || outputs(live.size, live.padding) != count) {
    return std::nullopt;
  }
  return live;
}

// Leaves out the positions of the kernel that no pixel of the map meets.
std::optional<Reduction> LeaveOutPositions(const std::array<int64_t, 2>& map,
                                           const at::Tensor& weight,
                                           Convolution& convolution) {
  std::array<int64_t, 2> first, size, padding;
  for (int i = 0; i < 2; ++i) {
    const std::optional<LivePart> live =
        FindLivePart(weight.size(2 + i), convolution.stride(),
                     convolution.padding()[i], map[i]);
    if (!live) return std::nullopt;
    first[i] = live->first;
    size[i] = live->size;
    padding[i] = live->padding;
  }
  const int64_t all = weight.size(2) * weight.size(3), left = size[0] * size[1];
  if (left == all) return std::nullopt;
  convolution = Convolution(convolution.stride(), padding);
  return Reduction::Positions(
      absl::StrCat(left, " of ", all, " kernel positions touch the image"),
      weight, first, size);
}

}  // namespace

Specialized SpecializeConvolution(SeenMaps& maps, const ReductionKinds& wanted,
                                  const at::Tensor& weight,
                                  Convolution& convolution) {
  Specialized done;
  const std::optional<std::array<int64_t, 2>> map = maps.Fix();
  if (!map) return done;
  const int64_t out = weight.size(0), in = weight.size(1);
  if (wanted.sums && in > 1 && maps.channels_are_one()) {
    done.reduction = Reduction::Copies(
        absl::StrCat("its inputs are ", in, " copies of one channel"), weight,
        out, in, {out, 1, weight.size(2), weight.size(3)});
    return done;
  }
  if (wanted.positions) {
    done.reduction = LeaveOutPositions(*map, weight, convolution);
  }
  convolution.ChooseFor(done.reduction ? done.reduction->reduced() : weight,
                        (*map)[0], (*map)[1]);
  done.how = convolution.how();
  return done;
}

// Of a map of one pixel every cell is a copy.
Specialized SpecializePooledLinear(SeenMaps& maps, const ReductionKinds& wanted,
                                   const at::Tensor& weight, int64_t side) {
  Specialized done;
  const std::optional<std::array<int64_t, 2>> map = maps.Fix();
  if (!wanted.sums || map != std::array<int64_t, 2>{1, 1}) return done;
  const int64_t cells = side * side, out = weight.size(0),
                channels = weight.size(1) / cells;
  done.reduction = Reduction::Copies(
      absl::StrCat("its inputs are ", cells, " copies of one pixel"), weight,
      out * channels, cells, {out, channels});
  return done;
}

}  // namespace nclab
