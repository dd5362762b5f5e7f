"""PyTorch's side of side_by_side: the same training step, tuned or as usual.

    python3 pytorch_side.py --work=resnet18 [--loader] [--threads=2]
        [--precision=fp32|tf32|bf16] [--compile=auto|off] [--device=cpu]

Reads numbers of steps from standard input, a line each; answers each with the
milliseconds that a step took. The first line that it writes says what was
chosen.

Tuned: data resident, one gather a batch, fused SGD, gradients set to none,
denormals flushed, no synchronisation, on CUDA the kernels that cuDNN's own
timing finds fastest; of plain and channels-last, compiled or not, and on CUDA
recorded as a graph by hand, by torch.compile or not at all, whatever a short
timing finds fastest. --precision sets TF32 of products and of convolutions, as
nclab's does: without it LibTorch takes TF32 for convolutions alone. --loader is the usual script, as PyTorch's tutorials and examples have
it: a dataset of pictures with ToTensor and Normalize, DataLoader with its
defaults, model, optimiser, the loss read every step.
"""

import argparse
import itertools
import signal
import sys
import time

import torch
from torch import nn
from torch.nn import functional

BATCH, SAMPLES = 128, 1280


def make_model(work):
    if work == "mlp":
        return nn.Sequential(
            nn.Flatten(), nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024),
            nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10))
    import torchvision

    return getattr(torchvision.models, work)(num_classes=10)


def make_data(work):
    shape = (1, 28, 28) if work == "mlp" else (3, 32, 32)
    return torch.randn(SAMPLES, *shape), torch.randint(10, (SAMPLES,))


def autocast(args):
    return torch.autocast(
        args.device.partition(":")[0], torch.bfloat16,
        enabled=args.precision == "bf16")


class Tuned:
    """The step as somebody writes it who has read the tuning guide."""

    def __init__(self, args, channels_last, compiled, recorded):
        torch.manual_seed(0)
        self.args = args
        self.x, self.y = (t.to(args.device) for t in make_data(args.work))
        self.model = make_model(args.work).to(args.device)
        if channels_last:
            self.model = self.model.to(memory_format=torch.channels_last)
            self.x = self.x.contiguous(memory_format=torch.channels_last)
        self.sgd = torch.optim.SGD(
            self.model.parameters(), lr=0.01, momentum=0.9, fused=True)
        self.forward = (
            torch.compile(self.model, mode=compiled) if compiled else self.model)
        self.order = self._order()
        self.graph = self._record() if recorded else None

    def _order(self):
        while True:
            order = torch.randperm(SAMPLES, device=self.args.device)
            yield from order.split(BATCH)

    def _record(self):
        """The step as a CUDA graph, after three as they are in a side stream."""
        self.index = next(self.order).clone()
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self._compute(self.index)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._compute(self.index)
        return graph

    def step(self):
        index = next(self.order)
        if self.graph is None:
            self._compute(index)
        else:
            self.index.copy_(index)
            self.graph.replay()

    def _compute(self, index):
        x, y = self.x.index_select(0, index), self.y.index_select(0, index)
        with autocast(self.args):
            logits = self.forward(x)
        loss = functional.cross_entropy(logits.float(), y)
        self.sgd.zero_grad(set_to_none=True)
        loss.backward()
        self.sgd.step()


class Pictures(torch.utils.data.Dataset):
    """As torchvision's MNIST and CIFAR10 are: uint8 in memory, made a picture
    and transformed one at a time."""

    def __init__(self, work):
        from torchvision import transforms

        x, y = make_data(work)
        self.x = (x * 64 + 128).clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
        self.y = y.tolist()
        channels = x.size(1)
        self.transform = transforms.Compose([
            transforms.ToTensor(),
            transforms.Normalize([0.5] * channels, [0.25] * channels)])

    def __len__(self):
        return SAMPLES

    def __getitem__(self, i):
        from PIL import Image

        pixels = self.x[i]
        image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
        return self.transform(image), self.y[i]


class Loader:
    """The step of the usual script."""

    def __init__(self, args):
        torch.manual_seed(0)
        self.args = args
        self.model = make_model(args.work).to(args.device)
        self.sgd = torch.optim.SGD(self.model.parameters(), lr=0.01, momentum=0.9)
        self.loss = nn.CrossEntropyLoss()
        loader = torch.utils.data.DataLoader(
            Pictures(args.work), batch_size=BATCH, shuffle=True)
        self.batches = itertools.chain.from_iterable(itertools.repeat(loader))
        self.sum = 0.0

    def step(self):
        x, y = (t.to(self.args.device) for t in next(self.batches))
        self.sgd.zero_grad()
        with autocast(self.args):
            loss = self.loss(self.model(x), y)
        loss.backward()
        self.sgd.step()
        self.sum += loss.item()


def wait(device):
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def milliseconds(side, steps):
    wait(side.args.device)
    start = time.perf_counter()
    for _ in range(steps):
        side.step()
    wait(side.args.device)
    return (time.perf_counter() - start) / steps * 1e3


class TooLong(Exception):
    pass


def out_of_time(*_):
    raise TooLong()


def tune(args):
    """Builds what is fastest here, and says what it is."""
    layouts = [False] if args.work == "mlp" else [False, True]
    cuda = args.device.startswith("cuda")
    compiled = [None]
    if args.compile == "auto":
        # "reduce-overhead" records CUDA graphs of its own.
        compiled += ["default"] + (["reduce-overhead"] if cuda else [])
    recorded = [False, True] if cuda else [False]
    tries = 20 if cuda else 2
    best, told = None, []
    signal.signal(signal.SIGALRM, out_of_time)
    for c, last, graph in itertools.product(compiled, layouts, recorded):
        if graph and c == "reduce-overhead":
            continue  # a graph within a graph
        name = ((f"compiled ({c}) " if c else "") + ("recorded " if graph else "")
                + ("channels-last" if last else "plain"))
        try:
            signal.alarm(args.compile_seconds if c else 0)
            side = Tuned(args, last, c, graph)
            milliseconds(side, tries)
            signal.alarm(0)
            ms = min(milliseconds(side, tries) for _ in range(3))
            told.append(f"{name} {ms:.2f} ms")
            if best is None or ms < best[0]:
                best = ms, name, side
        except TooLong:
            told.append(f"{name}: not compiled after {args.compile_seconds} s")
        except Exception as error:  # a compiler that does not work here
            told.append(f"{name}: {type(error).__name__}")
        signal.alarm(0)
    print(f"{best[1]} ({', '.join(told)})", flush=True)
    return best[2]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", default="mlp")
    parser.add_argument("--loader", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--precision", default="fp32", choices=["fp32", "tf32", "bf16"])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--compile", default="auto")
    parser.add_argument("--compile_seconds", type=int, default=120)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.device.startswith("cuda:"):
        torch.cuda.set_device(args.device)
    torch.set_flush_denormal(not args.loader)
    torch.backends.cuda.matmul.allow_tf32 = args.precision == "tf32"
    torch.backends.cudnn.allow_tf32 = args.precision == "tf32"
    torch.backends.cudnn.benchmark = True
    if args.loader:
        side = Loader(args)
        print("DataLoader", flush=True)
    else:
        side = tune(args)
    for line in sys.stdin:
        milliseconds(side, 2)
        print(f"{milliseconds(side, int(line)):.4f}", flush=True)


if __name__ == "__main__":
    main()
