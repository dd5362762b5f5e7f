#include "datasets/files/transfer.h"

#include <arpa/inet.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using testing::HasSubstr;

// Answers "abc" to one request over TLS, on a free port of 127.0.0.1, as the
// host `name`, for which it is its own authority.
class TlsServer {
 public:
  explicit TlsServer(const std::string& name) {
    mbedtls_entropy_init(&entropy_);
    mbedtls_ctr_drbg_init(&random_);
    mbedtls_pk_init(&key_);
    mbedtls_x509_crt_init(&certificate_);
    mbedtls_ssl_config_init(&config_);
    mbedtls_ssl_init(&tls_);
    mbedtls_net_init(&listener_);
    mbedtls_net_init(&connection_);
    Require(mbedtls_ctr_drbg_seed(&random_, mbedtls_entropy_func, &entropy_,
                                  nullptr, 0));
    MakeCertificate("CN=" + name);
    Require(mbedtls_ssl_config_defaults(&config_, MBEDTLS_SSL_IS_SERVER,
                                        MBEDTLS_SSL_TRANSPORT_STREAM,
                                        MBEDTLS_SSL_PRESET_DEFAULT));
    mbedtls_ssl_conf_rng(&config_, mbedtls_ctr_drbg_random, &random_);
    Require(mbedtls_ssl_conf_own_cert(&config_, &certificate_, &key_));
    Require(mbedtls_ssl_setup(&tls_, &config_));
    Require(
        mbedtls_net_bind(&listener_, "127.0.0.1", "0", MBEDTLS_NET_PROTO_TCP));
    thread_ = std::thread([this] { Serve(); });
  }
  ~TlsServer() {
    shutdown(listener_.fd, SHUT_RDWR);  // where nobody has come
    thread_.join();
    mbedtls_net_free(&connection_);
    mbedtls_net_free(&listener_);
    mbedtls_ssl_free(&tls_);
    mbedtls_ssl_config_free(&config_);
    mbedtls_x509_crt_free(&certificate_);
    mbedtls_pk_free(&key_);
    mbedtls_ctr_drbg_free(&random_);
    mbedtls_entropy_free(&entropy_);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::string Url() const {
    sockaddr_in address = {};
    socklen_t size = sizeof(address);
    getsockname(listener_.fd, reinterpret_cast<sockaddr*>(&address), &size);
    return absl::StrCat("https://127.0.0.1:", ntohs(address.sin_port), "/a");
  }

  // A file of the server's authority.
  std::string Authority() const {
    const std::string path = testing::TempDir() + "/authority.pem";
    EXPECT_THAT(WriteFileAtomically(path, pem_), IsOk());
    return path;
  }

 private:
  static void Require(int error) {
    if (error == 0) return;
    std::fprintf(stderr, "Mbed TLS: error %d\n", error);
    std::abort();
  }

  void MakeCertificate(const std::string& name) {
    Require(
        mbedtls_pk_setup(&key_, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)));
    Require(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key_),
                                mbedtls_ctr_drbg_random, &random_));
    mbedtls_mpi serial;
    mbedtls_mpi_init(&serial);
    Require(mbedtls_mpi_lset(&serial, 1));
    mbedtls_x509write_cert writer;
    mbedtls_x509write_crt_init(&writer);
    mbedtls_x509write_crt_set_md_alg(&writer, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&writer, &key_);
    mbedtls_x509write_crt_set_issuer_key(&writer, &key_);
    Require(mbedtls_x509write_crt_set_subject_name(&writer, name.c_str()));
    Require(mbedtls_x509write_crt_set_issuer_name(&writer, name.c_str()));
    Require(mbedtls_x509write_crt_set_serial(&writer, &serial));
    Require(mbedtls_x509write_crt_set_validity(&writer, "20000101000000",
                                               "20991231235959"));
    Require(mbedtls_x509write_crt_set_basic_constraints(&writer, 1, -1));
    unsigned char pem[4096];
    Require(mbedtls_x509write_crt_pem(&writer, pem, sizeof(pem),
                                      mbedtls_ctr_drbg_random, &random_));
    mbedtls_x509write_crt_free(&writer);
    mbedtls_mpi_free(&serial);
    pem_ = reinterpret_cast<const char*>(pem);
    Require(mbedtls_x509_crt_parse(&certificate_, pem, pem_.size() + 1));
  }

  void Serve() {
    if (mbedtls_net_accept(&listener_, &connection_, nullptr, 0, nullptr) !=
        0) {
      return;
    }
    mbedtls_ssl_set_bio(&tls_, &connection_, mbedtls_net_send, mbedtls_net_recv,
                        nullptr);
    unsigned char request[4096];
    // Reading shakes hands first.
    if (mbedtls_ssl_read(&tls_, request, sizeof(request)) <= 0) return;
    const std::string answer =
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
    mbedtls_ssl_write(&tls_,
                      reinterpret_cast<const unsigned char*>(answer.data()),
                      answer.size());
    mbedtls_ssl_close_notify(&tls_);
  }

  mbedtls_entropy_context entropy_;
  mbedtls_ctr_drbg_context random_;
  mbedtls_pk_context key_;
  mbedtls_x509_crt certificate_;
  mbedtls_ssl_config config_;
  mbedtls_ssl_context tls_;
  mbedtls_net_context listener_, connection_;
  std::string pem_;
  std::thread thread_;
};

class TransferOverTls : public testing::Test {
 protected:
  ~TransferOverTls() override { unsetenv("CURL_CA_BUNDLE"); }

  // The reason why nothing came; "" if all did.
  std::string Reason(const TlsServer& server, const std::string& authority) {
    setenv("CURL_CA_BUNDLE", authority.c_str(), 1);
    const auto result = Transfer(server.Url(), path_, [] { return true; });
    EXPECT_THAT(result, IsOk());
    return result.ok() ? result->reason : "";
  }

  const std::string path_ = EmptyTestDirectory() + "/a";
};

TEST_F(TransferOverTls, BringsWhatATrustedHostGives) {
  const TlsServer server("127.0.0.1");
  EXPECT_EQ(Reason(server, server.Authority()), "");
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(path_));
  EXPECT_EQ(bytes, "abc");
}

TEST_F(TransferOverTls, TakesNothingFromAHostThatNobodyTrusts) {
  const TlsServer server("127.0.0.1");
  const TlsServer other("127.0.0.1");
  const std::string authority = other.Authority();
  EXPECT_THAT(Reason(server, authority),
              testing::AllOf(HasSubstr("NOT_TRUSTED"), HasSubstr(authority)));
  EXPECT_FALSE(FileExists(path_));
}

TEST_F(TransferOverTls, TakesNothingFromAHostOfAnotherName) {
  const TlsServer server("elsewhere.invalid");
  EXPECT_THAT(Reason(server, server.Authority()), HasSubstr("CN_MISMATCH"));
  EXPECT_FALSE(FileExists(path_));
}

TEST_F(TransferOverTls, SaysWhichAuthoritiesAreMissing) {
  const TlsServer server("127.0.0.1");
  EXPECT_THAT(
      Reason(server, "/no/such/file"),
      testing::AllOf(HasSubstr("/no/such/file"), HasSubstr("SSL_CERT_FILE")));
}

}  // namespace
}  // namespace nclab
