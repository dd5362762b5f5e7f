#include "datasets/formats/planes.h"

#include <ATen/ops/from_blob.h>

#include <memory>
#include <utility>

#include "tools/base/logging.h"

namespace nclab {

at::Tensor ImagesFromColumns(std::string bytes, int64_t n, int64_t side) {
  const int64_t plane = side * side;
  CHECK_EQ(static_cast<int64_t>(bytes.size()), n * 3 * plane);
  auto owner = std::make_shared<std::string>(std::move(bytes));
  uint8_t* pixels = reinterpret_cast<uint8_t*>(owner->data());
  for (int64_t i = 0; i < n * 3; ++i) {
    uint8_t* p = pixels + i * plane;
    for (int64_t r = 1; r < side; ++r) {
      for (int64_t c = 0; c < r; ++c) {
        std::swap(p[r * side + c], p[c * side + r]);
      }
    }
  }
  return at::from_blob(
      pixels, {n, 3, side, side}, [owner](void*) mutable { owner.reset(); },
      at::TensorOptions(at::kByte));
}

}  // namespace nclab
