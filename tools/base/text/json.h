// JSON of other hands, read and written without exceptions.
#ifndef NCLAB_TOOLS_BASE_TEXT_JSON_H_
#define NCLAB_TOOLS_BASE_TEXT_JSON_H_

#include <string>
#include <type_traits>

#include "nlohmann/json.hpp"

namespace nclab {

// json[key] where `json` is an object that has it as a T, else `otherwise`.
template <typename Json, typename T>
T ValueOr(const Json& json, const char* key, T otherwise) {
  if (!json.is_object()) return otherwise;
  const auto found = json.find(key);
  if (found == json.end()) return otherwise;
  bool same_kind;
  if constexpr (std::is_same_v<T, bool>) {
    same_kind = found->is_boolean();
  } else if constexpr (std::is_integral_v<T>) {
    same_kind = found->is_number_integer();
  } else if constexpr (std::is_floating_point_v<T>) {
    same_kind = found->is_number();
  } else {
    same_kind = found->is_string();
  }
  return same_kind ? found->template get<T>() : otherwise;
}

// Indented, with a line's end. Bytes that are not UTF-8, as paths may have
// them, become U+FFFD.
template <typename Json>
std::string JsonText(const Json& json) {
  return json.dump(2, ' ', /*ensure_ascii=*/false,
                   Json::error_handler_t::replace) +
         "\n";
}

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_TEXT_JSON_H_
