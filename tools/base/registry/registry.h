// The one registry template, instantiated per noun (model, dataset, ...).
//
// It holds facts and factories, never instances. Items enter by static
// initialisation from their own .cc file, so a linked target is a known name.
#ifndef NCLAB_TOOLS_BASE_REGISTRY_REGISTRY_H_
#define NCLAB_TOOLS_BASE_REGISTRY_REGISTRY_H_

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "tools/base/errors.h"
#include "tools/base/registry/choice.h"
#include "tools/base/registry/interface_version.h"
#include "tools/base/registry/params.h"
#include "tools/base/status_macros.h"

namespace nclab {

// `Info` is what an item says of itself: an aggregate, for items to be written
// with the names of its fields, with at least
//
//   std::string name;       // as on the command line
//   std::string summary;    // one line
//   std::string reference;  // where it comes from: paper, formula, page
//   std::vector<ParamSpec> params;
//
// `Factory` is any callable type.
// Thread-safe. Not copyable. Entries live as long as the registry.
template <typename Info, typename Factory>
class Registry {
 public:
  struct Entry {
    Info info;
    Factory factory;
    const char* file;
    int line;
  };

  explicit Registry(std::string noun) : noun_(std::move(noun)) {}
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // With `common`, the parameters that every item of the noun has, declared at
  // `common_place`, after its own. Aborts, naming both places, if the name of
  // the item or of one of its parameters is taken: a mistake of the build. Uses
  // stdio, since it runs before main().
  void Register(Info info, Factory factory, const char* file, int line,
                std::vector<ParamSpec> common = {},
                const char* common_place = "") {
    absl::MutexLock lock(&mutex_);
    const std::string name = info.name;
    std::map<std::string, const char*> taken;  // parameter -> also where
    for (const ParamSpec& spec : common) taken.emplace(spec.name, common_place);
    for (const ParamSpec& spec : info.params) {
      const auto [it, free] = taken.try_emplace(spec.name, "the same place");
      if (free) continue;
      std::fprintf(stderr,
                   "nclab: %s '%s', %s:%d, declares the parameter '%s', which "
                   "is declared at %s already; give it another name\n",
                   noun_.c_str(), name.c_str(), file, line, spec.name.c_str(),
                   it->second);
      std::abort();
    }
    for (ParamSpec& spec : common) info.params.push_back(std::move(spec));
    const auto [it, inserted] = entries_.try_emplace(
        name, Entry{std::move(info), std::move(factory), file, line});
    if (!inserted) {
      std::fprintf(stderr,
                   "nclab: %s '%s' is registered twice: %s:%d and %s:%d\n",
                   noun_.c_str(), name.c_str(), it->second.file,
                   it->second.line, file, line);
      std::abort();
    }
  }

  // \error kNotFound lists the names that are linked in.
  absl::StatusOr<const Entry*> Find(absl::string_view name) const {
    absl::MutexLock lock(&mutex_);
    const auto it = entries_.find(std::string(name));
    if (it != entries_.end()) return &it->second;
    std::vector<std::string> known;
    for (const auto& [key, entry] : entries_) known.push_back(key);
    return UnknownNameError(noun_, name, std::move(known),
                            "Is its target listed in deps?");
  }

  // Parses `text`, finds its item, binds its parameters.
  // \error kInvalidArgument or kNotFound, as the three steps say.
  absl::StatusOr<BoundChoice> Bind(absl::string_view text) const {
    NCLAB_ASSIGN_OR_RETURN(const Choice choice, ParseChoice(text));
    NCLAB_ASSIGN_OR_RETURN(const Entry* entry, Find(choice.name));
    NCLAB_ASSIGN_OR_RETURN(
        Params params, BindParams(absl::StrCat(noun_, " '", choice.name, "'"),
                                  entry->info.params, choice.args));
    return BoundChoice{choice.name, std::move(params)};
  }

  // The choice that Bind() would bind, for people: without the parameters that
  // have their defaults. Binds back to the same. \error as Bind().
  absl::StatusOr<std::string> Short(absl::string_view text) const {
    NCLAB_ASSIGN_OR_RETURN(const BoundChoice bound, Bind(text));
    NCLAB_ASSIGN_OR_RETURN(const BoundChoice plain, Bind(bound.name));
    Choice choice{bound.name, {}};
    for (size_t i = 0; i < bound.params.values().size(); ++i) {
      const auto& [name, value] = bound.params.values()[i];
      if (value == plain.params.values()[i].second) continue;
      choice.args.emplace_back(name, FormatParamValue(value));
    }
    return ToString(choice);
  }

  // All entries, sorted by name.
  std::vector<const Entry*> List() const {
    absl::MutexLock lock(&mutex_);
    std::vector<const Entry*> entries;
    for (const auto& [key, entry] : entries_) entries.push_back(&entry);
    return entries;
  }

  const std::string& noun() const { return noun_; }

 private:
  const std::string noun_;
  mutable absl::Mutex mutex_;
  std::map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

// `factory`, whose own exceptions name the item, as "metric 'mine': why". What
// LibTorch throws, and what there is no memory for, stays what it is.
template <typename Result, typename... Args>
std::function<Result(Args...)> NamingWhatItThrows(
    std::string item, std::function<Result(Args...)> factory) {
  return [item = std::move(item),
          factory = std::move(factory)](Args... args) -> Result {
    const auto name = [&](const std::exception& error) {
      return std::runtime_error(absl::StrCat(item, ": ", error.what()));
    };
    try {
      return factory(std::forward<Args>(args)...);
    } catch (const std::runtime_error& error) {
      throw name(error);
    } catch (const std::logic_error& error) {
      throw name(error);
    }
  };
}

}  // namespace nclab

// Calls `function(arguments..., __FILE__, __LINE__)` at static-initialisation
// time, if the source is written for this version of the plugin interface. What
// the nouns' macros (NCLAB_REGISTER_MODEL, ...) are made of.
#define NCLAB_REGISTER(function, ...) \
  NCLAB_REGISTER_AT(__COUNTER__, function, __VA_ARGS__)
#define NCLAB_REGISTER_AT(count, ...) NCLAB_REGISTER_AS(count, __VA_ARGS__)
#define NCLAB_REGISTER_AS(count, function, ...)                         \
  [[maybe_unused]] static const bool nclab_registered_##count =         \
      ::nclab::CheckInterface(NCLAB_WRITTEN_FOR, __FILE__, __LINE__) && \
      function(__VA_ARGS__, __FILE__, __LINE__)

#endif  // NCLAB_TOOLS_BASE_REGISTRY_REGISTRY_H_
