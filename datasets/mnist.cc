// mnist: 60,000 + 10,000 handwritten digits, 28x28 grey, 255 = ink.
#include "datasets/formats/idx.h"

namespace nclab {
namespace {

DatasetInfo MnistInfo() {
  return {
      .name = "mnist",
      .summary = "handwritten digits, 28x28 grey, 10 classes",
      .reference = "LeCun, Bottou, Bengio, Haffner 1998",
      .files = IdxFiles(
          "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
          "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
          "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
          "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
      .downloads = IdxDownloads(
          {9912422, 28881, 1648877, 4542},
          {"440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
           "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
           "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
           "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"},
          {"https://storage.googleapis.com/cvdf-datasets/mnist/",
           "https://ossci-datasets.s3.amazonaws.com/mnist/"}),
      .train_counts = {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851,
                       5949},
      .test_counts = {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009},
      .superclasses = {{"odd_even",
                        {.class_names = {"even", "odd"},
                         .targets = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1}}},
                       {"pairs",
                        {.class_names = {"0 and 1", "2 and 3", "4 and 5",
                                         "6 and 7", "8 and 9"},
                         .targets = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4}}}},
      .terms = "no authoritative terms; often stated as CC BY-SA 3.0"};
}

NCLAB_REGISTER_DATASET(MnistInfo(), [](const Params&,
                                       const DatasetContext& context) {
  return LoadIdxDataset(
      MnistInfo(), {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, context);
});

}  // namespace
}  // namespace nclab
