#include "datasets/testing/dataset_kit.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "datasets/normalize.h"
#include "tools/base/errors.h"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"
#include "tools/testing/item_kit.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;

// The two splits with their names.
std::vector<std::pair<std::string, const Split*>> Splits(
    const Dataset& dataset) {
  return {{"train", &dataset.train}, {"test", &dataset.test}};
}

// Samples of each class.
std::vector<int64_t> Counts(const Split& split, int64_t classes) {
  const at::Tensor counts = at::bincount(split.labels, {}, classes);
  const int64_t* data = counts.const_data_ptr<int64_t>();
  return {data, data + classes};
}

bool SameSamples(const Split& a, const Split& b) {
  return a.samples.equal(b.samples) && a.labels.equal(b.labels) &&
         a.fine_labels.equal(b.fine_labels);
}

// Samples [begin, end) of `split`.
Split Slice(const Split& split, int64_t begin, int64_t end) {
  return {split.samples.slice(0, begin, end), split.labels.slice(0, begin, end),
          split.fine_labels.slice(0, begin, end)};
}

absl::Status SaysWhatItIs(DatasetUnderTest& dataset) {
  const DatasetInfo& info = dataset.info();
  NCLAB_RETURN_IF_ERROR(CheckFacts(info));
  if (info.files.empty()) return absl::OkStatus();
  NCLAB_PROMISE(!info.terms.empty(),
                "it has files, but does not say their terms of use");
  for (const OfficialFile& file : info.files) {
    NCLAB_PROMISE(file.sha256.size() == 64 || file.md5.size() == 32, "file ",
                  file.name, " has neither a sha256 nor an md5");
  }
  return absl::OkStatus();
}

absl::Status BindsItsDefaults(DatasetUnderTest& dataset) {
  return CheckItemDefaults(Datasets(), dataset.info().name);
}

// Types, shapes and ranges are LoadDataset()'s to check.
absl::Status HasSamplesThatFit(DatasetUnderTest& dataset) {
  NCLAB_ASSIGN_OR_RETURN(const Dataset whole, dataset.Whole());
  for (const auto& [name, split] : Splits(whole)) {
    NCLAB_PROMISE(at::isfinite(split->samples).all().item<bool>(),
                  "samples of the ", name, " split are not finite");
  }
  return absl::OkStatus();
}

absl::Status HasLabelsInRange(DatasetUnderTest& dataset) {
  NCLAB_ASSIGN_OR_RETURN(const Dataset whole, dataset.Whole());
  const std::set<std::string> names(whole.class_names.begin(),
                                    whole.class_names.end());
  NCLAB_PROMISE(whole.classes() >= 2, "it names ", whole.classes(),
                " classes; expected at least 2");
  NCLAB_PROMISE(static_cast<int64_t>(names.size()) == whole.classes() &&
                    names.count("") == 0,
                "two classes have the same name, or one has none: ",
                absl::StrJoin(whole.class_names, ", "));
  for (const auto& [name, split] : Splits(whole)) {
    const std::vector<int64_t> counts = Counts(*split, whole.classes());
    for (size_t c = 0; c < counts.size(); ++c) {
      NCLAB_PROMISE(counts[c] > 0, "class ", c, " (", whole.class_names[c],
                    ") has no sample in the ", name, " split");
    }
  }
  return absl::OkStatus();
}

absl::Status HasTheClassCountsThatItDeclares(DatasetUnderTest& dataset) {
  const DatasetInfo& info = dataset.info();
  NCLAB_PROMISE(info.train_counts.size() == info.test_counts.size(),
                "it declares counts of ", info.train_counts.size(),
                " training classes and ", info.test_counts.size(),
                " test classes");
  if (info.train_counts.empty()) return absl::OkStatus();
  NCLAB_ASSIGN_OR_RETURN(const Dataset whole, dataset.Whole());
  NCLAB_PROMISE(
      static_cast<int64_t>(info.train_counts.size()) == whole.classes(),
      "it declares counts of ", info.train_counts.size(),
      " classes, but names ", whole.classes());
  // They are those of the official files.
  for (const DataFile& file : whole.files) {
    if (!file.official) return absl::OkStatus();
  }
  const std::vector<int64_t> train = Counts(whole.train, whole.classes());
  const std::vector<int64_t> test = Counts(whole.test, whole.classes());
  NCLAB_PROMISE(train == info.train_counts, "its training classes have ",
                absl::StrJoin(train, " "), " samples; it declares ",
                absl::StrJoin(info.train_counts, " "));
  NCLAB_PROMISE(test == info.test_counts, "its test classes have ",
                absl::StrJoin(test, " "), " samples; it declares ",
                absl::StrJoin(info.test_counts, " "));
  return absl::OkStatus();
}

absl::Status IsTheSameEachTime(DatasetUnderTest& dataset) {
  NCLAB_ASSIGN_OR_RETURN(const Dataset a, dataset.Whole());
  NCLAB_ASSIGN_OR_RETURN(const Dataset b, dataset.Load());
  NCLAB_PROMISE(SameSamples(a.train, b.train) && SameSamples(a.test, b.test),
                "loaded twice, it gives other samples or another order");
  return absl::OkStatus();
}

absl::Status KeepsExactCountsPerClass(DatasetUnderTest& dataset) {
  NCLAB_ASSIGN_OR_RETURN(const Dataset whole, dataset.Whole());
  for (const auto& [name, split] : Splits(whole)) {
    const std::vector<int64_t> all = Counts(*split, whole.classes());
    const int64_t wanted =
        std::min<int64_t>(2, *std::min_element(all.begin(), all.end()));
    NCLAB_ASSIGN_OR_RETURN(
        const Dataset view,
        dataset.Load(absl::StrCat(name, "_per_class=", wanted)));
    const std::vector<int64_t> kept =
        Counts(name == "train" ? view.train : view.test, whole.classes());
    NCLAB_PROMISE(std::all_of(kept.begin(), kept.end(),
                              [&](int64_t n) { return n == wanted; }),
                  name, "_per_class=", wanted, " keeps ",
                  absl::StrJoin(kept, " "), " samples of the classes");
  }
  return absl::OkStatus();
}

absl::Status SkipsWithoutOverlap(DatasetUnderTest& dataset) {
  NCLAB_ASSIGN_OR_RETURN(const Dataset whole, dataset.Whole());
  const int64_t half = std::min<int64_t>(100, whole.train.size() / 2);
  NCLAB_PROMISE(half > 0, "its train split has a single sample");
  NCLAB_ASSIGN_OR_RETURN(const Dataset first,
                         dataset.Load(absl::StrCat("train_size=", half)));
  NCLAB_ASSIGN_OR_RETURN(
      const Dataset next,
      dataset.Load(absl::StrCat("train_size=", half, ",skip=", half)));
  NCLAB_PROMISE(SameSamples(first.train, Slice(whole.train, 0, half)),
                "train_size=", half, " does not keep the first ones");
  NCLAB_PROMISE(SameSamples(next.train, Slice(whole.train, half, 2 * half)),
                "train_size=", half, ",skip=", half,
                " does not keep the ones after them");
  return absl::OkStatus();
}

absl::Status DrawsSubsetsBySeed(DatasetUnderTest& dataset) {
  NCLAB_ASSIGN_OR_RETURN(const Dataset whole, dataset.Whole());
  const auto draw = [&](int seed) {
    return dataset.Load(absl::StrCat(
        "subset=random,subset_seed=", seed,
        ",train_size=", std::min<int64_t>(whole.train.size(), 50)));
  };
  NCLAB_ASSIGN_OR_RETURN(const Dataset a, draw(1));
  NCLAB_ASSIGN_OR_RETURN(const Dataset again, draw(1));
  NCLAB_ASSIGN_OR_RETURN(const Dataset other, draw(2));
  NCLAB_PROMISE(SameSamples(a.train, again.train),
                "a random subset of one seed differs from itself");
  NCLAB_PROMISE(whole.train.size() < 8 || !SameSamples(a.train, other.train),
                "random subsets of two seeds are the same");
  return absl::OkStatus();
}

absl::Status MapsItsSuperClasses(DatasetUnderTest& dataset) {
  NCLAB_ASSIGN_OR_RETURN(const Dataset whole, dataset.Whole());
  for (const auto& [name, coarse] : dataset.info().superclasses) {
    const int64_t named = static_cast<int64_t>(coarse.class_names.size());
    std::set<int64_t> hit;
    for (const int64_t target : coarse.targets) {
      if (target >= 0) hit.insert(target);
    }
    NCLAB_PROMISE(static_cast<int64_t>(hit.size()) == named, "super-class '",
                  name, "' has a name that no class maps to");
    NCLAB_ASSIGN_OR_RETURN(const Dataset view,
                           dataset.Load("superclass=" + name));
    const std::vector<int64_t> fine = Counts(whole.train, whole.classes());
    std::vector<int64_t> expected(named, 0);
    for (size_t c = 0; c < fine.size(); ++c) {
      if (coarse.targets[c] >= 0) expected[coarse.targets[c]] += fine[c];
    }
    NCLAB_PROMISE(Counts(view.train, named) == expected, "super-class '", name,
                  "' has ", absl::StrJoin(Counts(view.train, named), " "),
                  " training samples; expected ", absl::StrJoin(expected, " "));
    const at::Tensor targets = at::tensor(coarse.targets, at::kLong);
    for (const auto& [split_name, split] : Splits(view)) {
      NCLAB_PROMISE(
          targets.index_select(0, split->fine_labels).equal(split->labels),
          "super-class '", name, "' does not keep the fine labels of the ",
          split_name, " split");
    }
  }
  return absl::OkStatus();
}

// `whole` as loaded with some normalisation.
absl::Status CheckNormalised(const Dataset& whole) {
  const int64_t n = std::min<int64_t>(whole.train.size(), 100);
  const at::Tensor x =
      NormalizedSamples(whole, Slice(whole.train, 0, n), at::kCPU);
  std::vector<int64_t> shape = SampleShape(whole);
  shape.insert(shape.begin(), n);
  NCLAB_PROMISE(x.sizes() == at::IntArrayRef(shape),
                "normalised samples have another shape than it says");
  NCLAB_PROMISE(at::isfinite(x).all().item<bool>(),
                "normalised samples are not finite");
  const at::Tensor black = Black(whole);
  if (whole.train.samples.dim() != 4) return absl::OkStatus();
  NCLAB_PROMISE(black.dim() == 3 && black.size(0) == shape[1] &&
                    at::isfinite(black).all().item<bool>(),
                "black is not a finite [C, 1, 1] or [C, H, W]");
  return absl::OkStatus();
}

absl::Status NormalisesToFiniteSamples(DatasetUnderTest& dataset) {
  NCLAB_ASSIGN_OR_RETURN(const Dataset whole, dataset.Whole());
  NCLAB_RETURN_IF_ERROR(CheckNormalised(whole));
  const at::Tensor& pixels = whole.train.samples;
  if (pixels.dim() != 4) return absl::OkStatus();
  NCLAB_PROMISE(!pixels.amax().equal(pixels.amin()),
                "every training pixel is the same");
  const std::vector<std::string>& replaced = dataset.info().replaces;
  if (std::count(replaced.begin(), replaced.end(), "normalize") > 0) {
    return absl::OkStatus();
  }
  for (const std::string& normalize : NormalizeParam().allowed) {
    NCLAB_ASSIGN_OR_RETURN(const Dataset other,
                           dataset.Load("normalize=" + normalize));
    NCLAB_RETURN_IF_ERROR(
        Annotate(CheckNormalised(other), "normalize=" + normalize));
  }
  return absl::OkStatus();
}

absl::Status RefusesMoreThanItHas(DatasetUnderTest& dataset) {
  NCLAB_ASSIGN_OR_RETURN(const Dataset whole, dataset.Whole());
  const std::string args = absl::StrCat("train_size=", whole.train.size() + 1);
  const absl::Status status = dataset.Load(args).status();
  NCLAB_PROMISE(absl::IsInvalidArgument(status) &&
                    absl::StrContains(status.message(), args),
                args,
                " is one more than there are; expected a kInvalidArgument "
                "that names it, got: ",
                status.ToString());
  return absl::OkStatus();
}

// Copies the files of `whole` to `directory`, with `change` made to one.
absl::Status CopyFiles(const Dataset& whole, const std::string& directory,
                       size_t changed,
                       const std::function<void(std::string&)>& change) {
  std::error_code error;
  fs::remove_all(directory, error);
  NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(directory));
  for (size_t i = 0; i < whole.files.size(); ++i) {
    const std::string copy = absl::StrCat(
        directory, "/", fs::path(whole.files[i].path).filename().string());
    if (i != changed) {
      fs::create_symlink(fs::absolute(whole.files[i].path), copy, error);
      NCLAB_PROMISE(!error, "cannot link ", copy, ": ", error.message());
      continue;
    }
    NCLAB_ASSIGN_OR_RETURN(std::string bytes, ReadFile(whole.files[i].path));
    change(bytes);
    NCLAB_RETURN_IF_ERROR(WriteFileAtomically(copy, bytes));
  }
  return absl::OkStatus();
}

absl::Status RefusesDamagedFiles(DatasetUnderTest& dataset) {
  const DatasetInfo& info = dataset.info();
  if (info.files.empty()) return absl::OkStatus();
  NCLAB_ASSIGN_OR_RETURN(const Dataset whole, dataset.Whole());
  NCLAB_PROMISE(whole.files.size() == info.files.size(), "it reports ",
                whole.files.size(), " files that were read; it declares ",
                info.files.size());
  const std::pair<const char*, std::function<void(std::string&)>> damages[] = {
      {"without its last byte", [](std::string& bytes) { bytes.pop_back(); }},
      {"with one byte more", [](std::string& bytes) { bytes += '\0'; }},
      {"without anything in it", [](std::string& bytes) { bytes.clear(); }},
  };
  for (size_t i = 0; i < whole.files.size(); ++i) {
    const std::string name = fs::path(whole.files[i].path).filename().string();
    for (const auto& [how, damage] : damages) {
      NCLAB_RETURN_IF_ERROR(CopyFiles(
          whole, absl::StrCat(dataset.scratch(), "/", info.name), i, damage));
      const absl::Status status = dataset.LoadFrom(dataset.scratch()).status();
      NCLAB_PROMISE(absl::IsInvalidArgument(status) &&
                        absl::StrContains(status.message(), name),
                    name, " ", how,
                    ": expected a kInvalidArgument that names it, got: ",
                    status.ToString());
    }
  }
  return absl::OkStatus();
}

}  // namespace

DatasetUnderTest::DatasetUnderTest(std::string name, std::string data_dir,
                                   std::string scratch)
    : name_(std::move(name)),
      data_dir_(std::move(data_dir)),
      scratch_(std::move(scratch)),
      info_(&(*Datasets().Find(name_))->info) {}

absl::StatusOr<Dataset> DatasetUnderTest::Load(const std::string& args) const {
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice,
                         Datasets().Bind(absl::StrCat(name_, "(", args, ")")));
  return LoadDataset(choice, {data_dir_});
}

absl::StatusOr<Dataset> DatasetUnderTest::LoadFrom(
    const std::string& data_dir) const {
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice, Datasets().Bind(name_));
  return LoadDataset(choice, {data_dir});
}

absl::StatusOr<Dataset> DatasetUnderTest::Whole() {
  if (!whole_.has_value()) {
    whole_ = Load();
    if (absl::IsNotFound(whole_->status())) {
      whole_ = Annotate(whole_->status(),
                        "its files are not there (small ones of the right "
                        "layout will do: data and data_dir of "
                        "nclab_dataset_kit_test)");
    }
  }
  return *whole_;
}

const std::vector<DatasetPromise>& DatasetPromises() {
  static const auto* const promises = new std::vector<DatasetPromise>{
      {"SaysWhatItIs", SaysWhatItIs},
      {"BindsItsDefaults", BindsItsDefaults},
      {"HasSamplesThatFit", HasSamplesThatFit},
      {"HasLabelsInRange", HasLabelsInRange},
      {"HasTheClassCountsThatItDeclares", HasTheClassCountsThatItDeclares},
      {"IsTheSameEachTime", IsTheSameEachTime},
      {"KeepsExactCountsPerClass", KeepsExactCountsPerClass},
      {"SkipsWithoutOverlap", SkipsWithoutOverlap},
      {"DrawsSubsetsBySeed", DrawsSubsetsBySeed},
      {"MapsItsSuperClasses", MapsItsSuperClasses},
      {"NormalisesToFiniteSamples", NormalisesToFiniteSamples},
      {"RefusesMoreThanItHas", RefusesMoreThanItHas},
      {"RefusesDamagedFiles", RefusesDamagedFiles},
  };
  return *promises;
}

}  // namespace nclab
