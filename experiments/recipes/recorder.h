// Work that is the same every step, recorded once and replayed: on CUDA a CUDA
// graph, which gives the device a whole step in one call.
#ifndef NCLAB_EXPERIMENTS_RECIPES_RECORDER_H_
#define NCLAB_EXPERIMENTS_RECIPES_RECORDER_H_

#include <c10/core/Device.h>

#include <functional>
#include <memory>
#include <utility>

namespace nclab {

// Records what a function gives to a device to do.
class Recorder {
 public:
  virtual ~Recorder() = default;

  // `work` runs on the host; what it launches is recorded and not done. It must
  // read and write the same tensors every time and wait for nothing.
  virtual void Record(const std::function<void()>& work) = 0;

  // Does what was recorded.
  virtual void Replay() = 0;
};

// The device's recorder; nullptr on the CPU, and in builds without CUDA's
// headers. While a CUDA recorder lives, the calling thread's work on that
// device goes to a stream of its own, which recording needs.
std::unique_ptr<Recorder> MakeRecorder(c10::Device device);

// Does the same work again and again: a few times as it is, while libraries
// choose kernels and allocate; then recorded. Without a recorder always as it
// is. The numbers are the same.
class RepeatedWork {
 public:
  static constexpr int kWarmUp = 3;

  RepeatedWork(std::unique_ptr<Recorder> recorder, std::function<void()> work)
      : recorder_(std::move(recorder)), work_(std::move(work)) {}

  void Run();

  bool records() const { return recorder_ != nullptr; }

 private:
  std::unique_ptr<Recorder> recorder_;
  std::function<void()> work_;
  int done_ = 0;  // at most kWarmUp + 1: recorded
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECIPES_RECORDER_H_
