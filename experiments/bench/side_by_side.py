"""Fills the table of docs/benchmarks.md: nclab beside PyTorch, in turn.

    ./bazelw run //experiments/bench:side_by_side -- [--python=/path/to/python]
        [--work=mlp,resnet18,...] [--rounds=7] [--threads=2]
        [--precision=fp32,tf32,bf16] [--variants]
        [--device=cuda --skip=many,figure6,starts,evaluations,limits]

Without --python an environment with the same LibTorch version is made under the
user's cache directory. Each round measures nclab, tuned PyTorch and the
DataLoader script once each, one after the other, all three waiting for their
turn as processes; the ratios are of the same round. Printed: medians, and the
median ratio with a 95 % interval from resampling the rounds.

--variants prints another table: steps of nclab with convolutions' weights
channels-last and plain, with the exact rewrites and without, and on CUDA with
deterministic kernels and without, beside the fastest step of PyTorch in the
same precision; and which is best.
"""

import argparse
import itertools
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
STEPS = {"mlp": 60, "resnet18": 6, "vgg11_bn": 2, "densenet201": 2}
STEPS_ON_CUDA = {"mlp": 2000, "resnet18": 300, "vgg11_bn": 100, "densenet201": 40}
GOALS = {  # against tuned PyTorch, against the DataLoader script
    "mlp": (1.2, 2.2), "resnet18": (1.5, 1.7), "vgg11_bn": (2.5, 2.7),
    "densenet201": (1.3, 1.5)}
MANY_GOALS = (1.4, 3)
FIGURE6_GOALS = (1.5, 3)
FIGURE6_STEPS = 1000


class Side:
    """A process that is told how many steps to make and answers with a time."""

    def __init__(self, command, greets):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.greeting = self._read() if greets else ""

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args} ended with {self.process.wait()}")
        return line.strip()

    def begin(self, steps):
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()

    def end(self):
        return float(self._read())

    def milliseconds(self, steps):
        self.begin(steps)
        return self.end()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def interval(ratios):
    """Median and its 95 % interval by resampling."""
    draw = random.Random(1)
    medians = sorted(
        statistics.median(draw.choices(ratios, k=len(ratios)))
        for _ in range(2000))
    return statistics.median(ratios), medians[50], medians[1949]


def text(ratios):
    median, low, high = interval(ratios)
    return f"{median:.2f} ({low:.2f} to {high:.2f})"


def make_python(version):
    """An environment with LibTorch's version; made once."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    home = cache / "nclab" / f"pytorch-{version}"
    python = home / "bin" / "python"
    if not (home / "whole").exists():
        print(f"making {home}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", f"torch=={version}",
             "torchvision", "numpy"], check=True)
        (home / "whole").touch()
    return str(python)


def row_of(name, times, goals):
    row = [name] + [f"{statistics.median(t):.2f}" for t in times.values()]
    for other, goal in zip(("tuned", "loader"), goals):
        ratios = [t / o for t, o in zip(times[other], times["nclab"])]
        row += [text(ratios), f"{goal}"]
    return row


def step_flags(args, work, precision):
    return [f"--work={work}", f"--threads={args.threads}",
            f"--precision={precision}", f"--device={args.device}"]


def steps_of(args, work):
    return (STEPS if args.device == "cpu" else STEPS_ON_CUDA)[work]


def compare_steps(args, work, precision):
    common, steps = step_flags(args, work, precision), steps_of(args, work)
    script = [args.python, str(HERE / "pytorch_side.py"), *common]
    ours = Side([args.bench_step, *common, f"--rewrite={args.rewrite}"], False)
    tuned = Side([*script, f"--compile={args.compile}"], True)
    loader = Side([*script, "--loader"], True)
    print(f"{work}: tuned PyTorch is {tuned.greeting}", file=sys.stderr)
    times = {"nclab": [], "tuned": [], "loader": []}
    for _ in range(args.rounds):
        for name, side in ("nclab", ours), ("tuned", tuned), ("loader", loader):
            times[name].append(side.milliseconds(steps))
    for side in ours, tuned, loader:
        side.close()
    return row_of(f"{work}, {precision}", times, GOALS[work])


def variants_of(work, device):
    """(layout, rewrite, deterministic) of nclab's steps; the first is a run's."""
    layouts = ["channels_last", "plain"]
    rewrites = deterministic = ["on", "off"]
    if work == "mlp":  # which has no convolution
        layouts, rewrites = layouts[:1], rewrites[:1]
    if device == "cpu":  # where every kernel is
        deterministic = deterministic[:1]
    return list(itertools.product(layouts, rewrites, deterministic))


def compare_variants(args, work, precision):
    """Prints a row of each variant, and which is best."""
    common, steps = step_flags(args, work, precision), steps_of(args, work)
    tuned = Side([args.python, str(HERE / "pytorch_side.py"), *common,
                  f"--compile={args.compile}"], True)
    print(f"{work}, {precision}: tuned PyTorch is {tuned.greeting}",
          file=sys.stderr)
    ours = {
        (layout, rewrite, deterministic): Side(
            [args.bench_step, *common, f"--layout={layout}",
             f"--rewrite={rewrite}", f"--deterministic={deterministic}"], False)
        for layout, rewrite, deterministic in variants_of(work, args.device)}
    theirs, times = [], {variant: [] for variant in ours}
    for _ in range(args.rounds):
        theirs.append(tuned.milliseconds(steps))
        for variant, side in ours.items():
            times[variant].append(side.milliseconds(steps))
    for side in tuned, *ours.values():
        side.close()
    median = {variant: statistics.median(t) for variant, t in times.items()}
    for variant, t in times.items():
        print("| " + " | ".join([
            work, precision, *variant, f"{median[variant]:.3f}",
            f"{statistics.median(theirs):.3f}",
            text([o / p for o, p in zip(t, theirs)])]) + " |", flush=True)
    best = {d: min((v for v in median if v[2] == d), key=median.get)
            for d in ("on", "off") if any(v[2] == d for v in median)}
    name = {d: f"{v[0]}, rewrites {v[1]}" for d, v in best.items()}
    words = [f"best of {work}, {precision}: {name['on']}"]
    if "off" in best:
        price = median[best["on"]] / median[best["off"]]
        words.append(f"the same bytes every time cost {100 * (price - 1):.0f} % "
                     f"(beside {name['off']})")
    return "; ".join(words)


def print_variants(args):
    print("| step, ms | precision | layout | rewrites | deterministic | nclab "
          "| PyTorch | nclab / PyTorch |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    words = [compare_variants(args, work, precision)
             for work in args.work.split(",")
             for precision in args.precision.split(",")]
    print("\n" + "\n".join(words), flush=True)


def compare_many(args):
    """A step of each of several MLPs, as a figure's seeds: ours in processes of
    one thread side by side, which is what the planner does; theirs one after
    the other with all threads."""
    precision = args.precision.split(",")[0]
    one = ["--work=mlp", "--threads=1", f"--precision={precision}"]
    ours = [Side([args.bench_step, *one], False) for _ in range(args.threads)]
    script = [args.python, str(HERE / "pytorch_side.py"), "--work=mlp",
              f"--threads={args.threads}", f"--precision={precision}"]
    tuned = Side([*script, f"--compile={args.compile}"], True)
    loader = Side([*script, "--loader"], True)
    times = {"nclab": [], "tuned": [], "loader": []}
    for _ in range(args.rounds):
        for side in ours:
            side.begin(STEPS["mlp"])
        slowest = max(side.end() for side in ours)
        times["nclab"].append(slowest / args.threads)
        times["tuned"].append(tuned.milliseconds(STEPS["mlp"]))
        times["loader"].append(loader.milliseconds(STEPS["mlp"]))
    for side in *ours, tuned, loader:
        side.close()
    return row_of("mlp, a step of each seed", times, MANY_GOALS)


def compare_figure6(args):
    """Seconds of all of figure 6 at the paper's setting but for the number of
    steps: three seeds, their measurements and ours with the report."""
    def seconds(command):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        return time.perf_counter() - start

    script = [args.python, str(HERE / "pytorch_figure6.py"),
              f"--steps={FIGURE6_STEPS}", f"--threads={args.threads}"]
    times = {"nclab": [], "tuned": [], "loader": []}
    for _ in range(args.figure_rounds):
        with tempfile.TemporaryDirectory() as out:
            times["nclab"].append(seconds(
                [args.fig6, "--preset=paper", "--set", f"steps={FIGURE6_STEPS}",
                 f"--out={out}/fig6"]))
        times["tuned"].append(seconds(script))
        times["loader"].append(seconds([*script, "--loader"]))
    return row_of(f"figure 6, 3 x {FIGURE6_STEPS} steps, s", times, FIGURE6_GOALS)


def compare_starts(args):
    """Seconds from the command to the end of the first step, MLP."""
    def seconds(command):
        start = time.perf_counter()
        subprocess.run(command, input="1\n", text=True, check=True,
                       stdout=subprocess.DEVNULL)
        return time.perf_counter() - start

    ours, theirs = [], []
    threads = f"--threads={args.threads}"
    for _ in range(args.rounds):
        ours.append(seconds([args.bench_step, "--work=mlp", threads]))
        theirs.append(seconds([args.python, str(HERE / "pytorch_side.py"),
                               "--work=mlp", "--loader", threads]))
    return ["start to first step, s", f"{statistics.median(ours):.2f}", "",
            f"{statistics.median(theirs):.2f}", "", "",
            text([t / o for t, o in zip(theirs, ours)]), "3"]


def evaluations(args):
    """Evaluations with all metrics, in bare forward passes."""
    out = subprocess.run(
        [args.evaluation_benchmark, "--benchmark_format=json"], check=True,
        stdout=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": str(args.threads)}).stdout
    for run in json.loads(out)["benchmarks"]:
        name = run["name"].split("/")[1]
        print(f"| {name} | {run['bare_ms']:.1f} | {run['evaluation_ms']:.1f} "
              f"| {run['ratio']:.3f} |")


def check(parser, args):
    """Ends with 2 where a list has a name that is not known."""
    precisions = ["fp32", "bf16"] if args.device == "cpu" else [
        "fp32", "tf32", "bf16"]
    for flag, known in ("work", list(STEPS)), ("precision", precisions):
        for name in getattr(args, flag).split(","):
            if name not in known:
                parser.error(f"--{flag} has '{name}'; on {args.device} there "
                             f"are: {', '.join(known)}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench_step", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--fig6", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--evaluation_benchmark", required=True,
                        help=argparse.SUPPRESS)
    parser.add_argument("--machine_limits", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--version", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--python", default="")
    parser.add_argument("--work", default=",".join(STEPS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--figure_rounds", type=int, default=3,
                        help="of the row of figure 6, minutes each")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--device", default="cpu",
                        help="of the steps: cpu, cuda or cuda:N")
    parser.add_argument("--precision", default="fp32",
                        help="of the steps, a row each: fp32,bf16, on CUDA tf32")
    parser.add_argument("--variants", action="store_true",
                        help="nclab's layouts, rewrites, kernels; nothing else")
    parser.add_argument("--rewrite", default="on")
    parser.add_argument("--compile", default="auto")
    parser.add_argument("--skip", default="",
                        help="of: steps,many,figure6,starts,evaluations,limits")
    args = parser.parse_args()
    check(parser, args)
    args.python = args.python or make_python(args.version)
    if subprocess.run([args.python, "-c", "import torch, torchvision"],
                      stderr=subprocess.DEVNULL, check=False).returncode != 0:
        parser.error(f"{args.python} cannot import torch and torchvision; give "
                     "one that can by --python")
    skip = args.skip.split(",")
    print(f"{args.threads} threads, {args.precision}, {args.rounds} rounds\n")
    if args.variants:
        return print_variants(args)
    if not {"steps", "many", "figure6", "starts"} <= set(skip):
        print("| step, ms | nclab | tuned | DataLoader | tuned / nclab | goal "
              "| DataLoader / nclab | goal |")
        print("|---|---|---|---|---|---|---|---|", flush=True)
    if "steps" not in skip:
        for work in args.work.split(","):
            for precision in args.precision.split(","):
                row = compare_steps(args, work, precision)
                print("| " + " | ".join(row) + " |", flush=True)
    if "many" not in skip:
        print("| " + " | ".join(compare_many(args)) + " |", flush=True)
    if "figure6" not in skip:
        print("| " + " | ".join(compare_figure6(args)) + " |", flush=True)
    if "starts" not in skip:
        print("| " + " | ".join(compare_starts(args)) + " |", flush=True)
    if "evaluations" not in skip:
        print("\n| evaluation | bare, ms | all metrics, ms | ratio |")
        print("|---|---|---|---|", flush=True)
        evaluations(args)
    if "limits" not in skip:
        print(flush=True)
        subprocess.run([args.machine_limits, str(args.threads)], check=True)


if __name__ == "__main__":
    main()
