#include "tools/testing/file_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace nclab {
namespace {

void Require(bool condition, const char* what) {
  if (condition) return;
  std::perror(what);
  std::abort();
}

void SendAll(int connection, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n =
        send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

}  // namespace

FileServer::FileServer(Files files) : files_(std::move(files)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Require(listener_ >= 0, "socket");
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Require(bind(listener_, reinterpret_cast<sockaddr*>(&address),
               sizeof(address)) == 0,
          "bind");
  Require(listen(listener_, 8) == 0, "listen");
  socklen_t size = sizeof(address);
  Require(
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0,
      "getsockname");
  port_ = ntohs(address.sin_port);
  Require(pipe2(stop_, O_CLOEXEC) == 0, "pipe");
  thread_ = std::thread([this] { Serve(); });
}

FileServer::~FileServer() {
  close(stop_[1]);
  thread_.join();
  close(stop_[0]);
  close(listener_);
}

std::string FileServer::Url(const std::string& path) const {
  return absl::StrCat("http://127.0.0.1:", port_, path);
}

std::vector<std::string> FileServer::Requests() {
  std::lock_guard<std::mutex> lock(mutex_);
  return requests_;
}

void FileServer::Serve() {
  for (;;) {
    pollfd waiting[] = {{listener_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    if (poll(waiting, 2, -1) < 0) continue;
    if (waiting[1].revents != 0) return;
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    Answer(connection);
    close(connection);
  }
}

void FileServer::Answer(int connection) {
  std::string request;
  char buffer[4096];
  while (!absl::StrContains(request, "\r\n\r\n")) {
    const ssize_t n = read(connection, buffer, sizeof(buffer));
    if (n <= 0) return;
    request.append(buffer, static_cast<size_t>(n));
  }
  // GET /path HTTP/1.1
  const size_t begin = request.find(' ') + 1;
  const std::string path =
      request.substr(begin, request.find(' ', begin) - begin);
  size_t from = 0;
  const std::string range = "Range: bytes=";
  const size_t at = request.find(range);
  if (at != std::string::npos) {
    const size_t number = at + range.size();
    const bool parsed = absl::SimpleAtoi(
        request.substr(number, request.find('-', number) - number), &from);
    Require(parsed, "Range");
  }
  {
    std::lock_guard<std::mutex> lock(mutex_);
    requests_.push_back(from == 0 ? path : absl::StrCat(path, " from ", from));
  }
  const auto found = files_.find(path);
  if (found == files_.end()) {
    SendAll(connection,
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n"
            "Connection: close\r\n\r\n");
    return;
  }
  File& file = found->second;
  if (!file.redirect.empty()) {
    SendAll(connection,
            absl::StrCat("HTTP/1.1 302 Found\r\nLocation: ", file.redirect,
                         "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
    return;
  }
  if (!file.ranges) from = 0;
  if (from > 0 && from >= file.bytes.size()) {
    SendAll(connection,
            "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n"
            "Connection: close\r\n\r\n");
    return;
  }
  std::string head = from == 0 ? "HTTP/1.1 200 OK\r\n"
                               : absl::StrCat(
                                     "HTTP/1.1 206 Partial Content\r\n"
                                     "Content-Range: bytes ",
                                     from, "-", file.bytes.size() - 1, "/",
                                     file.bytes.size(), "\r\n");
  const absl::string_view body = absl::string_view(file.bytes).substr(from);
  absl::StrAppend(&head, "Content-Length: ", body.size(),
                  "\r\nConnection: close\r\n\r\n");
  SendAll(connection, head);
  if (file.hangs > 0) {
    --file.hangs;
    SendAll(connection, body.substr(0, file.break_after));
    // Until the other side goes away, or the server is to stop.
    pollfd waiting[] = {{connection, POLLIN | POLLRDHUP, 0},
                        {stop_[0], POLLIN, 0}};
    poll(waiting, 2, -1);
    return;
  }
  if (file.break_offs > 0) {
    --file.break_offs;
    SendAll(connection, body.substr(0, file.break_after));
    return;
  }
  SendAll(connection, body);
}

}  // namespace nclab
