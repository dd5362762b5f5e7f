// stl10: the labelled photographs of STL-10, 96x96 in colour: 5,000 + 8,000.
// The 100,000 unlabelled ones are never touched.
#include "datasets/files/data_files.h"
#include "datasets/formats/stl10_format.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

DatasetInfo Stl10Info() {
  return {
      .name = "stl10",
      .summary =
          "photographs of animals and vehicles, 96x96 colour, 10 classes",
      .reference =
          "Coates, Lee, Ng 2011, An Analysis of Single-Layer Networks in "
          "Unsupervised Feature Learning",
      .files =
          {{.name = "train_X.bin", .md5 = "918c2871b30a85fa023e0c44e0bee87f"},
           {.name = "train_y.bin", .md5 = "5a34089d4802c674881badbb80307741"},
           {.name = "test_X.bin", .md5 = "7f263ba9f9e0b06b93213547f721ac82"},
           {.name = "test_y.bin", .md5 = "36f9794fa4beb8a2c72628de14fa638e"}},
      .downloads =
          {{.name = "stl10_binary.tar.gz",
            .bytes = 2640397119,
            .sha256 = "f31fd99273a1acb8609c8db427cebb1de3f71de77758cdc0e22956e1"
                      "289b9866",
            .urls = {"https://cs.stanford.edu/~acoates/stl10/"
                     "stl10_binary.tar.gz",
                     "https://ai.stanford.edu/~acoates/stl10/"
                     "stl10_binary.tar.gz",
                     "http://ai.stanford.edu/~acoates/stl10/"
                     "stl10_binary.tar.gz"}}},
      .train_counts = std::vector<int64_t>(10, 500),
      .test_counts = std::vector<int64_t>(10, 800),
      .folder = "stl10_binary",
      .superclasses = {{"objects_animals",
                        {.class_names = {"objects", "animals"},
                         .targets = {0, 1, 0, 1, 1, 1, 1, 1, 0, 0}}}},
      .terms = "none stated; the images come from ImageNet"};
}

absl::StatusOr<Dataset> LoadStl10(const Params&,
                                  const DatasetContext& context) {
  NCLAB_ASSIGN_OR_RETURN(std::vector<LoadedFile> files,
                         ReadOfficialFiles(Stl10Info(), context));
  Dataset dataset;
  for (const LoadedFile& file : files) dataset.files.push_back(file.origin);
  NCLAB_ASSIGN_OR_RETURN(dataset.train,
                         ParseStl10(std::move(files[0]), files[1]));
  NCLAB_ASSIGN_OR_RETURN(dataset.test,
                         ParseStl10(std::move(files[2]), files[3]));
  dataset.class_names = {"airplane", "bird",  "car",    "cat",  "deer",
                         "dog",      "horse", "monkey", "ship", "truck"};
  return dataset;
}

NCLAB_REGISTER_DATASET(Stl10Info(), LoadStl10);

}  // namespace
}  // namespace nclab
