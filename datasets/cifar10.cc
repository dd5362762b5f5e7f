// cifar10: 50,000 + 10,000 photographs, 32x32 in colour, from the binary
// layout: files of records without header or separator.
//
//   record = 1 byte label, 1024 bytes red, 1024 green, 1024 blue; row-major

#include "datasets/files/data_files.h"
#include "datasets/formats/cifar_format.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

DatasetInfo Cifar10Info() {
  return {
      .name = "cifar10",
      .summary =
          "photographs of animals and vehicles, 32x32 colour, 10 classes",
      .reference =
          "Krizhevsky 2009, Learning Multiple Layers of Features from Tiny "
          "Images",
      .files = {{.name = "data_batch_1.bin",
                 .md5 = "5dd7e06a14cb22eb9f671a540d1b7c25"},
                {.name = "data_batch_2.bin",
                 .md5 = "5ea93a67294ea407fff1d09f752e9692"},
                {.name = "data_batch_3.bin",
                 .md5 = "942cd6a4bcdd0dd3c604fbe906cb4421"},
                {.name = "data_batch_4.bin",
                 .md5 = "ae636b3ba5c66a11e91e8cb52e771fcb"},
                {.name = "data_batch_5.bin",
                 .md5 = "53f37980c15c3d472c316c40844f3f0d"},
                {.name = "test_batch.bin",
                 .md5 = "803d5f7f4d78ea53de84dbe85f74fb6d"}},
      .downloads = {{.name = "cifar-10-binary.tar.gz",
                     .bytes = 170052171,
                     .sha256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9d"
                               "dda3db29a59bca1dd",
                     .urls = {"https://storage.googleapis.com/"
                              "s4tf-hosted-binaries/datasets/CIFAR10/"
                              "cifar-10-binary.tar.gz",
                              "https://www.cs.toronto.edu/~kriz/"
                              "cifar-10-binary.tar.gz"}}},
      .train_counts = std::vector<int64_t>(10, 5000),
      .test_counts = std::vector<int64_t>(10, 1000),
      .folder = "cifar-10-batches-bin",
      // Figure 5 of the paper: pretrained on 2 super-classes, probed on 8
      // classes.
      .superclasses = {{"objects_animals",
                        {.class_names = {"objects", "animals"},
                         .targets = {0, 0, 1, 1, -1, -1, 1, 1, 0, 0}}},
                       {"pairs",
                        {.class_names = {"airplane and automobile",
                                         "bird and cat", "deer and dog",
                                         "frog and horse", "ship and truck"},
                         .targets = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4}}},
                       {"without_deer_dog",
                        {.class_names = {"airplane", "automobile", "bird",
                                         "cat", "frog", "horse", "ship",
                                         "truck"},
                         .targets = {0, 1, 2, 3, -1, -1, 4, 5, 6, 7}}}},
      .terms = "none stated; its page asks to cite the technical report"};
}

absl::StatusOr<Dataset> LoadCifar10(const Params&,
                                    const DatasetContext& context) {
  NCLAB_ASSIGN_OR_RETURN(std::vector<LoadedFile> files,
                         ReadOfficialFiles(Cifar10Info(), context));
  Dataset dataset;
  dataset.class_names = {"airplane", "automobile", "bird",  "cat",  "deer",
                         "dog",      "frog",       "horse", "ship", "truck"};
  for (const LoadedFile& file : files) dataset.files.push_back(file.origin);
  std::vector<LoadedFile> test;
  test.push_back(std::move(files.back()));
  files.pop_back();
  NCLAB_ASSIGN_OR_RETURN(dataset.train, ParseCifar10(std::move(files)));
  NCLAB_ASSIGN_OR_RETURN(dataset.test, ParseCifar10(std::move(test)));
  return dataset;
}

NCLAB_REGISTER_DATASET(Cifar10Info(), LoadCifar10);

}  // namespace
}  // namespace nclab
