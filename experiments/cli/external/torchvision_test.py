"""Holds our models, weights, batches and SGD against torchvision itself.

    torchvision_test.py EXTRACT TRAIN DIRECTORY [--lr=LR] [MODEL...]

For each model:
1. torchvision's state dict, with random weights and batch norm statistics, loads
   into ours, and extract's logits agree in eval mode to 1e-5, relative to the
   largest; so does the last Linear of the features.
2. torchvision's initial weights are put into the checkpoint of step 0 of a run of
   //tools:train on CIFAR-10 files that NumPy writes here, and the run goes on
   from there for 20 steps, with everything at its defaults, exact rewrites
   included. The same 20 batches, learning rates and torch.optim.SGD in Python;
   then every parameter agrees to 1e-4. The logits after that, in eval mode, show
   batch norm's statistics; they are printed.
3. The checkpoint of step 20 loads with strict=True.
Prints the errors; fails if one is too large, or if the parameters hardly moved.

What two correct implementations differ by is rounding, so the test first asks how
much that grows: torchvision's own training from weights changed by 1e-7 is
printed beside ("itself"). ResNets are drawn with zero_init_residual, torchvision's
option, and batches are of 64: without, 1e-7 becomes 0.1 in 20 steps of resnet50.
"""

import argparse
import json
import math
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import time
import zlib

import numpy as np
import safetensors.torch
import torch
import torchvision
from torch.nn import functional

STEPS, BATCH, TRAIN, SEED, RATE = 20, 64, 320, 3, 3e-4
MOMENTUM, WEIGHT_DECAY = 0.9, 5e-4
LOGITS, PARAMETERS = 1e-5, 1e-4  # what is allowed
MODELS = ["resnet18", "resnet50", "vgg11_bn", "densenet201"]
# Without dropout, whose draws no two implementations share.
OPTIONS = {"vgg11_bn": ("(dropout=0)", {"dropout": 0.0})}
# Where rounding grows past the bound at the common rate, in torchvision alone too.
RATES = {"densenet201": 1e-4}
# Where rounding does not grow: the last batch norm of a block begins at 0.
START = {name: {"zero_init_residual": True} for name in ("resnet18", "resnet50")}


def run(program, *flags):
    """Standard output of `program`."""
    done = subprocess.run([program, *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{program} {flags} exits {done.returncode}:\n{done.stderr}")
    return done.stdout


def theirs(name, **options):
    options.update(OPTIONS.get(name, ("", {}))[1])
    return getattr(torchvision.models, name)(num_classes=10, **options)


def ours(name):
    return name + OPTIONS.get(name, ("", {}))[0]


def relative(a, b):
    """Largest difference over the largest of `b`."""
    return ((a - b).abs().max() / b.abs().max()).item()


def of_model(tensors):
    """A checkpoint without what only a resume needs."""
    return {key: value for key, value in tensors.items() if not key.startswith("nclab.")}


def compare_logits(name, extract):
    """Errors of extract with torchvision's random weights."""
    model = theirs(name).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.1)
    images = torch.randn(16, 3, 32, 32)
    state = {key: value.contiguous() for key, value in model.state_dict().items()}
    safetensors.torch.save_file(state, "weights.safetensors")
    safetensors.torch.save_file({"images": images}, "images.safetensors")
    run(extract, f"--model={ours(name)}", "--weights=weights.safetensors",
        "--input=images.safetensors", "--output=out.safetensors")
    out = safetensors.torch.load_file("out.safetensors")
    last = [m for m in model.modules() if isinstance(m, torch.nn.Linear)][-1]
    with torch.no_grad():
        logits = model(images)
        return relative(out["logits"], logits), relative(last(out["features"]), logits)


def write_cifar10(directory):
    """Random pictures in the official layout; normalised samples and labels."""
    random = np.random.default_rng(0)
    os.makedirs(directory, exist_ok=True)
    records = random.integers(0, 256, (TRAIN, 3073), np.uint8)
    records[:, 0] = np.arange(TRAIN) % 10
    for i, part in enumerate(np.split(records, 5)):
        part.tofile(f"{directory}/data_batch_{i + 1}.bin")
    records[:BATCH].tofile(f"{directory}/test_batch.bin")
    pixels = records[:, 1:].reshape(-1, 3, 32, 32).astype(np.float64) / 255
    mean, std = pixels.mean((0, 2, 3), keepdims=True), pixels.std((0, 2, 3), keepdims=True)
    # In the order of datasets/view.cc: rounding is all that chaos needs.
    x = torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32)).div_(255)
    for c in range(3):
        x[:, c].sub_(mean[0, c].item()).div_(std[0, c].item())
    return x, torch.from_numpy(records[:, 0].astype(np.int64))


def order_of_epoch(epoch):
    """The permutation of experiments/recipes/batches.cc."""
    mask = 2**64 - 1
    z = (SEED * 0x9E3779B97F4A7C15 + epoch + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return torch.randperm(TRAIN, generator=torch.Generator().manual_seed(z ^ (z >> 31)))


def replace_tensors(path, state):
    """Writes `state` over the tensors of these names in a sealed checkpoint."""
    data = bytearray(path.read_bytes())
    begin = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:begin])
    for key, value in state.items():
        if header[key]["dtype"] != "F32":
            continue  # num_batches_tracked: 0
        assert header[key]["shape"] == list(value.shape), key
        first, last = header[key]["data_offsets"]
        data[begin + first : begin + last] = value.contiguous().numpy().tobytes()
    field = data.index(b'"nclab.crc32":"') + len(b'"nclab.crc32":"')
    data[field : field + 8] = b"00000000"
    data[field : field + 8] = b"%08x" % zlib.crc32(data)
    path.write_bytes(data)


def train_from(state, program, flags, out):
    """A run of `program` from the weights `state`."""
    first = out / "checkpoints" / "step-0.safetensors"
    stopped = subprocess.Popen([program, *flags], stderr=subprocess.DEVNULL)
    while not first.exists() and stopped.poll() is None:
        time.sleep(0.02)
    stopped.send_signal(signal.SIGTERM)
    stopped.wait()
    for later in [*out.glob("checkpoints/step-*"), out / "DONE"]:
        if later != first:
            later.unlink(missing_ok=True)
    replace_tensors(first, state)
    run(program, *flags)
    log = (out / "log.txt").read_text()
    assert not (out / "damaged").exists(), log


def train_theirs(model, x, y, lr):
    model.train()
    sgd = torch.optim.SGD(model.parameters(), lr=lr, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)
    for step in range(STEPS):
        for group in sgd.param_groups:
            group["lr"] = lr * 0.5 * (1 + math.cos(math.pi * step / STEPS))
        begin = step % (TRAIN // BATCH) * BATCH
        index = order_of_epoch(step // (TRAIN // BATCH))[begin : begin + BATCH]
        loss = functional.cross_entropy(model(x[index]), y[index])
        sgd.zero_grad()
        loss.backward()
        sgd.step()
    return {key: value.detach() for key, value in model.named_parameters()}


def apart(a, b):
    return max((a[key] - value).abs().max().item() for key, value in b.items())


def compare_training(name, extract, train, data, x, y, lr):
    """After 20 steps: errors of parameters, torchvision's own from weights changed
    by 1e-7, how far they moved, errors of logits."""
    out = pathlib.Path(f"run-{name}").absolute()
    model = theirs(name, **START.get(name, {}))
    start = {key: value.clone() for key, value in model.state_dict().items()}
    train_from(start, train, [
        f"--model={ours(name)}", "--dataset=cifar10", f"--data_dir={data}", f"--steps={STEPS}",
        f"--batch_size={BATCH}", f"--lr={lr}",
        f"--optimizer=sgd(momentum={MOMENTUM},weight_decay={WEIGHT_DECAY})", f"--seed={SEED}", "--save_steps=0", "--eval_points=2",
        "--metrics=loss", "--threads=1", f"--out={out}"], out)
    end = of_model(safetensors.torch.load_file(out / f"checkpoints/step-{STEPS}.safetensors"))
    trained = train_theirs(model, x, y, lr)
    moved = apart(start, trained)
    disturbed = theirs(name)
    disturbed.load_state_dict(start)
    with torch.no_grad():
        for value in disturbed.parameters():
            value.mul_(1 + 1e-7 * torch.randn_like(value))
    itself = apart(train_theirs(disturbed, x, y, lr), trained)
    # The statistics of batch norm show in eval mode.
    safetensors.torch.save_file({"images": x[:BATCH].contiguous()}, "images.safetensors")
    run(extract, f"--model={ours(name)}", f"--weights={out}/checkpoints/step-{STEPS}.safetensors",
        "--input=images.safetensors", "--output=out.safetensors")
    with torch.no_grad():
        logits = model.eval()(x[:BATCH])
    after = relative(safetensors.torch.load_file("out.safetensors")["logits"], logits)
    theirs(name).load_state_dict(end, strict=True)
    shutil.rmtree(out)
    return apart(end, trained), itself, moved, after


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("extract")
    parser.add_argument("train")
    parser.add_argument("directory")
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--lr", type=float)
    args = parser.parse_args()
    os.environ["BUILD_WORKING_DIRECTORY"] = args.directory
    os.chdir(args.directory)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    data = f"{args.directory}/data"
    x, y = write_cifar10(f"{data}/cifar10")
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}", flush=True)
    failed = False
    for name in args.models:
        logits, features = compare_logits(name, args.extract)
        rate = args.lr or RATES.get(name, RATE)
        error, itself, moved, after = compare_training(name, args.extract, args.train, data, x, y, rate)
        print(f"{name}: logits {logits:.1e}, last Linear of features {features:.1e} (relative, "
              f"{LOGITS:.0e} allowed); after {STEPS} steps at {rate} parameters {error:.1e} ({PARAMETERS:.0e} "
              f"allowed; itself {itself:.1e}; they moved by up to {moved:.1e}), logits {after:.1e} relative", flush=True)
        failed |= not (logits < LOGITS and features < LOGITS and error < PARAMETERS)
        failed |= not moved > 5 * PARAMETERS
    sys.exit(failed)


if __name__ == "__main__":
    main()
