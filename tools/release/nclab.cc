// nclab COMMAND: the one entry of a released archive. Looks whether this
// machine can run what lies beside it, and starts it.
//
// Linked statically: it has to speak where nothing else would start.
#include <features.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string>
#include <vector>

#include "libtorch_build_info.h"
#include "tools/release/commands.h"

namespace nclab {
namespace {

constexpr int kUserError = 2;
constexpr char kLoader[] = "/lib64/ld-linux-x86-64.so.2";
// c10::detail::torchCheckFail(..., std::string const&), of the C++11 ABI.
constexpr char kCxx11Symbol[] =
    "_ZN3c106detail14torchCheckFailEPKcS2_jRKNSt7__cxx1112basic_string";

[[noreturn]] void Refuse(const std::string& message) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  std::exit(kUserError);
}

bool Exists(const std::string& path) {
  struct stat found;
  return stat(path.c_str(), &found) == 0;
}

// "" if it cannot be read.
std::string ReadFile(const std::string& path) {
  std::string text;
  if (std::FILE* file = std::fopen(path.c_str(), "rb")) {
    char buffer[65536];
    for (size_t n; (n = std::fread(buffer, 1, sizeof(buffer), file)) > 0;) {
      text.append(buffer, n);
    }
    std::fclose(file);
  }
  return text;
}

// The directory of this file.
std::string Root() {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  if (length <= 0 || length == sizeof(path)) {
    Refuse(
        "nclab cannot see where it lies: /proc is not mounted. Mount it: "
        "mount -t proc proc /proc");
  }
  const std::string self(path, static_cast<size_t>(length));
  return self.substr(0, self.rfind('/'));
}

// What a program writes, both streams; its exit status in `status`.
std::string Output(const std::vector<std::string>& command, int& status) {
  int ends[2];
  if (pipe(ends) != 0) Refuse(std::string("pipe: ") + std::strerror(errno));
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    std::vector<char*> argv;
    for (const std::string& word : command) {
      argv.push_back(const_cast<char*>(word.c_str()));
    }
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<size_t>(n));
  }
  close(ends[0]);
  status = -1;
  waitpid(child, &status, 0);
  return text;
}

// \error exit 2 where the processor is older than LibTorch's and our code.
void CheckProcessor() {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt")) {
    return;
  }
  Refuse(
      "this processor has no SSE4.2. This archive is for x86-64 processors "
      "with SSE4.2 (made since 2009). What helps: another machine.");
}

// \error exit 2 where the C library is older than that of the build.
void CheckGlibc() {
  const std::string needed =
      std::to_string(__GLIBC__) + "." + std::to_string(__GLIBC_MINOR__);
  const std::string helps =
      "This archive needs glibc " + needed +
      " or newer (Debian 12, Ubuntu 24.04, Fedora 37). What helps: a newer "
      "system or a container of one, or a build from source on this one.";
  if (!Exists(kLoader)) {
    Refuse(std::string("there is no ") + kLoader + ": no glibc here. " + helps);
  }
  int status;
  // "ld.so (...) stable release version 2.36."; before 2.33 only an error.
  const std::string said = Output({kLoader, "--version"}, status);
  const size_t at = said.find(" version ");
  int major = 0, minor = 0;
  if (status == 0 && at != std::string::npos) {
    std::sscanf(said.c_str() + at, " version %d.%d", &major, &minor);
  }
  if (major > __GLIBC__ || (major == __GLIBC__ && minor >= __GLIBC_MINOR__)) {
    return;
  }
  Refuse("found glibc " +
         (major == 0 ? std::string("older than 2.33")
                     : std::to_string(major) + "." + std::to_string(minor)) +
         ". " + helps);
}

// The version that a LibTorch states in its headers or in version.py.
std::string LibTorchVersion(const std::string& directory) {
  const std::string header =
      ReadFile(directory + "/include/torch/headeronly/version.h");
  std::string version;
  for (const char* part : {"MAJOR ", "MINOR ", "PATCH "}) {
    const std::string name = std::string("#define TORCH_VERSION_") + part;
    const size_t at = header.find(name);
    if (at == std::string::npos) return "unknown";
    const size_t start = at + name.size();
    version += (version.empty() ? "" : ".") +
               header.substr(start, header.find('\n', start) - start);
  }
  return version;
}

// \error exit 2 if `directory` is no LibTorch that the programs can use.
void CheckLibTorch(const std::string& directory, const std::string& worker) {
  const std::string given = "NCLAB_LIBTORCH is '" + directory + "'";
  const std::string expected =
      std::string("Expected: the absolute path of LibTorch ") +
      NCLAB_LIBTORCH_VERSION +
      ", with lib/ and include/ (an unpacked libtorch, or "
      "site-packages/torch). Without NCLAB_LIBTORCH that of this archive is "
      "used.";
  for (const char* needed : {"/lib/libtorch_cpu.so", "/lib/libc10.so"}) {
    if (directory[0] != '/' || !Exists(directory + needed)) {
      Refuse(given + ", which has no " + (needed + 1) + ". " + expected);
    }
  }
  const std::string version = LibTorchVersion(directory);
  if (version != NCLAB_LIBTORCH_VERSION) {
    Refuse(given + ", which is version " + version + ". " + expected);
  }
  if (ReadFile(directory + "/lib/libc10.so").find(kCxx11Symbol) ==
      std::string::npos) {
    Refuse(given + ", which has the C++ ABI before C++11. " + expected);
  }
  int status;
  setenv("LD_BIND_NOW", "1", 1);
  const std::string said = Output({worker, "--version"}, status);
  unsetenv("LD_BIND_NOW");
  if (status == 0) return;
  Refuse(given + ", with which the programs do not start: " +
         said.substr(0, said.find('\n')) + ". " + expected);
}

void PrependPath(const char* variable, const std::string& directory) {
  const char* before = std::getenv(variable);
  const std::string rest =
      before != nullptr && *before != '\0' ? std::string(":") + before : "";
  setenv(variable, (directory + rest).c_str(), 1);
}

std::string Usage() {
  std::string text =
      "nclab COMMAND [FLAGS]: a laboratory for neural collapse.\n\n"
      "  nclab fig6 --preset=small    trains, measures, draws and judges\n"
      "  nclab COMMAND --help         its flags\n\nCommands:\n ";
  for (const Command& command : kCommands)
    text += std::string(" ") + command.name;
  return text +
         "\n\nWhere a text says ./bazelw run //tools:X or //experiments:X, say "
         "nclab X.\n"
         "NCLAB_LIBTORCH=DIR takes the LibTorch of this machine (version " +
         NCLAB_LIBTORCH_VERSION +
         ").\nShell completion: see completion/ beside nclab.\n";
}

int Main(int argc, char** argv) {
  const std::string root = Root();
  if (argc < 2) {
    std::fputs(Usage().c_str(), stderr);
    return kUserError;
  }
  const std::string name = argv[1];
  if (name == "--help" || name == "-h" || name == "help") {
    std::fputs(Usage().c_str(), stdout);
    return 0;
  }
  if (name == "--version") {
    std::printf("%scommit %s", ReadFile(root + "/VERSION").c_str(),
                ReadFile(root + "/COMMIT").c_str());
    return 0;
  }
  if (name == "--commands") {  // for completion
    for (const Command& command : kCommands) std::puts(command.name);
    return 0;
  }
  const Command* const command =
      std::find_if(std::begin(kCommands), std::end(kCommands),
                   [&](const Command& known) { return name == known.name; });
  if (command == std::end(kCommands)) {
    std::string known;
    for (const Command& each : kCommands) known += std::string(" ") + each.name;
    Refuse("there is no command '" + name + "'. Commands:" + known + ".");
  }
  CheckProcessor();
  CheckGlibc();

  const std::string files = root + "/files";
  setenv("RUNFILES_DIR", files.c_str(), 1);
  unsetenv("RUNFILES_MANIFEST_FILE");
  PrependPath("LD_LIBRARY_PATH", root + "/lib");
  if (const char* libtorch = std::getenv("NCLAB_LIBTORCH");
      libtorch != nullptr && *libtorch != '\0') {
    PrependPath("LD_LIBRARY_PATH", std::string(libtorch) + "/lib");
    CheckLibTorch(libtorch, files + "/" + kWorker);
  }
  setenv("NCLAB_COMMAND", ("nclab " + name).c_str(), 1);
  std::string commit = ReadFile(root + "/COMMIT");
  commit.erase(std::min(commit.find('\n'), commit.size()));
  setenv("NCLAB_COMMIT", commit.c_str(), 1);

  const std::string program = files + "/" + command->program;
  argv[1] = const_cast<char*>(program.c_str());
  execv(argv[1], argv + 1);
  Refuse("cannot start " + program + ": " + std::strerror(errno) +
         ". Unpack the archive anew.");
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) { return nclab::Main(argc, argv); }
