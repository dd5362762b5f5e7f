#include "tools/draw/render.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(RenderFigure, DrawsThreeFormatsAndReturnsTheScript) {
  const std::string directory = EmptyTestDirectory();
  ASSERT_THAT(WriteFileAtomically(
                  directory + "/figure.vl.json",
                  R"({"data": {"values": [{"a": 1}]}, "title": "one dot",
                      "mark": "point",
                      "encoding": {"x": {"field": "a",
                                         "type": "quantitative"}}})"),
              IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::string script, RenderFigure(directory));
  EXPECT_THAT(script, HasSubstr("vega"));
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::string svg,
                             ReadFile(directory + "/figure.svg"));
  EXPECT_THAT(svg, HasSubstr("one dot"));
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::string png,
                             ReadFile(directory + "/figure.png"));
  EXPECT_THAT(png, StartsWith("\x89PNG"));
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::string pdf,
                             ReadFile(directory + "/figure.pdf"));
  EXPECT_THAT(pdf, StartsWith("%PDF"));
  EXPECT_FALSE(FileExists(directory + "/.vega.js"));
}

TEST(RenderFigure, SaysWhatTheRendererSaid) {
  const std::string directory = EmptyTestDirectory();
  EXPECT_THAT(RenderFigure(directory), StatusIs(absl::StatusCode::kInternal,
                                                HasSubstr("figure.vl.json")));
}

}  // namespace
}  // namespace nclab
