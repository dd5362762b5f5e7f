#include "tools/base/tensors/tensor_archive.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <sys/stat.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/base/files/safetensors.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

// A file of testdata/make.py.
std::string Made(const std::string& name) {
  return "tools/base/tensors/testdata/" + name;
}

std::vector<std::string> NamesOf(const TensorArchive& archive) {
  std::vector<std::string> names;
  for (const auto& [name, source] : archive.tensors()) names.push_back(name);
  return names;
}

at::Tensor Counting() { return at::arange(12, at::kFloat).reshape({4, 3}); }

// The tensor of a file, by name.
at::Tensor Read(const std::string& file, const std::string& name) {
  const absl::StatusOr<TensorArchive> archive = TensorArchive::Open(file);
  EXPECT_THAT(archive, IsOk());
  const TensorSource* source = archive.ok() ? archive->Find(name) : nullptr;
  EXPECT_NE(source, nullptr) << file << " " << name;
  if (source == nullptr) return {};
  const absl::StatusOr<at::Tensor> all = source->All();
  EXPECT_THAT(all, IsOk());
  return all.ok() ? *all : at::Tensor();
}

TEST(TensorArchive, ReadsWhatNumpyAndPytorchWrite) {
  for (const char* name :
       {"stored.npz", "deflated.npz", "tensors.pt", "protocol5.pt"}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(const TensorArchive archive,
                               TensorArchive::Open(Made(name)));
    EXPECT_THAT(NamesOf(archive), ElementsAre("labels", "rows", "whole"))
        << name;
    EXPECT_TRUE(Read(Made(name), "rows").equal(Counting())) << name;
    EXPECT_EQ(Read(Made(name), "whole").item<int64_t>(), 5) << name;
    NCLAB_ASSERT_OK_AND_ASSIGN(const std::vector<int64_t> labels,
                               archive.Find("labels")->Integers());
    EXPECT_THAT(labels, ElementsAre(0, 1, 2, 3));
    NCLAB_ASSERT_OK_AND_ASSIGN(const at::Tensor part,
                               archive.Find("rows")->Rows(1, 3));
    EXPECT_TRUE(part.equal(Counting().slice(0, 1, 3)));
  }
}

TEST(TensorArchive, ReadsFoldersOfNpyAndSafetensors) {
  const std::string directory = EmptyTestDirectory();
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::string npz,
                             ReadFile(Made("stored.npz")));
  // The .npy of the member `rows`: it ends where the next begins.
  const size_t begin = npz.find("\x93NUMPY");
  const std::string npy = npz.substr(begin, 128 + 48);
  ASSERT_THAT(WriteFileAtomically(directory + "/rows.npy", npy), IsOk());
  ASSERT_THAT(WriteFileAtomically(directory + "/notes.txt", "x"), IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const TensorArchive folder,
                             TensorArchive::Open(directory));
  EXPECT_THAT(NamesOf(folder), ElementsAre("rows"));
  EXPECT_THAT(folder.files(), ElementsAre(directory + "/rows.npy"));
  EXPECT_TRUE(Read(directory, "rows").equal(Counting()));
  EXPECT_THAT(TensorArchive::Open(directory + "/rows.npy"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("a folder")));
  // A header of 0x4b50 = 19280 bytes begins as a zip archive does.
  const std::string path = directory + "/a.safetensors";
  const float number = 7;
  ASSERT_THAT(WriteSafetensors(path, {{"x", "F32", {1}, &number}},
                               {{"filler", std::string(19191, 'x')}}),
              IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(path));
  ASSERT_EQ(bytes.substr(0, 2), "PK");
  EXPECT_EQ(Read(path, "x").item<float>(), 7);
}

TEST(TensorArchive, ReadsNumbersInAnyOrder) {
  const std::string file = Made("strided.pt");
  EXPECT_TRUE(Read(file, "rows").equal(Counting()));
  EXPECT_TRUE(Read(file, "part").equal(Counting() + 4));
  EXPECT_TRUE(
      Read(file, "repeated").equal(at::arange(3, at::kFloat).expand({4, 3})));
  EXPECT_EQ(Read(file, "empty").sizes(), at::IntArrayRef({0, 3}));
  NCLAB_ASSERT_OK_AND_ASSIGN(const TensorArchive archive,
                             TensorArchive::Open(file));
  NCLAB_ASSERT_OK_AND_ASSIGN(const at::Tensor part,
                             archive.Find("rows")->Rows(2, 4));
  EXPECT_TRUE(part.equal(Counting().slice(0, 2, 4)));
}

TEST(TensorArchive, NamesTensorsOfNestedDictionaries) {
  EXPECT_TRUE(Read(Made("state_dict.pt"), "0.weight")
                  .equal(at::arange(6, at::kFloat).reshape({2, 3})));
  const std::string file = Made("checkpoint.pt");
  NCLAB_ASSERT_OK_AND_ASSIGN(const TensorArchive archive,
                             TensorArchive::Open(file));
  EXPECT_THAT(NamesOf(archive),
              IsSupersetOf({"model.0.weight", "model.0.bias",
                            "model.1.num_batches_tracked", "brain", "half",
                            "optimizer.state.0.momentum_buffer", "parameter",
                            "unsigned"}));
  EXPECT_THAT(NamesOf(archive), Not(testing::Contains("epoch")));
  EXPECT_TRUE(Read(file, "half").equal(at::arange(3, at::kHalf)));
  EXPECT_TRUE(Read(file, "brain").equal(at::arange(3, at::kBFloat16)));
  EXPECT_EQ(Read(file, "parameter").sum().item<float>(), 2);
  EXPECT_EQ(Read(file, "model.1.num_batches_tracked").item<int64_t>(), 1);
  EXPECT_EQ(archive.Find("unsigned")->dtype(), "U16");
  EXPECT_THAT(archive.Find("complex")->All(),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("Complex")));
}

TEST(TensorArchive, RefusesWhatIsNoTensorByName) {
  for (const auto& [file, words] :
       std::vector<std::pair<std::string, std::string>>{
           {"module.pt", "'torch.nn.modules.container.Sequential'"},
           {"evil.pt", "'__builtin__.print'"},
           {"numpy.pt", "_reconstruct'"},
           {"sparse.pt", "'torch._utils._rebuild_sparse_tensor'"},
           {"old.pt", "wrote before 1.6"},
           {"script.pt", "torchscript(file="},
           {"short.pt",
            "are not in its record data/0 of 8 bytes: it ends at 48"},
           {"gone.pt", "not there"},
           {"big_endian.pt", "big-endian"},
           {"slip.npz", "'../rows.npy' has a name that leads out"},
           {"no_text.npz", "no UTF-8 text"},
           {"other.npz", "'readme.txt'"}}) {
    EXPECT_THAT(TensorArchive::Open(Made(file)),
                StatusIs(StatusCode::kInvalidArgument,
                         AllOf(HasSubstr(file), HasSubstr(words))));
  }
}

// Refused by name; only the very end, after the list of members, may be
// missing.
TEST(TensorArchive, RefusesFilesThatAreCut) {
  const std::string directory = EmptyTestDirectory();
  for (const char* name : {"stored.npz", "deflated.npz", "tensors.pt"}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(Made(name)));
    const std::string path = absl::StrCat(directory, "/", name);
    for (size_t size = 0; size < bytes.size(); size += 7) {
      std::ofstream(path, std::ios::binary) << bytes.substr(0, size);
      const absl::StatusOr<TensorArchive> archive = TensorArchive::Open(path);
      if (archive.ok()) {
        EXPECT_GT(size, bytes.size() - 30);
        EXPECT_TRUE(Read(path, "rows").equal(Counting()));
        continue;
      }
      EXPECT_THAT(archive,
                  StatusIs(StatusCode::kInvalidArgument, HasSubstr(path)))
          << size;
    }
  }
}

TEST(TensorArchive, FindsDamageInCompressedMembers) {
  const std::string path = EmptyTestDirectory() + "/a.npz";
  NCLAB_ASSERT_OK_AND_ASSIGN(std::string bytes, ReadFile(Made("deflated.npz")));
  bytes[60] = static_cast<char>(bytes[60] ^ 0x10);
  ASSERT_THAT(WriteFileAtomically(path, bytes), IsOk());
  EXPECT_THAT(TensorArchive::Open(path),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("damaged")));
}

TEST(TensorArchive, RefusesWhatIsNoFile) {
  const std::string directory = EmptyTestDirectory();
  EXPECT_THAT(TensorArchive::Open(directory + "/none"),
              StatusIs(StatusCode::kNotFound, HasSubstr("none")));
  EXPECT_THAT(TensorArchive::Open(directory),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("a folder without .npy")));
  const std::string fifo = directory + "/fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(TensorArchive::Open(fifo),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("FIFO")));
}

}  // namespace
}  // namespace nclab
