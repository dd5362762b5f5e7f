#include "models/kernels/winograd.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>
#include <functional>
#include <vector>

#include "models/kernels/affine.h"
#include "models/kernels/winograd_transforms.h"
#include "tools/base/torch/parallel.h"

namespace nclab {
namespace winograd {
namespace {

// Matrices [rows, columns], one for each point.
class Points {
 public:
  Points(int64_t rows, int64_t columns, at::ScalarType type)
      : rows_(rows),
        columns_(columns),
        // A few lines between them, so that the rows of one tile do not meet
        // in the same sets of the cache.
        stride_(rows * columns + 80),
        memory_(at::empty({kPoints * stride_}, type)) {}
  explicit Points(at::Tensor memory, int64_t rows, int64_t columns)
      : rows_(rows),
        columns_(columns),
        stride_(memory.numel() / kPoints),
        memory_(std::move(memory)) {}

  at::Tensor operator[](int64_t point) const {
    return memory_.narrow(0, point * stride_, rows_ * columns_)
        .view({rows_, columns_});
  }
  template <typename T>
  Rows<T> At(int64_t row) const {
    Rows<T> rows;
    for (int i = 0; i < kPoints; ++i) {
      rows[static_cast<size_t>(i)] =
          memory_.data_ptr<T>() + i * stride_ + row * columns_;
    }
    return rows;
  }
  const at::Tensor& memory() const { return memory_; }

 private:
  int64_t rows_, columns_, stride_;
  at::Tensor memory_;
};

// What LibTorch's product answers, one for each point.
using Products = std::array<at::Tensor, kPoints>;

template <typename T>
ConstRows<T> RowsOf(const Products& products, int64_t row) {
  ConstRows<T> rows;
  for (size_t i = 0; i < kPoints; ++i) {
    rows[i] = products[i].const_data_ptr<T>() + row * products[i].size(1);
  }
  return rows;
}

// multiply(point) for each point, each on one thread.
Products ForEachPoint(const std::function<at::Tensor(int64_t)>& multiply) {
  Products products;
  ParallelFor(0, kPoints, 1, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad;
    for (int64_t i = begin; i < end; ++i) {
      products[static_cast<size_t>(i)] = multiply(i);
    }
  });
  return products;
}

// Maps of height x width, cut into tiles of 2x2 outputs.
struct Tiling {
  int64_t images, height, width;

  int64_t across() const { return width / 2; }
  int64_t per_image() const { return height / 2 * across(); }
  int64_t count() const { return images * per_image(); }

  // The first pixel of an image.
  template <typename Pointer>
  Pointer ImageOf(Pointer pixels, int64_t image, int64_t channels) const {
    return pixels + image * height * width * channels;
  }

  // visit(image, tile, y, x): y, x the first of its outputs. An image is one
  // thread's.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    ParallelFor(0, images, 1, [&](int64_t begin, int64_t end) {
      for (int64_t image = begin; image < end; ++image) {
        for (int64_t i = 0; i < per_image(); ++i) {
          visit(image, image * per_image() + i, 2 * (i / across()),
                2 * (i % across()));
        }
      }
    });
  }
};

// The pixels that a tile's outputs see, or `outside` the map.
template <typename Pointer>
std::array<Pointer, kPoints> Patch(Pointer image, const Tiling& tiling,
                                   int64_t y, int64_t x, int64_t channels,
                                   Pointer outside) {
  std::array<Pointer, kPoints> patch;
  for (int64_t i = 0; i < kPoints; ++i) {
    const int64_t row = y - 1 + i / 4, column = x - 1 + i % 4;
    const bool inside =
        row >= 0 && row < tiling.height && column >= 0 && column < tiling.width;
    patch[static_cast<size_t>(i)] =
        inside ? image + (row * tiling.width + column) * channels : outside;
  }
  return patch;
}

// The 2x2 pixels of a tile.
template <typename Pointer>
std::array<Pointer, 4> Outputs(Pointer image, const Tiling& tiling, int64_t y,
                               int64_t x, int64_t channels) {
  Pointer first = image + (y * tiling.width + x) * channels;
  Pointer second = first + tiling.width * channels;
  return {first, first + channels, second, second + channels};
}

at::Tensor ChannelsLast(const at::Tensor& x) {
  return x.contiguous(at::MemoryFormat::ChannelsLast);
}

template <typename T>
Points TransformedKernel(const at::Tensor& weight) {
  const at::Tensor kernels = ChannelsLast(weight);  // [out, 3, 3, in]
  const int64_t out = weight.size(0), in = weight.size(1);
  const Points u(out, in, weight.scalar_type());
  const T* const data = kernels.const_data_ptr<T>();
  ParallelFor(0, out, 16, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) {
      std::array<const T*, 9> g;
      for (int64_t i = 0; i < 9; ++i) {
        g[static_cast<size_t>(i)] = data + (o * 9 + i) * in;
      }
      TransformKernel(g, u.At<T>(o), in);
    }
  });
  return u;
}

template <typename T>
class Winograd : public torch::autograd::Function<Winograd<T>> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias) {
    const Tiling tiling = {x.size(0), x.size(2), x.size(3)};
    const int64_t in = x.size(1), out = weight.size(0);
    const at::Tensor pixels = ChannelsLast(x);
    const at::Tensor zeros = at::zeros({in}, x.options());
    const Points u = TransformedKernel<T>(weight),
                 v(tiling.count(), in, x.scalar_type());
    tiling.ForEach([&](int64_t image, int64_t tile, int64_t row, int64_t col) {
      const T* const from =
          tiling.ImageOf(pixels.const_data_ptr<T>(), image, in);
      TransformInput(
          Patch(from, tiling, row, col, in, zeros.const_data_ptr<T>()),
          v.At<T>(tile), in);
    });
    const Products m =
        ForEachPoint([&](int64_t i) { return Product(v[i], u[i]); });
    const at::Tensor y =
        at::empty({tiling.images, out, tiling.height, tiling.width},
                  x.options(), at::MemoryFormat::ChannelsLast);
    const at::Tensor offsets = bias.contiguous();
    tiling.ForEach([&](int64_t image, int64_t tile, int64_t row, int64_t col) {
      T* const to = tiling.ImageOf(y.data_ptr<T>(), image, out);
      TransformOutput(RowsOf<T>(m, tile), offsets.const_data_ptr<T>(),
                      Outputs(to, tiling, row, col, out), out);
    });
    context->save_for_backward({u.memory(), v.memory()});
    context->saved_data["shape"] =
        std::vector<int64_t>{x.size(0), in, out, x.size(2), x.size(3)};
    return y;
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context,
      const torch::autograd::variable_list& gradients) {
    const std::vector<int64_t> shape =
        context->saved_data["shape"].toIntVector();
    const int64_t in = shape[1], out = shape[2];
    const Tiling tiling = {shape[0], shape[3], shape[4]};
    const auto saved = context->get_saved_variables();
    const Points u(saved[0], out, in), v(saved[1], tiling.count(), in);
    const at::Tensor dy = ChannelsLast(gradients[0]);
    const Points dm(tiling.count(), out, dy.scalar_type());
    tiling.ForEach([&](int64_t image, int64_t tile, int64_t row, int64_t col) {
      const T* const from = tiling.ImageOf(dy.const_data_ptr<T>(), image, out);
      TransformOutputGradient(Outputs(from, tiling, row, col, out),
                              dm.At<T>(tile), out);
    });
    at::Tensor dx, dw, db;
    if (context->needs_input_grad(0)) {
      const Products dv =
          ForEachPoint([&](int64_t i) { return Product(dm[i], u[i].t()); });
      dx = at::empty({tiling.images, in, tiling.height, tiling.width},
                     dy.options(), at::MemoryFormat::ChannelsLast)
               .zero_();
      tiling.ForEach(
          [&](int64_t image, int64_t tile, int64_t row, int64_t col) {
            thread_local std::vector<T> outside;  // what falls beside the map
            outside.resize(static_cast<size_t>(in));
            // Tiles overlap, but only those of one image.
            AddInputGradient(RowsOf<T>(dv, tile),
                             Patch(tiling.ImageOf(dx.data_ptr<T>(), image, in),
                                   tiling, row, col, in, outside.data()),
                             in);
          });
    }
    if (context->needs_input_grad(1)) {
      const Products du =
          ForEachPoint([&](int64_t i) { return Product(dm[i].t(), v[i].t()); });
      dw = at::empty({out, in, 3, 3}, dy.options(),
                     at::MemoryFormat::ChannelsLast);
      T* const data = dw.data_ptr<T>();
      ParallelFor(0, out, 16, [&](int64_t begin, int64_t end) {
        for (int64_t o = begin; o < end; ++o) {
          std::array<T*, 9> dg;
          for (int64_t i = 0; i < 9; ++i) {
            dg[static_cast<size_t>(i)] = data + (o * 9 + i) * in;
          }
          TransformKernelGradient(RowsOf<T>(du, o), dg, in);
        }
      });
    }
    if (context->needs_input_grad(2)) db = dy.sum({0, 2, 3});
    return {dx, dw, db};
  }
};

}  // namespace
}  // namespace winograd

at::Tensor WinogradConvolution(const at::Tensor& x, const at::Tensor& weight,
                               const at::Tensor& bias) {
  const at::Tensor offset =
      bias.defined() ? bias : at::zeros({weight.size(0)}, weight.options());
  return x.scalar_type() == at::kDouble
             ? winograd::Winograd<double>::apply(x, weight, offset)
             : winograd::Winograd<float>::apply(x, weight, offset);
}

bool HasWinograd(const at::Tensor& x) {
  return x.is_cpu() && !at::autocast::is_autocast_enabled(at::kCPU) &&
         (x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble);
}

bool WinogradIsFaster(int64_t in, int64_t out, int64_t height, int64_t width) {
  return height % 2 == 0 && width % 2 == 0 && height >= 4 && width >= 4 &&
         in >= 64 && out >= 64 && in * out >= 64 * 128;
}

}  // namespace nclab
