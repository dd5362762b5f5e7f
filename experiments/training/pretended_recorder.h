// What a device's recorder does, on the CPU.
#ifndef NCLAB_EXPERIMENTS_TRAINING_PRETENDED_RECORDER_H_
#define NCLAB_EXPERIMENTS_TRAINING_PRETENDED_RECORDER_H_

#include <functional>

#include "experiments/training/recorder.h"

namespace nclab {

// Does nothing when it records, the work at each replay; counts those.
class PretendedRecorder final : public Recorder {
 public:
  explicit PretendedRecorder(int* replays) : replays_(replays) {}
  void Record(const std::function<void()>& work) override { work_ = work; }
  void Replay() override {
    ++*replays_;
    work_();
  }

 private:
  int* replays_;
  std::function<void()> work_;
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_PRETENDED_RECORDER_H_
