#include "tools/base/torch/parallel.h"

#include <ATen/Parallel.h>

#ifndef _OPENMP
#error "at::parallel_for() is a loop on one thread without -fopenmp"
#endif

namespace nclab {

void ParallelFor(int64_t begin, int64_t end, int64_t grain,
                 const std::function<void(int64_t, int64_t)>& body) {
  at::parallel_for(begin, end, grain, body);
}

}  // namespace nclab
