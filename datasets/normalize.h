// The one way from raw samples to what a model sees, by the view's parameter
// `normalize`.
//
//   per_channel        mean and deviation of a channel over the training split
//   per_pixel          of each pixel of each channel
//   zero_to_one        mean 0, deviation 1
//   minus_one_to_one   mean 1/2, deviation 1/2
#ifndef NCLAB_DATASETS_NORMALIZE_H_
#define NCLAB_DATASETS_NORMALIZE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"

namespace nclab {

// The parameter `normalize`, per_channel by default.
ParamSpec NormalizeParam();

// `normalize` of images [N, C, H, W]: uint8, or floats in 0..1. Undefined for
// feature-like samples, which are not normalised.
// \error kInvalidArgument for another word than the default there.
absl::StatusOr<Normalization> MakeNormalization(const std::string& normalize,
                                                const at::Tensor& train);

// What a model sees of a split of `dataset`, on `device`, float:
// [N, C, H, W] padded with raw 0 to image_size, then (pixel - mean) / std, then
// repeated to `channels` (a view: no memory). Raw 0 that is padded is a
// constant pixel: 0 with normalize=per_pixel. Feature-like [N, D] samples pass
// unchanged.
at::Tensor NormalizedSamples(const Dataset& dataset, const Split& split,
                             at::Device device);

// The shape of one sample that NormalizedSamples() gives.
std::vector<int64_t> SampleShape(const Dataset& dataset);

// What NormalizedSamples() makes of raw 0, black: float [C, 1, 1], or
// [C, H, W] with normalize=per_pixel, of a model's sample; undefined for
// feature-like samples. Needs no samples.
at::Tensor Black(const Dataset& dataset);

}  // namespace nclab

#endif  // NCLAB_DATASETS_NORMALIZE_H_
