// Images whose planes are stored column by column.
#ifndef NCLAB_DATASETS_FORMATS_PLANES_H_
#define NCLAB_DATASETS_FORMATS_PLANES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace nclab {

// uint8 [n, 3, side, side] of n images of planes red, green, blue, each stored
// column by column. Takes over `bytes`, n*3*side*side of them: turns the planes
// where they are.
at::Tensor ImagesFromColumns(std::string bytes, int64_t n, int64_t side);

}  // namespace nclab

#endif  // NCLAB_DATASETS_FORMATS_PLANES_H_
