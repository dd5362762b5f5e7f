// cifar100: 50,000 + 10,000 photographs, 32x32 in colour, from the binary
// layout; 100 classes, five of each of 20 coarse ones (superclass=coarse).
//
//   record = 1 byte coarse label, 1 byte fine label, 1024 bytes red, 1024
//   green,
//            1024 blue; row-major
#include "datasets/files/data_files.h"
#include "datasets/formats/cifar_format.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

const std::vector<std::string>& Fine() {
  static const auto* const names = new std::vector<std::string>{
      "apple",    "aquarium_fish", "baby",       "bear",         "beaver",
      "bed",      "bee",           "beetle",     "bicycle",      "bottle",
      "bowl",     "boy",           "bridge",     "bus",          "butterfly",
      "camel",    "can",           "castle",     "caterpillar",  "cattle",
      "chair",    "chimpanzee",    "clock",      "cloud",        "cockroach",
      "couch",    "crab",          "crocodile",  "cup",          "dinosaur",
      "dolphin",  "elephant",      "flatfish",   "forest",       "fox",
      "girl",     "hamster",       "house",      "kangaroo",     "keyboard",
      "lamp",     "lawn_mower",    "leopard",    "lion",         "lizard",
      "lobster",  "man",           "maple_tree", "motorcycle",   "mountain",
      "mouse",    "mushroom",      "oak_tree",   "orange",       "orchid",
      "otter",    "palm_tree",     "pear",       "pickup_truck", "pine_tree",
      "plain",    "plate",         "poppy",      "porcupine",    "possum",
      "rabbit",   "raccoon",       "ray",        "road",         "rocket",
      "rose",     "sea",           "seal",       "shark",        "shrew",
      "skunk",    "skyscraper",    "snail",      "snake",        "spider",
      "squirrel", "streetcar",     "sunflower",  "sweet_pepper", "table",
      "tank",     "telephone",     "television", "tiger",        "tractor",
      "train",    "trout",         "tulip",      "turtle",       "wardrobe",
      "whale",    "willow_tree",   "wolf",       "woman",        "worm"};
  return *names;
}

const SuperClass& Coarse() {
  static const auto* const coarse = new SuperClass{
      .class_names = {"aquatic_mammals",
                      "fish",
                      "flowers",
                      "food_containers",
                      "fruit_and_vegetables",
                      "household_electrical_devices",
                      "household_furniture",
                      "insects",
                      "large_carnivores",
                      "large_man-made_outdoor_things",
                      "large_natural_outdoor_scenes",
                      "large_omnivores_and_herbivores",
                      "medium_mammals",
                      "non-insect_invertebrates",
                      "people",
                      "reptiles",
                      "small_mammals",
                      "trees",
                      "vehicles_1",
                      "vehicles_2"},
      .targets = {4,  1,  14, 8,  0,  6,  7,  7,  18, 3,  3,  14, 9,  18, 7,
                  11, 3,  9,  7,  11, 6,  11, 5,  10, 7,  6,  13, 15, 3,  15,
                  0,  11, 1,  10, 12, 14, 16, 9,  11, 5,  5,  19, 8,  8,  15,
                  13, 14, 17, 18, 10, 16, 4,  17, 4,  2,  0,  17, 4,  18, 17,
                  10, 3,  2,  12, 12, 16, 12, 1,  9,  19, 2,  10, 0,  1,  16,
                  12, 9,  13, 15, 13, 16, 19, 2,  4,  6,  19, 5,  5,  8,  19,
                  18, 1,  2,  15, 6,  0,  17, 8,  14, 13}};
  return *coarse;
}

DatasetInfo Cifar100Info() {
  return {
      .name = "cifar100",
      .summary = "photographs, 32x32 colour, 100 classes in 20 coarse ones",
      .reference =
          "Krizhevsky 2009, Learning Multiple Layers of Features from Tiny "
          "Images",
      .files = {{.name = "train.bin",
                 .sha256 = "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b99"
                           "8a5ec6aeebf29"},
                {.name = "test.bin",
                 .sha256 = "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b65"
                           "9061746f8224a"}},
      .downloads = {{.name = "cifar-100-binary.tar.gz",
                     .bytes = 168513733,
                     .sha256 = "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b"
                               "1f2a199162a40d8ec",
                     .urls = {"https://www.cs.toronto.edu/~kriz/"
                              "cifar-100-binary.tar.gz"}}},
      .train_counts = std::vector<int64_t>(100, 500),
      .test_counts = std::vector<int64_t>(100, 100),
      .folder = "cifar-100-binary",
      .superclasses = {{"coarse", Coarse()}},
      .terms = "none stated; its page asks to cite the technical report"};
}

absl::StatusOr<Dataset> LoadCifar100(const Params&,
                                     const DatasetContext& context) {
  NCLAB_ASSIGN_OR_RETURN(std::vector<LoadedFile> files,
                         ReadOfficialFiles(Cifar100Info(), context));
  Dataset dataset;
  dataset.class_names = Fine();
  for (Split* split : {&dataset.train, &dataset.test}) {
    LoadedFile& file = files[split == &dataset.train ? 0 : 1];
    dataset.files.push_back(file.origin);
    std::vector<LoadedFile> one;
    one.push_back(std::move(file));
    NCLAB_ASSIGN_OR_RETURN(*split,
                           ParseCifar100(std::move(one), Coarse().targets));
  }
  return dataset;
}

NCLAB_REGISTER_DATASET(Cifar100Info(), LoadCifar100);

}  // namespace
}  // namespace nclab
