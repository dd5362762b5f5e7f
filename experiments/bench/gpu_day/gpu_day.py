"""What a GPU must still show, in one command that goes on where it stopped.

    ./bazelw run //tools:gpu_day -- --time_limit=25m [--out=DIR] [--list]
    ./bazelw run //tools:gpu_day -- --pack=FILE.tar.xz      for another machine

Does what is next of docs/gpu_checklist.md: tests on the device, the same bytes,
steps beside PyTorch, then the paper's figures. Given again it goes on: what is
done is not done again, a figure's runs go on from their checkpoints. What it
found lies in OUT/items, an answer and a state each, and with the figures' small
files (no weights) in OUT/small.tar.gz; unpacked into another machine's OUT, that
counts as done there, but for figure 5, whose later runs need checkpoints.

--pack puts the programs and the data that came with the build into one archive,
without LibTorch: build on any machine with NCLAB_LIBTORCH=DIR of the LibTorch
that the other machine has. There: tar xJf FILE; nclab-gpu_day/gpu_day FLAGS.

Exit status: 0 nothing is left, 1 something failed or was refused, 2 the flags
are wrong or nothing can be computed here, 75 something is left.
"""

import argparse
import contextlib
import dataclasses
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

# Not resolved: the programs lie beside this file's name, not beside the file.
ROOT = pathlib.Path(os.path.abspath(__file__)).parents[4]  # of the runfiles
HERE = pathlib.Path("nclab/experiments")
DONE, BEGUN, FAILED, REFUSED = "done", "begun", "failed", "refused"
STOPPED = 75  # exit status of a program that goes on when it is given again
LARGEST_PACK = 60 << 20
SMALL = ("experiment.json", "claims.json", "figure.csv", "figure.svg")
SMALL_OF_RUNS = ("spec.json", "manifest.json", "metrics.csv", "DONE", "FAILED",
                 "DIVERGED")
TESTS = ["training/device/device_test", "training/device/gpu_test",
         "recipes/reductions_test", "training/run/step_test",
         "training/evaluation/evaluation_test",
         "training/testing/training_test",
         "training/testing/training_refusals_test",
         "training/testing/pieces_test", "training/testing/rewritten_runs_test",
         "training/checkpoints/resume_test", "training/checkpoints/chain_test",
         "training/checkpoints/fault_test"]
WORKS = ["mlp", "resnet18", "vgg11_bn", "densenet201"]


@dataclasses.dataclass
class Item:
    name: str
    command: list
    seconds: float  # that it takes on an H200, estimated
    goes_on: bool = False  # takes --time_limit, and goes on when given again
    directory: str = ""  # of a figure, under OUT


def program(path):
    return str(ROOT / HERE / path)


def figure(name, figure_name, hours, *flags, reading="text", out=""):
    directory = out or f"{figure_name}-{reading}"
    return Item(name, [program(figure_name), f"--reading={reading}", *flags],
                hours * 3600, goes_on=True, directory=directory)


def figures(smoke):
    """In the order of docs/gpu_checklist.md."""
    if smoke:
        flags = ["--preset=smoke", "--seeds=0"]
        return [figure("fig6", "fig6", 0.01, *flags),
                figure("fig4-left", "fig4", 0.01, *flags,
                       "--only=dataset=cifar10")]
    paper = ["--preset=paper"]
    items = []
    for name, of_axes, of_text in ("fig1", 0.5, 0.2), ("fig3", 0, 0):
        for reading, hours in ("axes", of_axes), ("text", of_text):
            items.append(figure(f"{name}-{reading}", name, hours, *paper,
                                reading=reading))
    for words, seeds, hours in ("seed-0", "0", 0.6), ("seeds", "0,1,2", 1.2):
        for side, dataset in ("left", "cifar10"), ("right", "fashion_mnist"):
            for reading in "axes", "text":
                items.append(figure(
                    f"fig4-{side}-{reading}-{words}", "fig4", hours,
                    *paper, f"--seeds={seeds}", f"--only=dataset={dataset}",
                    reading=reading, out=f"fig4-{side}-{reading}"))
    items.append(figure("fig5-left", "fig5", 2, *paper, "--only=dataset=mnist"))
    items.append(figure("fig5", "fig5", 17, *paper))
    for dataset in "mnist", "fashion_mnist", "cifar10":
        items.append(figure(f"fig2-{dataset}", "fig2", 3, *paper,
                            f"--only=dataset={dataset}", out=f"fig2-{dataset}"))
    items.append(figure("fig6-axes", "fig6", 0.03, *paper, reading="axes"))
    return items


def items_of(args):
    smoke = args.preset == "smoke"
    items = [Item("test-" + test.rpartition("/")[2], [program(test)], 60)
             for test in TESTS]
    same = ["bash", program("cli/testing/same_bytes.sh"), program("cli/train"),
            f"--device={args.device}"]
    choices = (["mlp(width=16,depth=2)=900", "convnet(width=4)=90"] if smoke else
               ["mlp(width=1024,depth=3)=6000", "resnet18=1200", "vgg11_bn=300",
                "densenet201=150"])
    for choice in choices:
        model = re.match(r"\w+", choice)[0]
        items.append(Item(f"same_bytes-{model}", [*same, choice], 90))
    on_gpu = args.device.startswith("cuda")
    for work in WORKS[:1] if smoke else WORKS:
        for precision in ["fp32", "tf32", "bf16"] if on_gpu else ["fp32"]:
            items.append(Item(
                f"steps-{work}-{precision}",
                [args.python, program("bench/side_by_side.py"),
                 f"--bench_step={program('bench/bench_step')}", "--fig6=",
                 "--evaluation_benchmark=", "--machine_limits=", "--version=",
                 f"--python={args.python}", f"--device={args.device}",
                 f"--work={work}", f"--precision={precision}", "--variants",
                 f"--rounds={1 if smoke else 5}",
                 f"--threads={1 if smoke else os.cpu_count()}",
                 f"--compile={'off' if smoke else 'auto'}"], 200))
    for item in figures(smoke):
        item.command += [f"--device={args.device}",
                         f"--out={args.out / item.directory}"]
        if args.data_dir:
            item.command.append(f"--data_dir={args.data_dir}")
        items.append(item)
    if args.only:
        items = [item for item in items
                 if item.name.startswith(tuple(args.only.split(",")))]
    return items


class Day:
    """The items' states, which outlive this process, and its time."""

    def __init__(self, args):
        self.args = args
        self.items = items_of(args)
        self.states = args.out / "items"
        self.end = time.monotonic() + args.time_limit
        self.stopped = False
        self.child = None

    def left(self):
        return 0 if self.stopped else self.end - time.monotonic()

    def state(self, item):
        try:
            return json.loads((self.states / f"{item.name}.json").read_text())
        except (OSError, ValueError):
            return {}

    def is_open(self, item):
        """What failed does not run again: it would take the time of the rest."""
        return self.state(item).get("state") not in (DONE, FAILED)

    def stop(self, *_):
        self.stopped = True
        if self.child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.child.pid, signal.SIGTERM)

    def run(self, item):
        command = list(item.command)
        if item.goes_on:
            command.append(f"--time_limit={max(self.left() - 20, 1):.0f}s")
        answer = self.states / f"{item.name}.txt"
        print(f"{item.name}: {self.left():.0f} s are left", file=sys.stderr)
        began = time.monotonic()
        with open(answer, "w", encoding="utf-8") as out:
            self.child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True,
                env=environment(self.args, self.args.out / "tmp"))
            if self.stopped:  # meanwhile
                self.stop()
            try:
                code = self.child.wait(max(self.left(), 1))
            except subprocess.TimeoutExpired:
                os.killpg(self.child.pid, signal.SIGTERM)
                try:
                    self.child.wait(12)
                except subprocess.TimeoutExpired:
                    os.killpg(self.child.pid, signal.SIGKILL)
                    self.child.wait()
                code = STOPPED
        self.child = None
        words = answer.read_text(encoding="utf-8", errors="replace").strip()
        state = {0: DONE, 2: REFUSED, STOPPED: BEGUN}.get(code, FAILED)
        if self.stopped and code != 0:
            state = BEGUN
        if state == FAILED and "The renderer is not among" in words:
            state = DONE  # its pictures are drawn at home, by //tools:plot
        before = self.state(item).get("seconds", 0)
        write(self.states / f"{item.name}.json", json.dumps({
            "state": state, "exit": code,
            "seconds": round(before + time.monotonic() - began, 1),
            "ended": datetime.datetime.now(datetime.timezone.utc).isoformat(
                timespec="seconds"),
            "command": command, "last_line": words.rpartition("\n")[2]},
            indent=1) + "\n")
        return state

    def go_on(self):
        for item in self.items:
            if not self.is_open(item):
                continue
            needs = 45 if item.goes_on else item.seconds
            if self.args.preset != "smoke" and self.left() < needs:
                continue  # one of the next may be stopped and go on
            if self.left() < 1:
                break
            self.run(item)
            self.collect()

    def collect(self):
        """OUT/small.tar.gz, as it now is."""
        out, whole = self.args.out, self.args.out / "small.tar.gz"
        paths = [p for p in self.states.iterdir() if p.suffix in (".json", ".txt")]
        for directory in sorted({i.directory for i in self.items if i.directory}):
            paths += [out / directory / name for name in SMALL]
            for run in sorted((out / directory / "runs").glob("*")):
                paths += [run / name for name in SMALL_OF_RUNS]
        with tarfile.open(str(whole) + ".new", "w:gz") as archive:
            for path in paths:
                if path.is_file():
                    archive.add(path, path.relative_to(out))
        os.replace(str(whole) + ".new", whole)

    def report(self):
        """Prints the states and what is left; answers the exit status."""
        left, wrong = [], []
        print("| item | state | seconds |\n|---|---|---|")
        for item in self.items:
            state = self.state(item)
            word = state.get("state", "not begun")
            print(f"| {item.name} | {word} | {state.get('seconds', '')} |")
            if word in (FAILED, REFUSED):
                wrong.append((item, word, state.get("last_line", "")))
            if word not in (DONE, FAILED):
                left.append(item)
        hours = sum(item.seconds for item in left) / 3600
        print(f"\n{len(left)} of {len(self.items)} items are left, about "
              f"{hours:.1f} h on an H200." if left else "\nNothing is left.")
        for item, word, line in wrong:
            print(f"{item.name} {word}: {line}")
        if any(word == FAILED for _, word, _ in wrong):
            print(f"What failed is done again once its file in {self.states} "
                  "is removed.")
        print(f"Small files: {self.args.out}/small.tar.gz", flush=True)
        if wrong:
            return 1
        return STOPPED if left else 0


def write(path, text):
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)


def environment(args, scratch):
    """Of a program: its files, its device, its LibTorch, an empty `scratch`."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    values = {
        **os.environ, "NCLAB_TEST_DEVICE": args.device,
        "RUNFILES_DIR": str(ROOT), "TEST_TMPDIR": str(scratch),
        "TMPDIR": str(scratch), "BUILD_WORKING_DIRECTORY": str(scratch)}
    values.pop("RUNFILES_MANIFEST_FILE", None)
    if args.libtorch:
        folders = [args.libtorch / "lib",
                   *sorted((args.libtorch.parent / "nvidia").glob("*/lib"))]
        before = values.get("LD_LIBRARY_PATH")
        values["LD_LIBRARY_PATH"] = ":".join(
            [str(f) for f in folders] + ([before] if before else []))
    return values


def pack(path):
    """Writes the runfiles, without LibTorch and the renderer."""
    launcher = ("#!/bin/sh\nexec python3 \"$(dirname \"$0\")/nclab/experiments/"
                "bench/gpu_day/gpu_day.py\" \"$@\"\n")
    skipped = re.compile(r"(libtorch|vl_convert|nclab/external|nclab/_solib[^/]*/"
                         r"[^/]*libtorch.*|MANIFEST|.*/__pycache__|"
                         r".*\.runfiles(_manifest)?)$")
    # The programs have much in common, within the 4 MiB that this sees.
    with tarfile.open(path, "w:xz", dereference=True, preset=3) as archive:
        for folder, folders, files in os.walk(ROOT, followlinks=True):
            at = pathlib.Path(folder).relative_to(ROOT)
            folders[:] = sorted(f for f in folders
                                if not skipped.match(str(at / f)))
            for name in sorted(files):
                if not skipped.match(str(at / name)):
                    archive.add(pathlib.Path(folder) / name,
                                pathlib.Path("nclab-gpu_day") / at / name)
        entry = pathlib.Path(path).with_suffix(".entry")
        entry.write_text(launcher, encoding="utf-8")
        entry.chmod(0o755)
        archive.add(entry, "nclab-gpu_day/gpu_day")
        entry.unlink()
    size = os.path.getsize(path)
    print(f"{path}: {size / 2**20:.1f} MiB")
    if size > LARGEST_PACK:
        sys.exit(f"{path} is larger than {LARGEST_PACK >> 20} MiB.")


def seconds_of(text):
    """25m, 1h30m, 90s."""
    parts = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", text)
    if not text or not parts:
        raise argparse.ArgumentTypeError(
            f"'{text}'; expected a duration such as 90s, 25m or 1h30m")
    hours, minutes, seconds = (int(n or 0) for n in parts.groups())
    return 3600 * hours + 60 * minutes + seconds


def user_path(text):
    start = os.environ.get("BUILD_WORKING_DIRECTORY", os.getcwd())
    return pathlib.Path(start, os.path.expanduser(text))


def check(args):
    """Ends with 2 where no program can compute on the device."""
    names = [item.name for item in items_of(
        argparse.Namespace(**{**vars(args), "only": ""}))]
    for start in filter(None, args.only.split(",")):
        if not any(name.startswith(start) for name in names):
            fail(f"--only has '{start}'; items begin with: {', '.join(names)}")
    with tempfile.TemporaryDirectory() as scratch:
        tried = subprocess.run(
            [program("bench/bench_step"), "--work=mlp",
             f"--device={args.device}"],
            input="1\n", capture_output=True, text=True,
            env=environment(args, pathlib.Path(scratch, "tmp")))
    if tried.returncode != 0:
        fail(f"Nothing can be computed on --device={args.device}:\n"
             f"{tried.stderr.strip()}\nPrograms of --pack find LibTorch by "
             "--libtorch=DIR, which has lib/ and is the one that they were "
             "built with.")


def fail(words):
    print(f"gpu_day: {words}", file=sys.stderr)
    sys.exit(2)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time_limit", type=seconds_of, default="720h",
                        help="as 90s, 25m or 1h30m; what is begun is stopped")
    parser.add_argument("--out", type=user_path,
                        default=user_path("nclab-out/gpu_day"))
    parser.add_argument("--device", default="cuda", help="cuda, cuda:N or cpu")
    parser.add_argument("--preset", choices=["paper", "smoke"], default="paper")
    parser.add_argument("--only", default="",
                        help="items whose names begin so, as fig1,steps-mlp")
    parser.add_argument("--data_dir", type=user_path)
    parser.add_argument("--python", default=sys.executable,
                        help="that has PyTorch and torchvision, to compare with")
    parser.add_argument("--libtorch", type=user_path,
                        help="directory of the LibTorch to use; default: the "
                        "one that the programs were linked with")
    parser.add_argument("--list", action="store_true",
                        help="say what is left; do nothing")
    parser.add_argument("--pack", type=user_path)
    args = parser.parse_args()
    if args.pack:
        return pack(args.pack)
    day = Day(args)
    if args.list:
        return day.report()
    check(args)
    day.states.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, day.stop)
    signal.signal(signal.SIGINT, day.stop)
    day.go_on()
    shutil.rmtree(args.out / "tmp", ignore_errors=True)
    return day.report()


if __name__ == "__main__":
    sys.exit(main())
