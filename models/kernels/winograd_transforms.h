// The transforms of Winograd's F(2x2, 3x3), for all channels of one tile; the
// matrices A, B and G are those of winograd.h. They add, subtract and halve
// only, so no processor rounds otherwise than another.
#ifndef NCLAB_MODELS_KERNELS_WINOGRAD_TRANSFORMS_H_
#define NCLAB_MODELS_KERNELS_WINOGRAD_TRANSFORMS_H_

#include <array>
#include <cstdint>

#include "tools/base/clones.h"

namespace nclab::winograd {

inline constexpr int kPoints = 16;  // of a transformed tile

template <typename T>
using Rows = std::array<T*, kPoints>;
template <typename T>
using ConstRows = std::array<const T*, kPoints>;

// B^T d B for each channel. d: the pixels of a 4x4 patch, row by row.
template <typename T>
NCLAB_CLONES void TransformInput(const ConstRows<T>& d, const Rows<T>& v,
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
NCLAB_CLONES void TransformOutput(const ConstRows<T>& m, const T* bias,
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
NCLAB_CLONES void TransformOutputGradient(const std::array<const T*, 4>& dy,
                                          const Rows<T>& dm, int64_t channels) {
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
NCLAB_CLONES void AddInputGradient(const ConstRows<T>& dv, const Rows<T>& dx,
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

// G g G^T for each input channel. g: the kernel, row by
// row.
template <typename T>
NCLAB_CLONES void TransformKernel(const std::array<const T*, 9>& g,
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
NCLAB_CLONES void TransformKernelGradient(const ConstRows<T>& du,
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

}  // namespace nclab::winograd

#endif  // NCLAB_MODELS_KERNELS_WINOGRAD_TRANSFORMS_H_
