// What a device's recorder does, on the CPU.
#ifndef NCLAB_EXPERIMENTS_RECIPES_RECORDING_PRETENDED_RECORDER_H_
#define NCLAB_EXPERIMENTS_RECIPES_RECORDING_PRETENDED_RECORDER_H_

#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>
#include <c10/core/Storage.h>

#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "experiments/recipes/recording/recorder.h"
#include "gtest/gtest.h"

namespace nclab {

// Does nothing when it records, the work at each replay; counts those. A replay
// that is not the work of the first one, which follows the recording at once,
// so that a recording would have had something baked in, fails the test: every
// operator must be the same, with the same numbers, shapes and offsets, on the
// same memory where that outlives the replay (indices, rate, loss, parameters).
class PretendedRecorder final : public Recorder {
 public:
  explicit PretendedRecorder(int* replays) : replays_(replays) {}

  void Record(const std::function<void()>& work) override { work_ = work; }

  void Replay() override {
    ++*replays_;
    Calls() = &calls_;
    calls_.clear();
    const auto handle = at::addThreadLocalCallback(
        at::RecordFunctionCallback(&Note).needsInputs(true).scopes(
            {at::RecordScope::FUNCTION}));
    work_();
    at::removeCallback(handle);
    const std::vector<std::string> words = Words();
    if (first_.empty()) first_ = words;
    EXPECT_EQ(words.size(), first_.size());
    for (size_t i = 0; i < words.size() && i < first_.size(); ++i) {
      EXPECT_EQ(words[i], first_[i])
          << "operator " << i << " of replay " << *replays_;
      if (words[i] != first_[i]) break;
    }
  }

 private:
  struct Memory {
    c10::weak_intrusive_ptr<c10::StorageImpl> storage;
    const void* data;
  };
  struct Call {
    std::string words;
    std::vector<Memory> memory;
  };

  static std::vector<Call>*& Calls() {
    static thread_local std::vector<Call>* calls = nullptr;
    return calls;
  }

  static std::unique_ptr<at::ObserverContext> Note(
      const at::RecordFunction& function) {
    Call call;
    std::ostringstream words;
    words.precision(17);
    words << function.name();
    const auto see = [&](const at::Tensor& tensor) {
      if (!tensor.defined() || !tensor.has_storage()) return;
      // A number of the host in a tensor of its own, as of `weight * number`.
      if (tensor.unsafeGetTensorImpl()->is_wrapped_number()) {
        words << ' ' << NumberIn(tensor);
        return;
      }
      call.memory.push_back(
          {tensor.storage().getWeakStorageImpl(), tensor.const_data_ptr()});
    };
    for (const c10::IValue& input : function.inputs()) {
      if (input.isTensor()) see(input.toTensor());
      if (input.isTensorList()) {
        for (const at::Tensor& tensor : input.toTensorVector()) see(tensor);
      }
      if (input.isDouble()) words << ' ' << input.toDouble();
      if (input.isInt()) words << ' ' << input.toInt();
      if (input.isBool()) words << ' ' << input.toBool();
      if (input.isIntList()) {
        for (const int64_t n : input.toIntVector()) words << ' ' << n;
      }
      if (input.isDoubleList()) {
        for (const double x : input.toDoubleVector()) words << ' ' << x;
      }
    }
    call.words = words.str();
    Calls()->push_back(std::move(call));
    return nullptr;
  }

  // Without an operator, which would be noted, too.
  static double NumberIn(const at::Tensor& tensor) {
    switch (tensor.scalar_type()) {
      case at::kDouble:
        return *tensor.const_data_ptr<double>();
      case at::kLong:
        return static_cast<double>(*tensor.const_data_ptr<int64_t>());
      default:  // bool, complex
        return 0;
    }
  }

  // Of the calls, after the replay: what it made for itself is gone then, and
  // lies elsewhere every time.
  std::vector<std::string> Words() {
    std::vector<std::string> all;
    for (const Call& call : calls_) {
      std::ostringstream words;
      words << call.words;
      for (const Memory& memory : call.memory) {
        auto storage = memory.storage.lock();
        if (!storage) continue;
        words << ' ' << memory.data;
        // So that this is nobody else's memory later.
        kept_.emplace_back(std::move(storage));
      }
      all.push_back(words.str());
    }
    calls_.clear();
    return all;
  }

  int* replays_;
  std::function<void()> work_;
  std::vector<std::string> first_;  // an operator each
  std::vector<Call> calls_;
  std::vector<c10::Storage> kept_;
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECIPES_RECORDING_PRETENDED_RECORDER_H_
