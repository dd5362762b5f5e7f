#include "tools/draw/render.h"

#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
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
  // Nothing but the specification and the pictures.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory),
                          std::filesystem::directory_iterator()),
            4);
}

TEST(RenderFigure, ReadsUtf8WhateverTheLocale) {
  setenv("LC_ALL", "C", 1);
  setenv("PYTHONCOERCECLOCALE", "0", 1);
  setenv("PYTHONUTF8", "0", 1);
  const std::string directory = EmptyTestDirectory() + "/it's \u00e4";
  ASSERT_THAT(MakeWritableDirectory(directory), IsOk());
  ASSERT_THAT(
      WriteFileAtomically(directory + "/figure.vl.json",
                          "{\"data\": {\"values\": [{}]}, \"mark\": \"point\", "
                          "\"title\": \"\u00e4 \u2192 \u00f6\"}"),
      IsOk());
  EXPECT_THAT(RenderFigure(directory), IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::string svg,
                             ReadFile(directory + "/figure.svg"));
  EXPECT_THAT(svg, HasSubstr("\u00e4 \u2192 \u00f6"));
}

TEST(RenderFigure, SaysWhatTheRendererSaid) {
  const std::string directory = EmptyTestDirectory();
  EXPECT_THAT(RenderFigure(directory), StatusIs(absl::StatusCode::kInternal,
                                                HasSubstr("figure.vl.json")));
}

}  // namespace
}  // namespace nclab
