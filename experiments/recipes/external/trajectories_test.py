"""Holds objectives, schedules and optimizers against PyTorch's own.

    trajectories_test.py TRAJECTORY DIRECTORY
    trajectories_test.py TRAJECTORY time

Each case trains one small tanh network for 200 steps, from the same weights on
the same batches, in fp64 and in fp32, in C++ by nclab's items and here by
torch.nn.functional, torch.optim (its plain loops, not the fused kernels) and
torch.optim.lr_scheduler; then the weights are compared.

The bound. In exact arithmetic the two are one. In floating point they may add
sums of up to n terms in another order, and group an update's products
otherwise, which moves each number by at most 2 n u of the sum of their sizes, u
the unit roundoff; n = 64 here, the width of the hidden layer, is the longest sum. To
first order a small error of one step is carried to the end by a linear map that
is the same whatever it came from. So PyTorch's own training, with its weights
changed by up to one rounding u after each step, measures how far one rounding a
step is carried, and 2 n times that bounds the difference. A learning rate is
another product or two, and its rounding in fp64 is below that too.

`time`: a step of Adam and AdamW at the parameters of mlp(width=1024,depth=3),
nclab's beside torch.optim's with fused=True, in turn.
"""

import pathlib
import statistics
import subprocess
import sys
import time

import safetensors.torch
import torch
from torch.nn import functional
from torch.optim import lr_scheduler

STEPS, BATCH, SAMPLES, INPUTS, HIDDEN, CLASSES = 200, 16, 80, 20, 64, 5
TERMS = HIDDEN


def one_hot(labels, logits):
    return functional.one_hot(labels, CLASSES).to(logits.dtype)


def rescaled(logits, labels):
    """Hui and Belkin, with k = 15 and M = 30, as their paper writes it."""
    right = one_hot(labels, logits)
    return ((15 * (logits - 30) ** 2 * right).sum(1) + (logits**2 * (1 - right)).sum(1)).div(CLASSES).mean()


OBJECTIVES = {
    "cross_entropy": functional.cross_entropy,
    "label_smoothing": lambda z, y: functional.cross_entropy(z, y, label_smoothing=0.1),
    "mse": lambda z, y: 0.5 * (z - one_hot(y, z)).norm(dim=1).square().mean(),
    "mse(scale=classes)": lambda z, y: functional.mse_loss(z, one_hot(y, z)),
    "mse(scale=classes,target=30,right_weight=15)": rescaled,
}


class DecoupledSGD(torch.optim.SGD):
    """Weights shrink by lr times `decay` before SGD's step, as AdamW's do."""

    def __init__(self, parameters, decay, **options):
        super().__init__(parameters, **options)
        self.decay = decay

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.mul_(1 - group["lr"] * self.decay)
        super().step()


def of_torch(kind, **options):
    return lambda parameters, lr: kind(parameters, lr=lr, foreach=False, **options)


OPTIMIZERS = {
    "sgd": (0.1, of_torch(torch.optim.SGD, momentum=0.9)),
    "sgd(momentum=0)": (0.1, of_torch(torch.optim.SGD)),
    "sgd(nesterov=true)": (0.1, of_torch(torch.optim.SGD, momentum=0.9, nesterov=True)),
    "sgd(weight_decay=0.01)": (0.1, of_torch(torch.optim.SGD, momentum=0.9, weight_decay=0.01)),
    "sgd(weight_decay=0.01,nesterov=true)": (
        0.1, of_torch(torch.optim.SGD, momentum=0.9, weight_decay=0.01, nesterov=True)),
    "sgd(weight_decay=0.01,decoupled=true)": (0.1, of_torch(DecoupledSGD, momentum=0.9, decay=0.01)),
    "adam": (0.01, of_torch(torch.optim.Adam)),
    "adam(beta1=0.8,beta2=0.99,eps=0.001,weight_decay=0.01)": (
        0.01, of_torch(torch.optim.Adam, betas=(0.8, 0.99), eps=0.001, weight_decay=0.01)),
    "adamw": (0.01, of_torch(torch.optim.AdamW, weight_decay=0.01)),
    "adamw(weight_decay=0)": (0.01, of_torch(torch.optim.AdamW, weight_decay=0)),
}


def warm_up(optimizer, steps):
    rise = lr_scheduler.LinearLR(optimizer, start_factor=1 / steps, total_iters=steps - 1)
    fall = lr_scheduler.CosineAnnealingLR(optimizer, T_max=STEPS - steps)
    return lr_scheduler.SequentialLR(optimizer, [rise, fall], milestones=[steps])


SCHEDULES = {
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=STEPS),
    "constant": lambda o: lr_scheduler.ConstantLR(o, factor=1),
    "steps": lambda o: lr_scheduler.MultiStepLR(o, milestones=[67, 134], gamma=0.1),
    "steps(at=20+0.5,factor=0.3)": lambda o: lr_scheduler.MultiStepLR(o, milestones=[20, 100], gamma=0.3),
    "warmup_cosine": lambda o: warm_up(o, 10),
    "warmup_cosine(warmup=40)": lambda o: warm_up(o, 40),
}


def problem(dtype):
    torch.manual_seed(1)
    shapes = {"w1": (INPUTS, HIDDEN), "b1": (HIDDEN,), "w2": (HIDDEN, CLASSES), "b2": (CLASSES,)}
    tensors = {name: torch.randn(shape, dtype=torch.float64) * 0.2 for name, shape in shapes.items()}
    tensors["samples"] = torch.randn(SAMPLES, INPUTS, dtype=torch.float64)
    tensors = {name: tensor.to(dtype) for name, tensor in tensors.items()}
    tensors["labels"] = torch.randint(CLASSES, (SAMPLES,))
    return tensors


def train(tensors, objective, schedule, optimizer, disturb=False):
    weights = {name: tensors[name].clone().requires_grad_() for name in ("w1", "b1", "w2", "b2")}
    lr, make = OPTIMIZERS[optimizer]
    steps = make(list(weights.values()), lr)
    rates = SCHEDULES[schedule](steps)
    unit = torch.finfo(tensors["w1"].dtype).eps / 2
    noise = torch.Generator().manual_seed(7)
    for step in range(STEPS):
        begin = step * BATCH % SAMPLES
        x, y = tensors["samples"][begin:begin + BATCH], tensors["labels"][begin:begin + BATCH]
        hidden = torch.tanh(x @ weights["w1"] + weights["b1"])
        OBJECTIVES[objective](hidden @ weights["w2"] + weights["b2"], y).backward()
        steps.step()
        steps.zero_grad()
        rates.step()
        if disturb:
            with torch.no_grad():
                for weight in weights.values():
                    weight.mul_(1 + unit * (2 * torch.rand(weight.shape, generator=noise, dtype=weight.dtype) - 1))
    return {name: weight.detach() for name, weight in weights.items()}


def distance(a, b):
    """Largest difference over the largest of `b`, of any of the weights."""
    return max(((a[name] - b[name]).abs().max() / b[name].abs().max()).item() for name in b)


def compare(trajectory, directory, dtype, objective, schedule, optimizer):
    tensors = problem(dtype)
    given, written = str(directory / "in.safetensors"), str(directory / "out.safetensors")
    safetensors.torch.save_file(tensors, given)
    lr = OPTIMIZERS[optimizer][0]
    subprocess.run([trajectory, given, written, objective, schedule, optimizer, str(lr), str(STEPS)], check=True)
    ours, theirs = safetensors.torch.load_file(written), train(tensors, objective, schedule, optimizer)
    carried = distance(train(tensors, objective, schedule, optimizer, disturb=True), theirs)
    error, bound = distance(ours, theirs), 2 * TERMS * carried
    moved = distance(theirs, {name: tensors[name] for name in theirs})
    # A mistake is of the order of what the weights move.
    passed = error <= bound < 0.05 * moved
    print(f"{'fp64' if dtype == torch.float64 else 'fp32'} {objective:46s} {schedule:28s} {optimizer:56s} "
          f"{error:8.1e} of {bound:8.1e}, moved {moved:7.1e}{'' if passed else '  FAILED'}", flush=True)
    return passed


def time_theirs(kind, steps):
    shapes = [(1024, 784), (1024,), (1024, 1024), (1024,), (1024, 1024), (1024,), (10, 1024), (10,)]
    parameters = [torch.randn(shape, requires_grad=True) for shape in shapes]
    for parameter in parameters:
        parameter.grad = torch.randn(parameter.shape)
    optimizer = kind(parameters, lr=1e-3, fused=True)
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        optimizer.step()
        times.append(1000 * (time.perf_counter() - start))
    return times


def compare_times(trajectory, rounds=9, steps=60, skip=10):
    for name, kind in (("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW)):
        ours, theirs = [], []
        for _ in range(rounds):
            lines = subprocess.run([trajectory, "time", name, str(steps)], check=True, capture_output=True, text=True).stdout
            ours.append(statistics.median(float(line) for line in lines.split()[skip:]))
            theirs.append(statistics.median(time_theirs(kind, steps)[skip:]))
        ratios = sorted(a / b for a, b in zip(ours, theirs))
        print(f"{name}: nclab {statistics.median(ours):.3f} ms, PyTorch {statistics.median(theirs):.3f} ms, "
              f"ratio {statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f}, {rounds} rounds)")


def main():
    trajectory, where = sys.argv[1:]
    if where == "time":
        compare_times(trajectory)
        return
    cases = [(objective, "cosine", "sgd") for objective in OBJECTIVES if "target" not in objective]
    # Its gradients are 15 times 30 times as large.
    cases += [(objective, "cosine", "adam") for objective in OBJECTIVES]
    cases += [("cross_entropy", schedule, optimizer)
              for schedule in SCHEDULES for optimizer in ("sgd(nesterov=true)", "adamw")]
    cases += [("cross_entropy", "cosine", optimizer) for optimizer in OPTIMIZERS]
    passed = [compare(trajectory, pathlib.Path(where), dtype, *case)
              for dtype in (torch.float64, torch.float32) for case in dict.fromkeys(cases)]
    print(f"{sum(passed)} of {len(passed)} within the bound")
    sys.exit(0 if all(passed) else 1)


main()
