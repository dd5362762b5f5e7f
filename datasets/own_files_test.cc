// Datasets of one's own files: what they read, and what they refuse.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "datasets/dataset.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/base/torch/tensor_file.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;

using absl::StatusCode;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string Pictures() {
  return fs::absolute("datasets/formats/pictures/testdata").string();
}

absl::StatusOr<Dataset> Load(const std::string& choice) {
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice bound, Datasets().Bind(choice));
  return LoadDataset(bound, {});
}

auto Refused(const std::string& a, const std::string& b = "") {
  return StatusIs(StatusCode::kInvalidArgument,
                  AllOf(HasSubstr(a), HasSubstr(b)));
}

TEST(Images, AreInTheOrderAndOfThePixelsOfTorchvision) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Dataset dataset,
      Load(absl::StrCat("images(dir=", Pictures(), "/folder)")));
  EXPECT_THAT(dataset.class_names, ElementsAre("Ant", "bee", "zebra"));
  // As tensors: each dataset is the other's reader, too.
  const std::string npz = Pictures() + "/folder.npz";
  for (const auto& [name, split] :
       {std::pair("train", &dataset.train), {"test", &dataset.test}}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(
        const Dataset expected,
        Load(absl::StrCat("tensors(train=", npz, ",test=", npz, ",samples=",
                          name, ".samples,labels=", name, ".labels)")));
    EXPECT_TRUE(split->samples.equal(expected.train.samples)) << name;
    EXPECT_TRUE(split->labels.equal(expected.train.labels)) << name;
  }
  ASSERT_EQ(dataset.files.size(), 2);
  EXPECT_EQ(dataset.files[0].path, Pictures() + "/folder/train");
  EXPECT_EQ(dataset.files[0].sha256.size(), 64);
}

TEST(Images, AreGreyOrResizedWhereAsked) {
  const std::string of = absl::StrCat("images(dir=", Pictures(), "/folder");
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset colour, Load(of + ")"));
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset grey, Load(of + ",mode=grey)"));
  const at::Tensor x = colour.train.samples.to(at::kLong);
  const at::Tensor expected = (x.select(1, 0) * 19595 + x.select(1, 1) * 38470 +
                               x.select(1, 2) * 7471 + 32768) /
                              65536;
  EXPECT_TRUE(grey.train.samples.squeeze(1).to(at::kLong).equal(
      expected.floor().to(at::kLong)));
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset small, Load(of + ",size=4)"));
  EXPECT_EQ(small.train.samples.sizes().slice(1), at::IntArrayRef({3, 4, 4}));
  // Averages stay, about.
  EXPECT_NEAR(small.train.samples.to(at::kDouble).mean().item<double>(),
              x.to(at::kDouble).mean().item<double>(), 2);
}

TEST(Images, RefuseByName) {
  const std::string root = EmptyTestDirectory();
  const auto load = [&](const std::string& args = "") {
    return Load(absl::StrCat("images(dir=", root, args, ")"));
  };
  EXPECT_THAT(load(), StatusIs(StatusCode::kNotFound, HasSubstr("/train")));
  const auto put = [&](const std::string& from, const std::string& to) {
    fs::create_directories(fs::path(root + to).parent_path());
    fs::copy_file(Pictures() + from, root + to,
                  fs::copy_options::overwrite_existing);
  };
  for (const char* split : {"/train", "/test"}) {
    put("/kinds/rgb.png", absl::StrCat(split, "/a/1.png"));
    put("/kinds/grey.png", absl::StrCat(split, "/b/1.png"));
  }
  EXPECT_THAT(load(), IsOk());
  EXPECT_THAT(load(",test=val"),
              StatusIs(StatusCode::kNotFound, HasSubstr("/val")));
  put("/kinds/444.jpg", "/train/b/2.jpeg");
  EXPECT_THAT(load(), Refused("/train/b/2.jpeg is of 37x45 pixels",
                              "of 13x9. Make them of one size, or resize"));
  EXPECT_THAT(load(",size=8"), IsOk());
  put("/bad/cut.jpg", "/train/b/2.jpeg");
  EXPECT_THAT(load(",size=8"), Refused("/train/b/2.jpeg", "damaged JPEG"));
  fs::remove(root + "/train/b/2.jpeg");
  put("/kinds/rgb.png", "/test/c/1.png");
  EXPECT_THAT(load(), Refused("/test holds the classes: a, b, c",
                              "those of train: a, b"));
  fs::remove_all(root + "/test/c");
  put("/bad/a_gif.png", "/train/a/x.webp");
  EXPECT_THAT(load(), Refused("x.webp is no PNG and no JPEG"));
  fs::remove(root + "/train/a/x.webp");
  fs::remove(root + "/train/a/1.png");
  EXPECT_THAT(load(), Refused("/train/a holds no picture"));
}

TEST(Tensors, ReadEveryFormatAndShape) {
  const std::string directory = EmptyTestDirectory();
  const std::string path = directory + "/a.safetensors";
  const auto load = [&](const TensorMap& tensors, const std::string& args = "",
                        const std::map<std::string, std::string>& about = {}) {
    EXPECT_THAT(SaveTensors(path, tensors, about), IsOk());
    return Load(
        absl::StrCat("tensors(train=", path, ",test=", path, args, ")"));
  };
  const at::Tensor labels = at::arange(4, at::kInt).remainder(2);
  const at::Tensor bytes =
      at::arange(4 * 3 * 5 * 2, at::kByte).reshape({4, 3, 5, 2});
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Dataset images,
      load({{"images", bytes}, {"labels", labels}, {"more", labels}}, "",
           {{"class_names", "cat,dog,owl"}}));
  EXPECT_TRUE(images.train.samples.equal(bytes));
  EXPECT_TRUE(images.train.labels.equal(labels.to(at::kLong)));
  EXPECT_THAT(images.class_names, ElementsAre("cat", "dog", "owl"));
  ASSERT_EQ(images.files.size(), 2);
  EXPECT_EQ(images.files[0].path, path);
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Dataset last,
      load({{"x", bytes.permute({0, 2, 3, 1})}, {"y", labels}},
           ",samples=x,labels=y,layout=nhwc,train_size=2"));
  EXPECT_TRUE(last.train.samples.equal(bytes.slice(0, 0, 2)));
  EXPECT_THAT(last.class_names, ElementsAre("0", "1"));
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Dataset grey,
      load({{"images", bytes.select(1, 0).to(at::kHalf) / 255},
            {"labels", labels}}));
  EXPECT_EQ(grey.train.samples.sizes(), at::IntArrayRef({4, 1, 5, 2}));
  EXPECT_EQ(grey.train.samples.scalar_type(), at::kFloat);
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Dataset features,
      load({{"features", at::arange(12, at::kDouble).reshape({4, 3})},
            {"labels", labels}}));
  EXPECT_EQ(features.train.samples.scalar_type(), at::kDouble);
  const std::string made = fs::absolute("tools/base/tensors/testdata").string();
  for (const char* file : {"stored.npz", "deflated.npz", "tensors.pt"}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(
        const Dataset other,
        Load(absl::StrCat("tensors(train=", made, "/", file, ",test=", made,
                          "/", file, ",samples=rows)")));
    EXPECT_TRUE(
        other.test.samples.equal(at::arange(12, at::kFloat).reshape({4, 3})));
  }
}

TEST(Tensors, RefuseByName) {
  const std::string path = EmptyTestDirectory() + "/a.safetensors";
  const at::Tensor labels = at::arange(4, at::kLong);
  const at::Tensor rows = at::zeros({4, 3});
  const auto load = [&](const at::Tensor& samples, const at::Tensor& of) {
    EXPECT_THAT(SaveTensors(path, {{"images", samples}, {"labels", of}}),
                IsOk());
    return Load(absl::StrCat("tensors(train=", path, ",test=", path, ")"));
  };
  EXPECT_THAT(load(rows, labels), IsOk());
  EXPECT_THAT(load(rows.to(at::kByte), labels),
              Refused("'images' is U8 [4, 3]", "features [N, D] of floats"));
  EXPECT_THAT(load(at::zeros({4}), labels), Refused("'images' is F32 [4]"));
  EXPECT_THAT(load(at::zeros({4, 8, 8, 3}), labels), Refused("layout=nhwc"));
  EXPECT_THAT(load(at::full({4, 3}, std::nan("")), labels),
              Refused("NaN or infinity in row 0"));
  EXPECT_THAT(load(rows, labels.slice(0, 1)),
              Refused("'labels' is I64 [3]", "integers [4]"));
  EXPECT_THAT(load(rows, labels - 1), Refused("the label -1 in row 0"));
  EXPECT_THAT(load(rows, labels + 999998), Refused("the label 1000000"));
  EXPECT_THAT(load(rows, at::zeros({4})), Refused("'labels' is F32 [4]"));
  EXPECT_THAT(load(at::zeros({0, 3}), labels.slice(0, 0, 0)),
              Refused("at least one sample"));
  EXPECT_THAT(
      Load(absl::StrCat("tensors(train=", path, ",test=", path, ",samples=x)")),
      Refused("has no tensor 'x'. It has: images, labels"));
  EXPECT_THAT(Load("tensors(train=/nowhere/a.npz,test=b)"),
              StatusIs(StatusCode::kNotFound, HasSubstr("/nowhere/a.npz")));
}

// `count` images of 2x3, or labels.
std::string Idx(const std::vector<uint8_t>& labels, bool images) {
  std::string bytes = {0, 0, 8, images ? '\3' : '\1',
                       0, 0, 0, static_cast<char>(labels.size())};
  if (images) bytes += std::string("\0\0\0\2\0\0\0\3", 8);
  for (const uint8_t label : labels) {
    bytes += std::string(images ? 5 : 0, '\0') + static_cast<char>(label);
  }
  return bytes;
}

TEST(Idx, NumbersTheLabelsThatAreThere) {
  const std::string root = EmptyTestDirectory();
  const auto put = [&](const std::string& name,
                       const std::vector<uint8_t>& labels) {
    EXPECT_THAT(
        WriteFileAtomically(absl::StrCat(root, "/", name, "-images-idx3-ubyte"),
                            Idx(labels, true)),
        IsOk());
    EXPECT_THAT(
        WriteFileAtomically(absl::StrCat(root, "/", name, "-labels-idx1-ubyte"),
                            Idx(labels, false)),
        IsOk());
  };
  const std::string choice =
      absl::StrCat("idx(dir=", root, ",prefix=letters-,transpose=true)");
  put("letters-train", {3, 1, 26, 1});
  EXPECT_THAT(Load(choice),
              StatusIs(StatusCode::kNotFound,
                       HasSubstr("letters-t10k-images-idx3-ubyte")));
  put("letters-test", {26, 1});
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset, Load(choice));
  EXPECT_THAT(dataset.class_names, ElementsAre("1", "3", "26"));
  EXPECT_EQ(dataset.train.samples.sizes(), at::IntArrayRef({4, 1, 3, 2}));
  EXPECT_EQ(dataset.train.samples[2][0][2][1].item<int64_t>(), 26);
  EXPECT_EQ(dataset.train.labels[0].item<int64_t>(), 1);
  EXPECT_EQ(dataset.train.labels[2].item<int64_t>(), 2);
  EXPECT_EQ(dataset.test.labels[1].item<int64_t>(), 0);
  put("letters-test", {26, 2});
  EXPECT_THAT(Load(choice), Refused("sample 1 has the label 2",
                                    "which no training sample has"));
}

}  // namespace
}  // namespace nclab
