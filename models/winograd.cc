#include "models/winograd.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>
#include <functional>
#include <vector>

#include "models/affine.h"
#include "tools/base/parallel.h"

// The loops over channels, for the widest vectors that the processor has. They
// add and subtract only: no width rounds otherwise.
#if defined(__x86_64__)
#define NCLAB_VECTORS \
  __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define NCLAB_VECTORS
#endif

namespace nclab {
namespace {

constexpr int kPoints = 16;  // of a transformed tile

template <typename T>
using Rows = std::array<T*, kPoints>;
template <typename T>
using ConstRows = std::array<const T*, kPoints>;

// B^T d B for each channel. d: the pixels of a 4x4 patch, row by row.
template <typename T>
NCLAB_VECTORS void TransformInput(const ConstRows<T>& d, const Rows<T>& v,
                                  int64_t channels) {
  for (int64_t c = 0; c < channels; ++c) {
    T t[kPoints];
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const T a = d[j][c], b = d[4 + j][c], e = d[8 + j][c], f = d[12 + j][c];
      t[j] = a - e;
      t[4 + j] = b + e;
      t[8 + j] = e - b;
      t[12 + j] = b - f;
    }
#pragma GCC unroll 4
    for (int i = 0; i < kPoints; i += 4) {
      v[i][c] = t[i] - t[i + 2];
      v[i + 1][c] = t[i + 1] + t[i + 2];
      v[i + 2][c] = t[i + 2] - t[i + 1];
      v[i + 3][c] = t[i + 1] - t[i + 3];
    }
  }
}

// A^T m A for each channel, onto 2x2 pixels, plus bias.
template <typename T>
NCLAB_VECTORS void TransformOutput(const ConstRows<T>& m, const T* bias,
                                   const std::array<T*, 4>& y,
                                   int64_t channels) {
  for (int64_t c = 0; c < channels; ++c) {
    T s[8];
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const T a = m[j][c], b = m[4 + j][c], e = m[8 + j][c], f = m[12 + j][c];
      s[j] = a + b + e;
      s[4 + j] = b - e - f;
    }
    y[0][c] = s[0] + s[1] + s[2] + bias[c];
    y[1][c] = s[1] - s[2] - s[3] + bias[c];
    y[2][c] = s[4] + s[5] + s[6] + bias[c];
    y[3][c] = s[5] - s[6] - s[7] + bias[c];
  }
}

// A dy A^T for each channel.
template <typename T>
NCLAB_VECTORS void TransformOutputGradient(const std::array<const T*, 4>& dy,
                                           const Rows<T>& dm,
                                           int64_t channels) {
  for (int64_t c = 0; c < channels; ++c) {
    const T a = dy[0][c], b = dy[1][c], e = dy[2][c], f = dy[3][c];
    const T left[4] = {a, a + e, a - e, -e};
    const T right[4] = {b, b + f, b - f, -f};
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      dm[4 * i][c] = left[i];
      dm[4 * i + 1][c] = left[i] + right[i];
      dm[4 * i + 2][c] = left[i] - right[i];
      dm[4 * i + 3][c] = -right[i];
    }
  }
}

// Adds B dv B^T for each channel to the pixels of a 4x4 patch.
template <typename T>
NCLAB_VECTORS void AddInputGradient(const ConstRows<T>& dv, const Rows<T>& dx,
                                    int64_t channels) {
  for (int64_t c = 0; c < channels; ++c) {
    T t[kPoints];
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const T a = dv[j][c], b = dv[4 + j][c], e = dv[8 + j][c],
              f = dv[12 + j][c];
      t[j] = a;
      t[4 + j] = b - e + f;
      t[8 + j] = b + e - a;
      t[12 + j] = -f;
    }
#pragma GCC unroll 4
    for (int i = 0; i < kPoints; i += 4) {
      dx[i][c] += t[i];
      dx[i + 1][c] += t[i + 1] - t[i + 2] + t[i + 3];
      dx[i + 2][c] += t[i + 1] + t[i + 2] - t[i];
      dx[i + 3][c] -= t[i + 3];
    }
  }
}

// G g G^T for each input channel. g: the nine taps, row by row.
template <typename T>
NCLAB_VECTORS void TransformKernel(const std::array<const T*, 9>& g,
                                   const Rows<T>& u, int64_t channels) {
  for (int64_t c = 0; c < channels; ++c) {
    T t[12];
#pragma GCC unroll 3
    for (int j = 0; j < 3; ++j) {
      const T a = g[j][c], b = g[3 + j][c], e = g[6 + j][c];
      t[j] = a;
      t[3 + j] = T(0.5) * (a + b + e);
      t[6 + j] = T(0.5) * (a - b + e);
      t[9 + j] = e;
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const T a = t[3 * i], b = t[3 * i + 1], e = t[3 * i + 2];
      u[4 * i][c] = a;
      u[4 * i + 1][c] = T(0.5) * (a + b + e);
      u[4 * i + 2][c] = T(0.5) * (a - b + e);
      u[4 * i + 3][c] = e;
    }
  }
}

// G^T du G for each input channel.
template <typename T>
NCLAB_VECTORS void TransformKernelGradient(const ConstRows<T>& du,
                                           const std::array<T*, 9>& dg,
                                           int64_t channels) {
  for (int64_t c = 0; c < channels; ++c) {
    T t[12];
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const T a = du[j][c], b = T(0.5) * du[4 + j][c],
              e = T(0.5) * du[8 + j][c], f = du[12 + j][c];
      t[j] = a + b + e;
      t[4 + j] = b - e;
      t[8 + j] = b + e + f;
    }
#pragma GCC unroll 3
    for (int i = 0; i < 3; ++i) {
      const T a = t[4 * i], b = T(0.5) * t[4 * i + 1],
              e = T(0.5) * t[4 * i + 2], f = t[4 * i + 3];
      dg[3 * i][c] = a + b + e;
      dg[3 * i + 1][c] = b - e;
      dg[3 * i + 2][c] = b + e + f;
    }
  }
}

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

  // visit(image, tile, y, x): y, x the first of its outputs.
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
  const at::Tensor taps = ChannelsLast(weight);  // [out, 3, 3, in] in memory
  const int64_t out = weight.size(0), in = weight.size(1);
  const Points u(out, in, weight.scalar_type());
  const T* const data = taps.const_data_ptr<T>();
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
      const T* const from = pixels.const_data_ptr<T>() +
                            image * tiling.height * tiling.width * in;
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
      T* const to =
          y.data_ptr<T>() + image * tiling.height * tiling.width * out;
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
      const T* const from =
          dy.const_data_ptr<T>() + image * tiling.height * tiling.width * out;
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
      const int64_t size = tiling.height * tiling.width * in;
      // Tiles of an image overlap, so an image is one thread's.
      ParallelFor(0, tiling.images, 1, [&](int64_t begin, int64_t end) {
        std::vector<T> outside(static_cast<size_t>(in));
        for (int64_t image = begin; image < end; ++image) {
          T* const to = dx.data_ptr<T>() + image * size;
          for (int64_t i = 0; i < tiling.per_image(); ++i) {
            AddInputGradient(
                RowsOf<T>(dv, image * tiling.per_image() + i),
                Patch(to, tiling, 2 * (i / tiling.across()),
                      2 * (i % tiling.across()), in, outside.data()),
                in);
          }
        }
      });
    }
    if (context->needs_input_grad(1)) {
      const Products du =
          ForEachPoint([&](int64_t i) { return dm[i].t().mm(v[i]); });
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

at::Tensor WinogradConvolution(const at::Tensor& x, const at::Tensor& weight,
                               const at::Tensor& bias) {
  const at::Tensor offset =
      bias.defined() ? bias : at::zeros({weight.size(0)}, weight.options());
  return x.scalar_type() == at::kDouble
             ? Winograd<double>::apply(x, weight, offset)
             : Winograd<float>::apply(x, weight, offset);
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
