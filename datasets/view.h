// The view parameters that every dataset has: which samples, which labels,
// which shape, how normalised.
#ifndef NCLAB_DATASETS_VIEW_H_
#define NCLAB_DATASETS_VIEW_H_

#include <vector>

#include "absl/status/status.h"
#include "datasets/dataset.h"

namespace nclab {

// train_size, train_per_class, test_size, test_per_class, skip, test_skip,
// superclass, subset, subset_seed, image_size, channels, normalize,
// label_noise, label_noise_seed, as far as they have meaning for the dataset.
std::vector<ParamSpec> ViewParams(const DatasetInfo& info);

// Takes the view in place, in this order.
//   1. subset=random permutes each split by subset_seed; first keeps file
//   order.
//   2. superclass drops the samples of unused classes.
//   3. skip (train) and test_skip (test) leave out the first samples: of each
//      original class where the *_per_class count is given, of the split
//      otherwise.
//   4. *_size or *_per_class keeps the next so many. Both at once, or more
//      than there are, is an error.
//   5. the labels become the super-class's.
//   6. label_noise=p gives each training sample a wrong label with probability
//      p, uniformly among the others (Nakkiran et al., arXiv 1912.02292). A
//      sample's fate depends on label_noise_seed and its place in the file.
// The fine labels are those before steps 5 and 6. `normalization` is of the
// train split as it was before. Pixels stay raw: image_size and channels are
// kept for NormalizedSamples(). \error kInvalidArgument names the parameter,
// what was asked, what there is.
absl::Status ApplyView(const DatasetInfo& info, const Params& params,
                       Dataset& dataset);

}  // namespace nclab

#endif  // NCLAB_DATASETS_VIEW_H_
