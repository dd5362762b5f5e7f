#include "experiments/recipes/stream.h"

#include "absl/strings/str_cat.h"
#include "tools/base/errors.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/torch_status.h"

namespace nclab {

DeviceSplit Stream::Batch(const DeviceSplit& train,
                          const std::vector<at::Tensor>& drawn) const {
  return {Gather(train.samples, drawn[0]),
          train.labels.index_select(0, drawn[0])};
}

StreamRegistry& Streams() {
  static auto* const registry = new StreamRegistry("stream");
  return *registry;
}

bool RegisterStream(StreamInfo info, StreamFactory factory, const char* file,
                    int line) {
  Streams().Register(std::move(info), std::move(factory), file, line);
  return true;
}

absl::StatusOr<std::unique_ptr<Stream>> MakeStream(const BoundChoice& choice,
                                                   const StreamInput& input) {
  NCLAB_ASSIGN_OR_RETURN(const auto* entry, Streams().Find(choice.name));
  std::unique_ptr<Stream> stream;
  const absl::Status status = CatchTorch([&]() -> absl::Status {
    NCLAB_ASSIGN_OR_RETURN(stream, entry->factory(choice.params, input));
    return absl::OkStatus();
  });
  if (!status.ok()) {
    return Annotate(status, absl::StrCat("stream '", choice.name, "'"));
  }
  return stream;
}

}  // namespace nclab
