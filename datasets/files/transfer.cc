#include "datasets/files/transfer.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

constexpr int kTickMilliseconds = 200;

// The file that bytes are appended to, opened when the first come.
struct Output {
  explicit Output(const std::string& path) : path(path) {}
  ~Output() {
    if (fd >= 0) close(fd);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  const std::string& path;
  int fd = -1;
  absl::Status status;
};

// As libcurl wants it: another number than `size` means an error.
size_t Append(char* bytes, size_t /*one*/, size_t size, void* to) {
  Output& output = *static_cast<Output*>(to);
  if (output.fd < 0) {
    output.fd = open(output.path.c_str(),
                     O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  }
  output.status = output.fd < 0
                      ? SystemError("write", output.path)
                      : WriteAll(output.fd, {bytes, size}, output.path);
  return output.status.ok() ? size : CURL_WRITEFUNC_ERROR;
}

std::string AuthoritiesFile() {
  for (const char* variable : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const char* path = std::getenv(variable);
    if (path != nullptr && *path != '\0') return path;
  }
  const std::string debian = "/etc/ssl/certs/ca-certificates.crt";
  for (const std::string& path :
       {debian, std::string("/etc/pki/tls/certs/ca-bundle.crt"),  // Fedora
        std::string("/etc/ssl/ca-bundle.pem")}) {                 // openSUSE
    if (FileExists(path)) return path;
  }
  return debian;
}

std::string Reason(CURLcode code, const char* details,
                   const std::string& authorities) {
  std::string reason(absl::StripSuffix(
      absl::StripAsciiWhitespace(*details != '\0' ? details
                                                  : curl_easy_strerror(code)),
      "."));
  if (code == CURLE_PEER_FAILED_VERIFICATION ||
      code == CURLE_SSL_CACERT_BADFILE) {
    absl::StrAppend(&reason, " (authorities: ", authorities,
                    "; SSL_CERT_FILE=FILE names others, Debian's package of "
                    "them is ca-certificates)");
  }
  return reason;
}

}  // namespace

absl::StatusOr<TransferResult> Transfer(const std::string& url,
                                        const std::string& path,
                                        const std::function<bool()>& tick) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi(
      curl_multi_init(), curl_multi_cleanup);
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(
      curl_easy_init(), curl_easy_cleanup);
  if (ready != CURLE_OK || multi == nullptr || easy == nullptr) {
    return absl::InternalError("libcurl cannot be started.");
  }
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path, error);
  const std::string authorities = AuthoritiesFile();
  char details[CURL_ERROR_SIZE] = "";
  Output output(path);
  const auto set = [&](CURLoption option, auto value) {
    curl_easy_setopt(easy.get(), option, value);
  };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "https,http,file");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "https,http");
  set(CURLOPT_FOLLOWLOCATION, 1L);
  set(CURLOPT_MAXREDIRS, 50L);
  set(CURLOPT_FAILONERROR, 1L);
  set(CURLOPT_USERAGENT, "nclab");
  set(CURLOPT_CAINFO, authorities.c_str());
  set(CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(error ? 0 : size));
  set(CURLOPT_CONNECTTIMEOUT, 30L);
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, 60L);
  // In 7.88.1 a smaller one is overrun by long names and SOCKS proxies
  // (CVE-2023-38545).
  set(CURLOPT_BUFFERSIZE, 102400L);
  set(CURLOPT_NOSIGNAL, 1L);
  // Giving up does not wait for a host name's address.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_ERRORBUFFER, details);
  set(CURLOPT_WRITEFUNCTION, Append);
  set(CURLOPT_WRITEDATA, &output);

  curl_multi_add_handle(multi.get(), easy.get());
  CURLcode code = CURLE_ABORTED_BY_CALLBACK;
  const absl::Duration interval = absl::Milliseconds(kTickMilliseconds);
  absl::Time next = absl::Now() + interval;
  for (int running = 1; running > 0;) {
    if (curl_multi_perform(multi.get(), &running) != CURLM_OK) break;
    if (running == 0) break;
    curl_multi_poll(multi.get(), nullptr, 0, kTickMilliseconds, nullptr);
    if (absl::Now() < next) continue;
    if (!tick()) break;
    next = absl::Now() + interval;
  }
  int left = 0;
  if (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
    code = message->data.result;
  }
  curl_multi_remove_handle(multi.get(), easy.get());

  NCLAB_RETURN_IF_ERROR(output.status);
  if (code == CURLE_OK) return TransferResult{TransferEnd::kComplete, ""};
  const bool no_ranges =
      code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME;
  return TransferResult{
      no_ranges ? TransferEnd::kNoRanges : TransferEnd::kBrokenOff,
      Reason(code, details, authorities)};
}

}  // namespace nclab
