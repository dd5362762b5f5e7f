// svhn: photographs of house numbers, cropped to one digit, 32x32 in colour
// ("format 2"): 73,257 + 26,032 in two MATLAB level 5 files.
//
//   X: uint8 [32, 32, 3, N], column-major (row fastest)    y: [N, 1], 1..10,
//   where 10 means the digit 0
#include <ATen/core/Tensor.h>

#include "datasets/files/data_files.h"
#include "datasets/formats/svhn_format.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

DatasetInfo SvhnInfo() {
  // Published as they are: the files are the downloads.
  const std::string train =
      "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8";
  const std::string test =
      "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b";
  return {
      .name = "svhn",
      .summary = "digits of house numbers, 32x32 colour, 10 classes",
      .reference =
          "Netzer, Wang, Coates, Bissacco, Wu, Ng 2011, Reading Digits in "
          "Natural Images with Unsupervised Feature Learning",
      .files = {{.name = "train_32x32.mat",
                 .sha256 = train,
                 .md5 = "e26dedcc434d2e4c54c9b2d4a06d8373"},
                {.name = "test_32x32.mat",
                 .sha256 = test,
                 .md5 = "eb5a983be6a315427106f1b164d9cef3"}},
      .downloads =
          {{.name = "train_32x32.mat",
            .bytes = 182040794,
            .sha256 = train,
            .urls = {"http://ufldl.stanford.edu/housenumbers/train_32x32.mat"}},
           {.name = "test_32x32.mat",
            .bytes = 64275384,
            .sha256 = test,
            .urls = {"http://ufldl.stanford.edu/housenumbers/test_32x32.mat"}}},
      .train_counts = {4948, 13861, 10585, 8497, 7458, 6882, 5727, 5595, 5045,
                       4659},
      .test_counts = {1744, 5099, 4149, 2882, 2523, 2384, 1977, 2019, 1660,
                      1595},
      .superclasses = {{"odd_even",
                        {.class_names = {"even", "odd"},
                         .targets = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1}}}},
      .terms = "for non-commercial use only"};
}

absl::StatusOr<Dataset> LoadSvhn(const Params&, const DatasetContext& context) {
  NCLAB_ASSIGN_OR_RETURN(std::vector<LoadedFile> files,
                         ReadOfficialFiles(SvhnInfo(), context));
  Dataset dataset;
  for (const LoadedFile& file : files) dataset.files.push_back(file.origin);
  NCLAB_ASSIGN_OR_RETURN(dataset.train, ParseSvhn(std::move(files[0])));
  NCLAB_ASSIGN_OR_RETURN(dataset.test, ParseSvhn(std::move(files[1])));
  dataset.class_names = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  return dataset;
}

NCLAB_REGISTER_DATASET(SvhnInfo(), LoadSvhn);

}  // namespace
}  // namespace nclab
