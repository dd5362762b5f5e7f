// Which samples a step sees, how they are changed, and what an evaluation calls
// the training split; and how a stream is registered.
#ifndef NCLAB_EXPERIMENTS_RECIPES_STREAM_H_
#define NCLAB_EXPERIMENTS_RECIPES_STREAM_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/recipes/batches.h"
#include "tools/base/registry/registry.h"

namespace nclab {

class Stream {
 public:
  virtual ~Stream() = default;

  // What step `step`, 0-based, sees: tensors on the device whose number, shapes
  // and types are the same every step; the first is the samples' indices, int64
  // [B]. Outside a recorded step. A pure function of the run's seed and `step`,
  // so that a resumed run needs nothing of it in its checkpoint.
  virtual std::vector<at::Tensor> Draw(int64_t step) = 0;

  // The batch of `drawn`, of Draw(). Inside a recorded step: work for the
  // device alone, the same every time.
  virtual DeviceSplit Batch(const DeviceSplit& train,
                            const std::vector<at::Tensor>& drawn) const;

  // Steps of an epoch: a pass over what Draw() draws from.
  virtual int64_t steps_per_epoch() const = 0;

  // Indices int64 [M] of the samples that an evaluation calls the training
  // split; undefined: all. They are evaluated unchanged.
  virtual at::Tensor Evaluated() const { return {}; }
};

// What a factory is told of the run.
struct StreamInput {
  int64_t samples = 0;         // N of the training split
  std::vector<int64_t> shape;  // of one sample, as the model sees it
  int64_t batch_size = 0;      // at most N
  int64_t steps = 0;           // T; a run may stop earlier
  int64_t seed = 0;
  at::Device device = at::kCPU;
  // Of images: what a raw 0 has become, float on the device: [C, 1, 1], or
  // [C, H, W] where every pixel is normalised by itself.
  at::Tensor black = {};
};

// \error kInvalidArgument for combinations without meaning, as samples that run
// out before T.
using StreamFactory = std::function<absl::StatusOr<std::unique_ptr<Stream>>(
    const Params&, const StreamInput&)>;

struct StreamInfo {
  std::string name;       // as on the command line
  std::string summary;    // one line
  std::string reference;  // where it comes from: paper, formula
  std::vector<ParamSpec> params = {};
  // Batch() gives more than the samples as they are: what does not change with
  // training (frozen features) then cannot be computed once.
  bool changes_samples = false;
};

using StreamRegistry = Registry<StreamInfo, StreamFactory>;
StreamRegistry& Streams();

// Registers at static-initialisation time. Returns true.
bool RegisterStream(StreamInfo info, StreamFactory factory, const char* file,
                    int line);

// The stream of a choice. \error what the factory says, after its name.
absl::StatusOr<std::unique_ptr<Stream>> MakeStream(const BoundChoice& choice,
                                                   const StreamInput& input);

}  // namespace nclab

// In a .cc file only, once per stream. The arguments are a StreamInfo and a
// StreamFactory.
#define NCLAB_REGISTER_STREAM(...) \
  NCLAB_REGISTER(::nclab::RegisterStream, __VA_ARGS__)

#endif  // NCLAB_EXPERIMENTS_RECIPES_STREAM_H_
