// A small HTTP server on this machine, for tests of what downloads.
#ifndef NCLAB_TOOLS_TESTING_FILE_SERVER_H_
#define NCLAB_TOOLS_TESTING_FILE_SERVER_H_

#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace nclab {

// Serves byte strings on a free port of 127.0.0.1, one request at a time, until
// it is destroyed. Knows GET and byte ranges with an open end.
class FileServer {
 public:
  struct File {
    std::string bytes;
    int break_offs = 0;      // answers that end after `break_after` bytes
    size_t break_after = 0;  // of the answer's body
    bool ranges = true;      // whether it honours ranges
    int hangs = 0;           // answers that stay open after break_after bytes
    std::string redirect;    // another URL to look at
  };

  using Files = std::map<std::string, File>;

  // `files` by path, as "/a". Others are 404.
  explicit FileServer(Files files);
  ~FileServer();
  FileServer(const FileServer&) = delete;
  FileServer& operator=(const FileServer&) = delete;

  // "http://127.0.0.1:PORT" + path.
  std::string Url(const std::string& path) const;

  // One for each request so far: "PATH", or "PATH from N" for a range.
  std::vector<std::string> Requests();

 private:
  void Serve();
  void Answer(int connection);

  Files files_;
  int listener_ = -1;
  int stop_[2] = {-1, -1};  // a pipe; closing its end stops the server
  int port_ = 0;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace nclab

#endif  // NCLAB_TOOLS_TESTING_FILE_SERVER_H_
