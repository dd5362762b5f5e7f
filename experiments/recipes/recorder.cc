#include "experiments/recipes/recorder.h"

#ifdef NCLAB_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace nclab {

#ifdef NCLAB_CUDA
namespace {

class CudaGraph final : public Recorder {
 public:
  explicit CudaGraph(c10::Device device)
      : stream_(c10::cuda::getStreamFromPool(/*isHighPriority=*/false,
                                             device.index())),
        guard_(stream_) {
    c10::cuda::device_synchronize();  // data and weights came by another stream
  }

  ~CudaGraph() override { c10::cuda::device_synchronize(); }

  void Record(const std::function<void()>& work) override {
    graph_.capture_begin();
    try {
      work();
    } catch (...) {
      graph_.capture_end();
      graph_.reset();
      throw;
    }
    graph_.capture_end();
  }

  void Replay() override { graph_.replay(); }

 private:
  c10::cuda::CUDAStream stream_;
  c10::cuda::CUDAStreamGuard guard_;
  at::cuda::CUDAGraph graph_;
};

}  // namespace

std::unique_ptr<Recorder> MakeRecorder(c10::Device device) {
  if (!device.is_cuda()) return nullptr;
  return std::make_unique<CudaGraph>(device);
}
#else
std::unique_ptr<Recorder> MakeRecorder(c10::Device) { return nullptr; }
#endif

void RepeatedWork::Run() {
  if (recorder_ == nullptr || done_ < kWarmUp) {
    work_();
    if (done_ < kWarmUp) ++done_;
    return;
  }
  if (done_ == kWarmUp) {
    recorder_->Record(work_);
    ++done_;
  }
  recorder_->Replay();
}

}  // namespace nclab
