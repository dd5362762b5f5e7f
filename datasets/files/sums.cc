#include "datasets/files/sums.h"

#include <mbedtls/md.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tools/base/files/files.h"

namespace nclab {
namespace {

// `sum` has as many bytes as the algorithm gives; `error` is Mbed TLS's.
absl::StatusOr<std::string> Hex(const mbedtls_md_info_t* algorithm,
                                const unsigned char* sum, int error) {
  if (error != 0) {
    return absl::InternalError(absl::StrCat(
        "Mbed TLS cannot compute a check sum: error ", error, "."));
  }
  return absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(sum), mbedtls_md_get_size(algorithm)));
}

absl::StatusOr<std::string> Sum(mbedtls_md_type_t type,
                                absl::string_view bytes) {
  const mbedtls_md_info_t* algorithm = mbedtls_md_info_from_type(type);
  unsigned char sum[MBEDTLS_MD_MAX_SIZE];
  const int error = mbedtls_md(
      algorithm, reinterpret_cast<const unsigned char*>(bytes.data()),
      bytes.size(), sum);
  return Hex(algorithm, sum, error);
}

}  // namespace

absl::StatusOr<std::string> Sha256(absl::string_view bytes) {
  return Sum(MBEDTLS_MD_SHA256, bytes);
}

absl::StatusOr<std::string> Md5(absl::string_view bytes) {
  return Sum(MBEDTLS_MD_MD5, bytes);
}

absl::StatusOr<std::string> Sha256OfFile(const std::string& path) {
  const mbedtls_md_info_t* algorithm =
      mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
  unsigned char sum[MBEDTLS_MD_MAX_SIZE];
  const int error = mbedtls_md_file(algorithm, path.c_str(), sum);
  if (error == MBEDTLS_ERR_MD_FILE_IO_ERROR) return SystemError("read", path);
  return Hex(algorithm, sum, error);
}

}  // namespace nclab
