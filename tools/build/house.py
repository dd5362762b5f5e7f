"""The rooms of this tree and their doors, from Bazel's own graph.

  ./bazelw query //... --output=xml | tools/build/house.py check
  ./bazelw query //... --output=xml | tools/build/house.py draw     the block of docs/architecture.md

A room is a package. `check` prints what breaks the plan of docs/architecture.md:
an arrow upwards, an arrow between the nouns, a circle of rooms, a door that
//:plugin_api does not name.
"""
import collections
import sys
import xml.etree.ElementTree

# Bottom to top. A package stands on the floor of its longest prefix; it may use
# the floors below, and its own room. "a>b" lets a use b on the same floor.
FLOORS = [
    ["tools/base", "tools/testing", "tools/draw", "tools/base>tools/testing", "tools/draw>tools/base", "tools/draw>tools/testing",
     "tools/testing>tools/base"],
    ["models", "datasets", "metrics"],
    ["experiments/recipes"],
    ["experiments/spec"],
    ["experiments/records"],
    ["experiments/training"],
    ["experiments", "experiments/report", "experiments/execution", "experiments/report>experiments"],
    ["experiments/cli", "experiments/testing", "experiments/cli>experiments/testing"],
    ["experiments/bench", "docs", "tools", "", "tools>experiments/bench"],  # tools: the index of commands
]
PROGRAMS = ("alias", "cc_binary", "cc_test", "filegroup", "genrule", "sh_binary", "sh_test")


def read(text):
    """Returns (arrows, kinds): label -> labels it names; label -> rule class."""
    arrows, kinds = collections.defaultdict(set), {}
    for rule in xml.etree.ElementTree.fromstring(text).iter("rule"):
        label = rule.get("name")
        kinds[label] = rule.get("class")
        arrows[label] = {s.get("name") for s in rule.iter("rule-input") if s.get("name").startswith("//")}
    # Who names a command of the index means the program.
    index = {label: targets for label, targets in arrows.items() if kinds[label] == "alias" and package(label) == "tools"}
    for targets in arrows.values():
        for label in targets & index.keys():
            targets.remove(label)
            targets |= index[label]
    return arrows, kinds


def package(label):
    return label[2:].partition(":")[0]


def floor(label, kinds):
    """Returns (height, room) of a label; None where no floor is meant for it."""
    name = package(label)
    # A figure's program and its tests join what lies beside it; its facts are a library.
    if name == "experiments" and kinds.get(label) in PROGRAMS:
        name = "experiments/cli"
    best = None
    for height, rooms in enumerate(FLOORS):
        for room in rooms:
            if ">" in room:
                continue
            if (not room or name == room or name.startswith(room + "/")) and (best is None or len(room) > len(best[1])):
                best = (height, room)
    return best


def upward(arrows, kinds):
    """Yields the arrows that no floor allows."""
    for source, targets in sorted(arrows.items()):
        if package(source).startswith(("third_party", "tools/build")):
            continue
        for target in sorted(targets):
            if package(target).startswith(("third_party", "tools/build")) or target not in kinds:
                continue
            above, below = floor(source, kinds), floor(target, kinds)
            allowed = below[0] < above[0] or below[1] == above[1]
            if not allowed and below[0] == above[0]:
                allowed = "%s>%s" % (above[1], below[1]) in FLOORS[above[0]] or above[1] == ""
            if not allowed:
                yield source, target


def public(text):
    """Returns the labels that any workspace may use, and those that //:plugin_api names."""
    opened, named = set(), set()
    for rule in xml.etree.ElementTree.fromstring(text).iter("rule"):
        label = rule.get("name")
        if label == "//:plugin_api":
            named = {s.get("name") for s in rule.iter("rule-input")}
        elif "//visibility:public" in [v.get("value") for v in rule.iterfind("list[@name='visibility']/label")]:
            opened.add(label)
    return opened, named


def is_interface(label):
    """The header of a noun, which its items and their parts stand on."""
    return label in ("//models:model", "//datasets:dataset", "//metrics:metric", "//experiments:experiment",
                     "//experiments/training:interface")


def rooms_of(arrows, kinds):
    """Returns room -> rooms, of libraries alone; an interface is a room of its own."""
    def room(label):
        return label[2:] if is_interface(label) else package(label)

    graph = collections.defaultdict(set)
    for source, targets in arrows.items():
        if kinds[source] != "cc_library":
            continue
        for target in targets:
            if kinds.get(target) == "cc_library" and room(source) != room(target):
                graph[room(source)].add(room(target))
    return graph


def circle(graph):
    """Returns the rooms of a circle, [] if there is none."""
    state, path = {}, []

    def visit(room):
        state[room] = "open"
        path.append(room)
        for other in sorted(graph.get(room, ())):
            if state.get(other) == "open":
                return path[path.index(other):] + [other]
            if other not in state:
                found = visit(other)
                if found:
                    return found
        state[room] = "done"
        path.pop()
        return []

    for room in sorted(graph):
        if room not in state:
            found = visit(room)
            if found:
                return found
    return []


def reach(graph, room, seen):
    for other in graph.get(room, ()):
        if other not in seen:
            seen.add(other)
            reach(graph, other, seen)
    return seen


def draw(graph):
    """Prints each room with the rooms right below it: what others bring is left out."""
    rooms = sorted(set(graph) | {r for others in graph.values() for r in others})
    for room in rooms:
        direct = {r for r in graph.get(room, ()) if not any(
            r in reach(graph, other, set()) for other in graph[room] if other != r)}
        print("%-34s %s" % (room, " ".join(sorted(direct)) or "-"))


def main():
    text = sys.stdin.read()
    arrows, kinds = read(text)
    if sys.argv[1:] == ["draw"]:
        arrows.pop("//tools/testing/forbidden:arrow", None)
        return draw(rooms_of(arrows, kinds))
    for source, target in upward(arrows, kinds):
        print("upwards: %s -> %s" % (source, target))
    found = circle(rooms_of(arrows, kinds))
    if found:
        print("circle: " + " -> ".join(found))
    opened, named = public(text)
    for label in sorted(opened - named):
        print("open to everybody, but not in //:plugin_api: " + label)
    for label in sorted(named - opened):
        print("in //:plugin_api, but closed: " + label)


if __name__ == "__main__":
    main()
