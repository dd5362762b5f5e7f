#include "datasets/formats/pictures/picture.h"

#include <cstdio>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::HasSubstr;

// Of testdata/make.py.
const char kData[] = "datasets/formats/pictures/testdata/";

// What Pillow made: "P6 width height 255" and the pixels.
Picture ReadPpm(const std::string& path) {
  const absl::StatusOr<std::string> bytes = ReadFile(path);
  EXPECT_THAT(bytes, IsOk());
  int width = 0, height = 0, begin = 0;
  EXPECT_EQ(
      std::sscanf(bytes->c_str(), "P6 %d %d 255%n", &width, &height, &begin),
      2);
  Picture picture{height, width, {}};
  picture.pixels.assign(bytes->begin() + begin + 1, bytes->end());
  return picture;
}

TEST(DecodePicture, GivesThePixelsOfPillow) {
  int count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(absl::StrCat(kData, "kinds"))) {
    std::filesystem::path path = entry.path();
    if (path.extension() == ".ppm") continue;
    NCLAB_ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(path));
    NCLAB_ASSERT_OK_AND_ASSIGN(const Picture picture, DecodePicture(bytes));
    const Picture expected = ReadPpm(path.replace_extension(".ppm"));
    EXPECT_EQ(picture.height, expected.height) << entry.path();
    EXPECT_EQ(picture.width, expected.width) << entry.path();
    EXPECT_TRUE(picture.pixels == expected.pixels) << entry.path();
    ++count;
  }
  EXPECT_EQ(count, 15);
}

TEST(DecodePicture, RefusesByName) {
  for (const auto& [file, words] :
       std::vector<std::pair<std::string, std::string>>{
           {"grey16.png", "grey PNG file of 16 bits"},
           {"cmyk.jpg", "of 4 components"},
           {"a_gif.png", "neither as a PNG nor as a JPEG"},
           {"empty.png", "neither as a PNG nor as a JPEG"},
           {"crc.png", "damaged PNG"},
           {"cut.png", "it ends early"},
           {"cut.jpg", "damaged JPEG"},
           {"huge.png", "of 70000x70000 pixels"}}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(const std::string bytes,
                               ReadFile(absl::StrCat(kData, "bad/", file)));
    EXPECT_THAT(DecodePicture(bytes),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr(words)))
        << file;
  }
}

// Cut at any byte: an error, but for the marker at the very end.
TEST(DecodePicture, RefusesWhatIsCut) {
  for (const char* file : {"rgba.png", "palette.png", "420.jpg"}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(const std::string bytes,
                               ReadFile(absl::StrCat(kData, "kinds/", file)));
    for (size_t size = 0; size + 12 < bytes.size(); ++size) {
      EXPECT_FALSE(DecodePicture(bytes.substr(0, size)).ok())
          << file << " " << size;
    }
  }
}

}  // namespace
}  // namespace nclab
