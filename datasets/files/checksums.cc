#include "datasets/files/checksums.h"

#include <mbedtls/md.h>

#include "absl/strings/escaping.h"
#include "tools/base/files/files.h"
#include "tools/base/logging.h"

namespace nclab {
namespace {

std::string Hex(const mbedtls_md_info_t* algorithm, const unsigned char* sum) {
  return absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(sum), mbedtls_md_get_size(algorithm)));
}

std::string Sum(mbedtls_md_type_t type, absl::string_view bytes) {
  const mbedtls_md_info_t* algorithm = mbedtls_md_info_from_type(type);
  unsigned char sum[MBEDTLS_MD_MAX_SIZE];
  CHECK_EQ(mbedtls_md(algorithm,
                      reinterpret_cast<const unsigned char*>(bytes.data()),
                      bytes.size(), sum),
           0);
  return Hex(algorithm, sum);
}

}  // namespace

std::string Sha256(absl::string_view bytes) {
  return Sum(MBEDTLS_MD_SHA256, bytes);
}

std::string Md5(absl::string_view bytes) { return Sum(MBEDTLS_MD_MD5, bytes); }

absl::StatusOr<std::string> Sha256OfFile(const std::string& path) {
  const mbedtls_md_info_t* algorithm =
      mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
  unsigned char sum[MBEDTLS_MD_MAX_SIZE];
  const int error = mbedtls_md_file(algorithm, path.c_str(), sum);
  if (error == MBEDTLS_ERR_MD_FILE_IO_ERROR) return SystemError("read", path);
  CHECK_EQ(error, 0);
  return Hex(algorithm, sum);
}

}  // namespace nclab
