// A loop over LibTorch's threads.
#ifndef NCLAB_TOOLS_BASE_TORCH_PARALLEL_H_
#define NCLAB_TOOLS_BASE_TORCH_PARALLEL_H_

#include <cstdint>
#include <functional>

namespace nclab {

// Calls body(b, e) on consecutive parts of [begin, end), of `grain` or more
// where there is enough, each part on one of LibTorch's threads. What body
// throws is thrown here.
//
// Use this, not at::parallel_for(): that one is an inline function which, in a
// file compiled without -fopenmp, quietly is a loop on one thread.
void ParallelFor(int64_t begin, int64_t end, int64_t grain,
                 const std::function<void(int64_t begin, int64_t end)>& body);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_TORCH_PARALLEL_H_
