#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/unique_dim.h>

#include <memory>

#include "absl/strings/str_join.h"
#include "experiments/recipes/stream.h"
#include "experiments/recipes/testing/promises.h"

namespace nclab {
namespace {

// No more steps than there are new samples for.
constexpr int64_t kSamples = 40, kBatch = 8, kSteps = 5;

StreamInput Input() {
  return {.samples = kSamples,
          .shape = {3, 8, 8},
          .batch_size = kBatch,
          .steps = kSteps,
          .seed = 3,
          .black = at::full({3, 1, 1}, -0.5)};
}

DeviceSplit Images() {
  at::manual_seed(1);
  return {at::randn({kSamples, 3, 8, 8}),
          at::arange(kSamples, at::TensorOptions(at::kLong)).remainder(4)};
}

absl::StatusOr<std::unique_ptr<Stream>> Make(const BoundChoice& choice) {
  return MakeStream(choice, Input());
}

bool AreEqual(const std::vector<at::Tensor>& a,
              const std::vector<at::Tensor>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!a[i].equal(b[i])) return false;
  }
  return true;
}

absl::Status AreIndices(const at::Tensor& index) {
  NCLAB_PROMISE(index.dim() == 1 && index.scalar_type() == at::kLong,
                "they are of ", at::toString(index.scalar_type()), " and ",
                index.dim(), " dimensions; expected int64 [n]");
  if (index.numel() == 0) return absl::OkStatus();
  const int64_t low = index.min().item<int64_t>(),
                high = index.max().item<int64_t>();
  NCLAB_PROMISE(low >= 0 && high < kSamples, "of ", kSamples,
                " samples they are ", low, " to ", high);
  return absl::OkStatus();
}

absl::Status DrawsIndicesInTheSameShapesEveryStep(const BoundChoice& choice) {
  NCLAB_ASSIGN_OR_RETURN(const auto stream, Make(choice));
  const std::vector<at::Tensor> first = stream->Draw(0);
  NCLAB_PROMISE(!first.empty(), "it draws nothing");
  for (int64_t step = 0; step < kSteps; ++step) {
    const std::vector<at::Tensor> drawn = stream->Draw(step);
    NCLAB_PROMISE(drawn.size() == first.size(), "step ", step, " draws ",
                  drawn.size(), " tensors, step 0 ", first.size());
    for (size_t i = 0; i < drawn.size(); ++i) {
      NCLAB_PROMISE(drawn[i].sizes() == first[i].sizes() &&
                        drawn[i].scalar_type() == first[i].scalar_type(),
                    "tensor ", i, " of step ", step, " is [",
                    absl::StrJoin(drawn[i].sizes(), ", "), "], of step 0 [",
                    absl::StrJoin(first[i].sizes(), ", "),
                    "], or of another type");
    }
    const absl::Status indices = AreIndices(drawn[0]);
    NCLAB_PROMISE(indices.ok(), "what step ", step,
                  " draws first are no indices: ", indices.message());
    NCLAB_PROMISE(drawn[0].size(0) == kBatch, "step ", step, " draws ",
                  drawn[0].size(0), " samples for a batch of ", kBatch);
  }
  return absl::OkStatus();
}

absl::Status DrawsByTheSeedAndTheStepAlone(const BoundChoice& choice) {
  NCLAB_ASSIGN_OR_RETURN(const auto stream, Make(choice));
  NCLAB_ASSIGN_OR_RETURN(const auto resumed, Make(choice));
  std::vector<std::vector<at::Tensor>> drawn(kSteps);
  const bool draws_nothing = DrawsNothing([&] {
    for (size_t step = 0; step < kSteps; ++step) {
      for (const at::Tensor& tensor : stream->Draw(step)) {
        drawn[step].push_back(tensor.clone());
      }
    }
  });
  NCLAB_PROMISE(draws_nothing,
                "it draws from LibTorch's default generator, which is the "
                "model's");
  for (int64_t step = kSteps - 1; step >= 0; --step) {
    NCLAB_PROMISE(
        AreEqual(resumed->Draw(step), drawn[static_cast<size_t>(step)]),
        "step ", step, " draws otherwise where it is asked backwards");
  }
  return absl::OkStatus();
}

absl::Status GivesABatchOfWhatItDrew(const BoundChoice& choice) {
  NCLAB_ASSIGN_OR_RETURN(const auto stream, Make(choice));
  NCLAB_ASSIGN_OR_RETURN(const auto* entry, Streams().Find(choice.name));
  const DeviceSplit train = Images();
  bool as_they_are = true;
  for (int64_t step = 0; step < kSteps; ++step) {
    const std::vector<at::Tensor> drawn = stream->Draw(step);
    DeviceSplit batch;
    NCLAB_PROMISE(DrawsNothing([&] { batch = stream->Batch(train, drawn); }),
                  "its Batch() draws random numbers: a recorded step would "
                  "draw the same every time");
    const at::Tensor samples = train.samples.index_select(0, drawn[0]);
    NCLAB_PROMISE(batch.samples.sizes() == samples.sizes() &&
                      batch.samples.scalar_type() == at::kFloat,
                  "its batch is [", absl::StrJoin(batch.samples.sizes(), ", "),
                  "]; expected [", absl::StrJoin(samples.sizes(), ", "), "]");
    NCLAB_PROMISE(batch.labels.equal(train.labels.index_select(0, drawn[0])),
                  "its labels are not those of the samples that it drew");
    const DeviceSplit again = stream->Batch(train, drawn);
    NCLAB_PROMISE(batch.samples.equal(again.samples),
                  "asked twice, it gives two batches");
    as_they_are &= batch.samples.equal(samples);
  }
  NCLAB_PROMISE(as_they_are || entry->info.changes_samples,
                "it changes samples, and does not say so (changes_samples)");
  NCLAB_PROMISE(train.samples.equal(Images().samples),
                "it changes the training split itself");
  return absl::OkStatus();
}

// A grey image, repeated: the exact rewrites count on it.
absl::Status KeepsChannelsThatAreOneInMemory(const BoundChoice& choice) {
  NCLAB_ASSIGN_OR_RETURN(const auto stream, Make(choice));
  const DeviceSplit images = Images();
  const at::Tensor grey =
      images.samples.narrow(1, 0, 1).expand({-1, 3, -1, -1});
  const DeviceSplit batch =
      stream->Batch({grey, images.labels}, stream->Draw(0));
  NCLAB_PROMISE(batch.samples.stride(1) == 0,
                "the channels of a grey image, repeated as a view, are copies "
                "in its batch");
  return absl::OkStatus();
}

absl::Status EvaluatesSamplesOfTheSplit(const BoundChoice& choice) {
  NCLAB_ASSIGN_OR_RETURN(const auto stream, Make(choice));
  NCLAB_PROMISE(stream->steps_per_epoch() >= 1, "an epoch has ",
                stream->steps_per_epoch(), " steps");
  const at::Tensor evaluated = stream->Evaluated();
  if (!evaluated.defined()) return absl::OkStatus();
  const absl::Status indices = AreIndices(evaluated);
  NCLAB_PROMISE(indices.ok(),
                "what it evaluates are no indices: ", indices.message());
  NCLAB_PROMISE(evaluated.numel() > 0, "it evaluates no sample");
  const at::Tensor distinct = std::get<0>(at::unique_dim(evaluated, 0));
  NCLAB_PROMISE(distinct.numel() == evaluated.numel(),
                "it evaluates a sample twice");
  return absl::OkStatus();
}

// Samples that are no images: works, or says why not.
absl::Status TakesOrRefusesFeatures(const BoundChoice& choice) {
  StreamInput input = Input();
  input.shape = {7};
  input.black = at::Tensor();
  const auto stream = MakeStream(choice, input);
  if (!stream.ok()) {
    NCLAB_PROMISE(absl::IsInvalidArgument(stream.status()),
                  "samples of 7 numbers are refused by other than a "
                  "kInvalidArgument: ",
                  stream.status().ToString());
    return absl::OkStatus();
  }
  DeviceSplit train = Images();
  train.samples = train.samples.flatten(1).narrow(1, 0, 7);
  const DeviceSplit batch = (*stream)->Batch(train, (*stream)->Draw(0));
  NCLAB_PROMISE(batch.samples.sizes() == at::IntArrayRef({kBatch, 7}),
                "its batch of samples of 7 numbers is [",
                absl::StrJoin(batch.samples.sizes(), ", "), "]");
  return absl::OkStatus();
}

}  // namespace

const std::vector<RecipePromise>& StreamPromises() {
  static const auto* const promises = new std::vector<RecipePromise>(WithFacts(
      Streams(),
      {{"DrawsIndicesInTheSameShapesEveryStep",
        DrawsIndicesInTheSameShapesEveryStep},
       {"DrawsByTheSeedAndTheStepAlone", DrawsByTheSeedAndTheStepAlone},
       {"GivesABatchOfWhatItDrew", GivesABatchOfWhatItDrew},
       {"KeepsChannelsThatAreOneInMemory", KeepsChannelsThatAreOneInMemory},
       {"EvaluatesSamplesOfTheSplit", EvaluatesSamplesOfTheSplit},
       {"TakesOrRefusesFeatures", TakesOrRefusesFeatures}}));
  return *promises;
}

}  // namespace nclab
