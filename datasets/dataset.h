// What a dataset is, and how one is registered.
//
// A dataset plugin loads raw samples and labels; everything that is common to
// all of them (subsets, super-classes, padding, normalisation) is done once,
// in datasets/view.h. See datasets/mnist.cc for a whole one.
#ifndef NCLAB_DATASETS_DATASET_H_
#define NCLAB_DATASETS_DATASET_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/base/registry/registry.h"

namespace nclab {

// On the CPU, N and all sizes of a sample at least 1.
struct Split {
  // Images [N, C, H, W]: uint8, or float or double in 0..1. Feature-like:
  // float or double [N, D].
  at::Tensor samples;
  at::Tensor labels;  // int64 [N], 0 .. K-1
  // Before super-classes and noise; a loader may leave it out: `labels`.
  at::Tensor fine_labels = {};  // int64 [N]

  int64_t size() const { return labels.defined() ? labels.size(0) : 0; }
};

// What a model sees of a pixel in 0..1 is (pixel - mean) / std. double
// [C, 1, 1], or [C, H, W] of the images as loaded; undefined for feature-like
// samples. std is the population's, 1 where a channel or pixel is constant.
struct Normalization {
  at::Tensor mean;
  at::Tensor std;
};

// A file that was read, for the manifest.
struct DataFile {
  std::string path;
  std::string sha256;  // of the decompressed bytes
  bool official;       // the checksum is the published one
};

struct Dataset {
  Split train;
  Split test;                            // samples of the same type and shape
  std::vector<std::string> class_names;  // K of them
  std::vector<std::string> fine_class_names;  // of fine_labels, where defined
  std::vector<DataFile> files;
  Normalization normalization;  // undefined: the view's `normalize` fills it
  int64_t image_size = 0;       // side to pad to; 0: as loaded
  int64_t channels = 0;  // grey images are repeated to so many; 0: as loaded

  int64_t classes() const { return static_cast<int64_t>(class_names.size()); }
};

// An official file, decompressed: its name, and the checksums that were
// published, "" where there is none.
struct OfficialFile {
  std::string name;
  std::string sha256 = "";
  std::string md5 = "";
};

// Names the target of every original class: targets[c] is the new label of
// class c, or -1 to leave its samples out.
struct SuperClass {
  std::vector<std::string> class_names;
  std::vector<int64_t> targets;
};

// What the publishers serve: a file of the dataset, as it is or with .gz, or a
// .tar.gz of them all.
struct Download {
  std::string name;
  int64_t bytes;
  std::string sha256;
  std::vector<std::string> urls;  // in the order to try
};

struct DatasetInfo {
  std::string name;       // as on the command line
  std::string summary;    // one line
  std::string reference;  // where it comes from: paper, page
  std::vector<ParamSpec> params = {};
  std::vector<OfficialFile> files = {};  // none: made, not loaded
  std::vector<Download> downloads = {};  // which bring the files
  // Samples of each class in the official files; empty: set by the parameters.
  std::vector<int64_t> train_counts = {};
  std::vector<int64_t> test_counts = {};
  std::string folder = "";  // the official archive unpacks into it
  std::map<std::string, SuperClass> superclasses = {};  // by the view's name
  std::string terms = "";                               // of use, as published
  // View parameters that it does not take: those of the same names among its
  // own stand in for them, and of `normalize` its `normalization`.
  std::vector<std::string> replaces = {};
};

// What a factory may ask of its surroundings.
struct DatasetContext {
  std::string data_dir;  // "": the user's cache directory
  bool fetch = false;    // missing official files may be downloaded
};

using DatasetFactory = std::function<absl::StatusOr<Dataset>(
    const Params&, const DatasetContext&)>;

// A parameter whose value is itself a choice of a dataset, written in full
// when it is bound.
ParamSpec DatasetParam(std::string name, std::string default_value,
                       std::string help);

using DatasetRegistry = Registry<DatasetInfo, DatasetFactory>;
DatasetRegistry& Datasets();

// Registers at static-initialisation time, with the view's parameters added
// to the dataset's own. A dataset that makes images of any shape may declare
// `channels` or `image_size` itself, one that sets `normalization` goes without
// `normalize`, and says so in `replaces`; any other parameter of a name of the
// view's aborts. Returns true.
bool RegisterDataset(DatasetInfo info, DatasetFactory factory, const char* file,
                     int line);

// Loads the dataset of a choice, checks that it is what Dataset says, and takes
// the view that its parameters ask for. Samples stay raw.
// \error kNotFound for missing files, kInvalidArgument for malformed ones, an
// impossible view, or one that exceeds the memory: names file or parameter,
// found and expected; kInternal for a loader that breaks a promise.
absl::StatusOr<Dataset> LoadDataset(const BoundChoice& choice,
                                    const DatasetContext& context);

// The files that the dataset of a choice reads, with their checksums now; no
// view is taken. \error as LoadDataset().
absl::StatusOr<std::vector<DataFile>> FilesOfDataset(
    const BoundChoice& choice, const DatasetContext& context);

}  // namespace nclab

// In a .cc file only, once per dataset. The arguments are a DatasetInfo and a
// DatasetFactory.
#define NCLAB_REGISTER_DATASET(...) \
  NCLAB_REGISTER(::nclab::RegisterDataset, __VA_ARGS__)

#endif  // NCLAB_DATASETS_DATASET_H_
