// Gives every file of a directory to LLVMFuzzerTestOneInput(), which traps
// where something is wrong. Argument: the directory.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void Give(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()),
                         bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  int files = 0;
  Give("");
  for (const auto& entry :
       std::filesystem::directory_iterator(argc > 1 ? argv[1] : ".")) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    std::fprintf(stderr, "%s: %zu bytes\n", entry.path().c_str(), bytes.size());
    Give(bytes);
    ++files;
  }
  if (files == 0) std::fprintf(stderr, "there is no file\n");
  return files == 0 ? 1 : 0;
}
