#include "datasets/formats/matlab5/matlab5_source.h"

#include <zlib.h>

#include <algorithm>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// deflate cannot do better than 258 bytes for 2 bits.
constexpr uint64_t kMaxInflation = 1032;

class StoredSource final : public Matlab5Source {
 public:
  using Matlab5Source::Matlab5Source;

  absl::Status Read(uint64_t n, std::string& out) override {
    if (n > Limit()) {
      return Wrong(absl::StrCat("the element ends after ", Limit(),
                                " bytes; expected ", n, "."));
    }
    out.append(bytes_.data() + position_, n);
    position_ += n;
    return absl::OkStatus();
  }
  absl::Status Finish() override {
    if (Limit() == 0) return absl::OkStatus();
    return Wrong(
        absl::StrCat(Limit(), " bytes follow the array; expected its end."));
  }
  uint64_t Limit() const override { return bytes_.size() - position_; }
  std::string Where() const override {
    return absl::StrCat("offset ", element_ + position_);
  }
};

class InflatedSource final : public Matlab5Source {
 public:
  InflatedSource(const std::string& path, uint64_t offset,
                 absl::string_view bytes)
      : Matlab5Source(path, offset, bytes) {
    started_ = inflateInit(&stream_) == Z_OK;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    // An element has at most 2^32-1 bytes.
    stream_.avail_in = static_cast<uInt>(bytes.size());
  }
  ~InflatedSource() override {
    if (started_) inflateEnd(&stream_);
  }

  absl::Status Read(uint64_t n, std::string& out) override {
    if (n > Limit()) {
      return Wrong(absl::StrCat("the next ", n,
                                " bytes are more than the zlib stream can "
                                "hold: ",
                                stream_.avail_in, " bytes of it are left."));
    }
    char buffer[1 << 16];
    while (n > 0) {
      const uint64_t wanted = std::min<uint64_t>(n, sizeof(buffer));
      NCLAB_ASSIGN_OR_RETURN(const uint64_t got, Inflate(buffer, wanted));
      if (got == 0) {
        return Wrong(
            absl::StrCat("the zlib stream ends; expected ", n, " more bytes."));
      }
      out.append(buffer, got);
      n -= got;
    }
    return absl::OkStatus();
  }
  absl::Status Finish() override {
    char byte;
    NCLAB_ASSIGN_OR_RETURN(const uint64_t got, Inflate(&byte, 1));
    if (got > 0) {
      return Wrong("the zlib stream goes on; expected its end.");
    }
    if (stream_.avail_in == 0) return absl::OkStatus();
    return Wrong(absl::StrCat(stream_.avail_in,
                              " bytes follow the zlib stream; expected none."));
  }
  uint64_t Limit() const override {
    // The last bytes of output may still be inside zlib.
    return (stream_.avail_in + 16) * kMaxInflation;
  }
  std::string Where() const override {
    return absl::StrCat("byte ", position_, " of what is compressed at offset ",
                        element_);
  }

 private:
  // Up to `n` bytes, fewer only at the end of the stream.
  absl::StatusOr<uint64_t> Inflate(char* out, uint64_t n) {
    if (!started_) return absl::InternalError("zlib did not start.");
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(n);
    while (stream_.avail_out > 0 && !ended_) {
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code == Z_STREAM_END) {
        ended_ = true;
      } else if (code != Z_OK) {
        position_ += n - stream_.avail_out;
        return Wrong(absl::StrCat(
            code == Z_BUF_ERROR ? "the zlib stream is truncated"
                                : "the zlib stream is damaged",
            stream_.msg == nullptr ? "" : absl::StrCat(" (", stream_.msg, ")"),
            ", ", bytes_.size() - stream_.avail_in, " bytes into its ",
            bytes_.size(), "."));
      }
    }
    const uint64_t got = n - stream_.avail_out;
    position_ += got;
    return got;
  }

  z_stream stream_ = {};
  bool started_ = false;
  bool ended_ = false;
};

}  // namespace

absl::Status Matlab5Source::Wrong(absl::string_view what) const {
  return absl::InvalidArgumentError(absl::StrCat(
      path_, " at ", Where(), variable_.empty() ? "" : ", variable '",
      variable_, variable_.empty() ? "" : "'", ": ", what));
}

std::unique_ptr<Matlab5Source> StoredBytes(const std::string& path,
                                           uint64_t offset,
                                           absl::string_view bytes) {
  return std::make_unique<StoredSource>(path, offset, bytes);
}

std::unique_ptr<Matlab5Source> InflatedBytes(const std::string& path,
                                             uint64_t offset,
                                             absl::string_view bytes) {
  return std::make_unique<InflatedSource>(path, offset, bytes);
}

}  // namespace nclab
