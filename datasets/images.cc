// images: a folder of pictures, DIR/train/<class>/*.png and *.jpg and the same
// in DIR/test, in the order of torchvision's ImageFolder: classes by name; of a
// class its folders by path, and in each its files by name. Other files than
// pictures are passed over, as there.
//
// Pixels are those of Image.open(F).convert("RGB") of Pillow (see
// datasets/formats/pictures/picture.h), with mode=grey of .convert("L"):
//   grey = (19595 R + 38470 G + 7471 B + 32768) / 65536, rounded down
// All pictures are of one size, or resized to squares (`size`): bilinear with
// antialiasing, as torchvision's Resize((size, size)) does to uint8 tensors.
#include <ATen/Parallel.h>
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "datasets/dataset.h"
#include "datasets/files/checksums.h"
#include "datasets/files/data_files.h"
#include "datasets/formats/pictures/picture.h"
#include "tools/base/files/files.h"
#include "tools/base/memory.h"
#include "tools/base/registry/path_param.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/utf8.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;

struct Options {
  int64_t size;  // 0: as they are
  bool grey;
};

absl::Status CannotList(const fs::path& directory, const std::error_code& why) {
  return absl::NotFoundError(absl::StrCat("Cannot list ", directory.string(),
                                          ": ", why.message(), "."));
}

// Sorted names of the folders in `directory`, as Python sorts them.
absl::StatusOr<std::vector<std::string>> ClassesIn(const fs::path& directory) {
  std::error_code error;
  std::vector<std::string> names;
  fs::directory_iterator it(directory, error), end;
  for (; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    const std::string name = it->path().filename().string();
    if (!it->is_directory(ignored)) continue;
    if (!IsUtf8(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat(directory.string(),
                       " holds a class whose name is not UTF-8. Rename it."));
    }
    names.push_back(name);
  }
  if (error) return CannotList(directory, error);
  std::sort(names.begin(), names.end());
  return names;
}

bool HasEnding(const std::string& name,
               std::initializer_list<absl::string_view> endings) {
  const std::string lower = absl::AsciiStrToLower(name);
  return std::any_of(endings.begin(), endings.end(), [&](auto ending) {
    return absl::EndsWith(lower, ending);
  });
}

// The pictures below `directory`, links followed.
absl::StatusOr<std::vector<std::string>> PicturesIn(const fs::path& directory) {
  std::error_code error;
  std::map<std::string, std::vector<std::string>> by_folder;
  fs::recursive_directory_iterator it(
      directory, fs::directory_options::follow_directory_symlink, error),
      end;
  for (; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    const std::string name = it->path().filename().string();
    if (it->is_directory(ignored)) continue;
    if (HasEnding(name, {".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"})) {
      return absl::InvalidArgumentError(absl::StrCat(
          it->path().string(), " is no PNG and no JPEG file. Convert it, or ",
          "take it out of the folder."));
    }
    if (!HasEnding(name, {".png", ".jpg", ".jpeg"})) continue;
    by_folder[it->path().parent_path().string()].push_back(name);
  }
  if (error) return CannotList(directory, error);
  std::vector<std::string> paths;
  for (auto& [folder, names] : by_folder) {
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      paths.push_back(absl::StrCat(folder, "/", name));
    }
  }
  if (paths.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("The class ", directory.string(),
                     " holds no picture; expected .png, .jpg or .jpeg files."));
  }
  return paths;
}

// [C, H, W] from interleaved pixels.
void Spread(const std::vector<uint8_t>& from, bool grey, uint8_t* to) {
  const size_t n = from.size() / 3;
  for (size_t i = 0; i < n; ++i) {
    const uint8_t* rgb = from.data() + 3 * i;
    if (grey) {
      to[i] = static_cast<uint8_t>(
          (19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 32768u) >> 16);
    } else {
      for (size_t c = 0; c < 3; ++c) to[c * n + i] = rgb[c];
    }
  }
}

struct Loaded {
  std::string path;
  std::string sha256;
  absl::Status status;
};

class Reader {
 public:
  explicit Reader(const Options& options) : options_(options) {}

  // Decodes all `paths` into [N, C, H, W], on all cores.
  absl::StatusOr<at::Tensor> Read(std::vector<Loaded>& files) {
    NCLAB_RETURN_IF_ERROR(FindSize(files[0].path));
    const int64_t n = static_cast<int64_t>(files.size());
    const int64_t channels = options_.grey ? 1 : 3;
    // A byte of each pixel, and the float that a model sees.
    NCLAB_RETURN_IF_ERROR(CheckMemory(
        absl::StrCat(n, " pictures of ", height_, "x", width_),
        5.0 * static_cast<double>(n) * static_cast<double>(channels) *
            static_cast<double>(height_) * static_cast<double>(width_)));
    const at::Tensor all = at::empty({n, channels, height_, width_}, at::kByte);
    uint8_t* const pixels = all.mutable_data_ptr<uint8_t>();
    const int64_t each = channels * height_ * width_;
    std::atomic<bool> failed = false;
    at::parallel_for(0, n, 16, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end && !failed; ++i) {
        files[static_cast<size_t>(i)].status =
            One(files[static_cast<size_t>(i)], pixels + i * each);
        if (!files[static_cast<size_t>(i)].status.ok()) failed = true;
      }
    });
    for (const Loaded& file : files) NCLAB_RETURN_IF_ERROR(file.status);
    return all;
  }

 private:
  absl::StatusOr<Picture> Decode(Loaded& file) const {
    NCLAB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(file.path));
    file.sha256 = Sha256(bytes);
    absl::StatusOr<Picture> picture = DecodePicture(bytes);
    if (picture.ok()) return picture;
    return absl::InvalidArgumentError(
        absl::StrCat(file.path, ": ", picture.status().message(), "."));
  }

  // The first picture says how large all are.
  absl::Status FindSize(const std::string& path) {
    if (height_ != 0) return absl::OkStatus();
    height_ = width_ = options_.size;
    if (height_ != 0) return absl::OkStatus();
    first_ = path;
    Loaded file{path};
    NCLAB_ASSIGN_OR_RETURN(const Picture picture, Decode(file));
    height_ = picture.height;
    width_ = picture.width;
    return absl::OkStatus();
  }

  absl::Status One(Loaded& file, uint8_t* to) const {
    NCLAB_ASSIGN_OR_RETURN(Picture picture, Decode(file));
    if (picture.height == height_ && picture.width == width_) {
      Spread(picture.pixels, options_.grey, to);
      return absl::OkStatus();
    }
    if (options_.size == 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          file.path, " is of ", picture.height, "x", picture.width,
          " pixels, but ", first_, " of ", height_, "x", width_,
          ". Make them of one size, or resize them as they are read: size=",
          std::max(height_, width_), "."));
    }
    const int64_t channels = options_.grey ? 1 : 3;
    const at::Tensor large =
        at::empty({1, channels, picture.height, picture.width}, at::kByte);
    Spread(picture.pixels, options_.grey, large.mutable_data_ptr<uint8_t>());
    const at::Tensor small = at::_upsample_bilinear2d_aa(
        large, {height_, width_}, /*align_corners=*/false, std::nullopt,
        std::nullopt);
    at::from_blob(to, small.sizes(), at::kByte).copy_(small);
    return absl::OkStatus();
  }

  const Options options_;
  std::string first_;
  int64_t height_ = 0, width_ = 0;
};

// One line a file, as sha256sum prints it in the split's folder: the sum of
// these lines is the split's.
DataFile SumOf(const std::string& folder, const std::vector<Loaded>& files) {
  std::string lines;
  for (const Loaded& file : files) {
    absl::StrAppend(&lines, file.sha256, "  ",
                    file.path.substr(folder.size() + 1), "\n");
  }
  return {folder, Sha256(lines), false};
}

absl::StatusOr<Dataset> LoadImages(const Params& params,
                                   const DatasetContext& context) {
  std::string root = params.String("dir");
  if (root == kDefaultPath) root = DataDirectory(context) + "/images";
  Reader reader({params.Int("size"), params.String("mode") == "grey"});
  Dataset dataset;
  for (Split* split : {&dataset.train, &dataset.test}) {
    const bool train = split == &dataset.train;
    const std::string folder = absl::StrCat(
        root, "/", train ? std::string("train") : params.String("test"));
    NCLAB_ASSIGN_OR_RETURN(const std::vector<std::string> classes,
                           ClassesIn(folder));
    if (train) dataset.class_names = classes;
    if (classes != dataset.class_names || classes.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          folder, " holds the classes: ", absl::StrJoin(classes, ", "),
          "; expected ",
          train ? "a folder for each class"
                : absl::StrCat("those of train: ",
                               absl::StrJoin(dataset.class_names, ", ")),
          "."));
    }
    std::vector<Loaded> files;
    std::vector<int64_t> labels;
    for (size_t c = 0; c < classes.size(); ++c) {
      NCLAB_ASSIGN_OR_RETURN(std::vector<std::string> paths,
                             PicturesIn(absl::StrCat(folder, "/", classes[c])));
      for (std::string& path : paths) {
        files.push_back({std::move(path)});
        labels.push_back(static_cast<int64_t>(c));
      }
    }
    NCLAB_ASSIGN_OR_RETURN(split->samples, reader.Read(files));
    split->labels = at::empty({static_cast<int64_t>(labels.size())}, at::kLong);
    std::copy(labels.begin(), labels.end(),
              split->labels.mutable_data_ptr<int64_t>());
    dataset.files.push_back(SumOf(folder, files));
  }
  return dataset;
}

NCLAB_REGISTER_DATASET(
    {.name = "images",
     .summary = "a folder of PNG and JPEG files, train/CLASS/ and test/CLASS/",
     .reference = "torchvision's ImageFolder, whose order and pixels it has",
     .params = {PathParam("dir", "the folder; default: `images` in --data_dir"),
                StringParam("test", "test",
                            "the folder of the test split, as val"),
                IntParam("size", 0,
                         "side to resize pictures to; 0: all are of one size",
                         0, 4096),
                StringParam("mode", "rgb", "colours, or brightness alone",
                            {"rgb", "grey"})},
     .terms = "the user's own"},
    LoadImages);

}  // namespace
}  // namespace nclab
