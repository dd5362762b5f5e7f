// fashion_mnist: 60,000 + 10,000 pictures of clothes, 28x28 grey.
#include "datasets/idx.h"

namespace nclab {
namespace {

DatasetInfo FashionMnistInfo() {
  DatasetInfo info{{"fashion_mnist",
                    "clothes, 28x28 grey, 10 classes",
                    "Xiao, Rasul, Vollgraf, arXiv 1708.07747",
                    {}}};
  info.files = IdxFiles(
      "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
      "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
      "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
      "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34");
  info.terms = "MIT (Zalando SE)";
  return info;
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
