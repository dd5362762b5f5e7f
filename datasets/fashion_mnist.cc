// fashion_mnist: 60,000 + 10,000 pictures of clothes, 28x28 grey.
#include "datasets/formats/idx.h"

namespace nclab {
namespace {

DatasetInfo FashionMnistInfo() {
  return {
      .name = "fashion_mnist",
      .summary = "clothes, 28x28 grey, 10 classes",
      .reference = "Xiao, Rasul, Vollgraf, arXiv 1708.07747",
      .files = IdxFiles(
          "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
          "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
          "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
          "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
      .downloads = IdxDownloads(
          {26421880, 29515, 4422102, 5148},
          {"3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
           "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
           "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
           "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"},
          {"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
           "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
           "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/"
           "b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/"}),
      .train_counts = std::vector<int64_t>(10, 6000),
      .test_counts = std::vector<int64_t>(10, 1000),
      .terms = "MIT (Zalando SE)"};
}

NCLAB_REGISTER_DATASET(FashionMnistInfo(), [](const Params&,
                                              const DatasetContext& context) {
  return LoadIdxDataset(FashionMnistInfo(),
                        {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                         "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"},
                        context);
});

}  // namespace
}  // namespace nclab
