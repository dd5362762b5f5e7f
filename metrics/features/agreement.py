"""Compares the program measure with NumPy (reference.py), scikit-learn and SciPy.

`python3 agreement.py MEASURE [TRIALS]` writes random files, half of them a
training and a test split, runs the program MEASURE on them, and compares what it
says with reference.py, and with what scikit-learn and SciPy compute by the same
conventions. Needs numpy, safetensors, SciPy and scikit-learn.
"""

import json
import subprocess
import sys
import tempfile

import numpy as np
import scipy.cluster.vq
import scipy.linalg
import scipy.spatial.distance
import scipy.special
import scipy.stats
import sklearn.cluster
import sklearn.linear_model
import sklearn.metrics
import sklearn.neighbors
from safetensors.numpy import save_file

import reference


def scikit_learn(t, train):
    """What it has of the metrics; conventions differ where a comment says so."""
    h = t["features"].astype(np.float64)
    y = t["labels"].astype(np.int64)
    classes, counts = np.unique(y, return_counts=True)
    k, n = len(classes), len(h)
    out = {}
    # A float's decision is exact: nearest centroids by Euclidean distance.
    nearest = sklearn.neighbors.NearestCentroid().fit(h, y).predict(h)
    out["ncc_accuracy", "own"] = sklearn.metrics.accuracy_score(y, nearest)
    if len(set(counts)) == 1:
        # B / (K-1) by W / (n-K), sums over samples around the mean of samples:
        # on balanced data the variance ratio.
        score = sklearn.metrics.calinski_harabasz_score(h, y)
        out["variance_ratio", "own"] = (n - k) / (k - 1) / score
    logits = reference.logits_of(t, h)
    if logits is not None:
        p = scipy.special.softmax(logits, 1)
        rows = np.arange(logits.shape[1])
        if p[np.arange(n), y].min() > 1e-12:  # it clips probabilities
            out["loss", ""] = sklearn.metrics.log_loss(y, p, labels=rows)
        decided = logits.argmax(1)
        out["accuracy", ""] = sklearn.metrics.accuracy_score(y, decided)
        out["nc4_ncc_mismatch", "own"] = sklearn.metrics.zero_one_loss(
            nearest, decided)
    x = train["features"].astype(np.float64)
    trace = np.trace(np.cov(x.T, bias=True))
    model = sklearn.linear_model.RidgeClassifier(
        alpha=0.01 * len(x) * trace / x.shape[1]).fit(x, reference.fine(train))
    if len(set(reference.fine(train))) > 2:  # of two it has one score, and 0 as the bound
        out["ridge_accuracy", ""] = model.score(h, reference.fine(t))
    near = sklearn.neighbors.NearestNeighbors(
        algorithm="brute" if len(x) < 6 else "kd_tree")
    near.fit(x)
    rows = near.kneighbors(None if t is train else h, min(
        5, len(x) - (t is train)), return_distance=False)
    out["knn_accuracy", ""] = np.mean(
        [reference.vote(reference.fine(train)[row]) for row in rows] == reference.fine(t))
    # Lloyd from the class means, the best of our starts in these files.
    final = t.get("final_features", t["features"]).astype(np.float64)
    shift = final.mean(0)  # its distances are |x|^2 - 2xy + |y|^2
    final, moved = final - shift, h - shift
    means = np.stack([final[y == c].mean(0) for c in classes])
    fit = sklearn.cluster.KMeans(k, init=means, n_init=1, tol=0,
                                 max_iter=1000).fit(final)
    labels = fit.labels_
    centers = np.stack([final[labels == c].mean(0) for c in range(k)])
    near = scipy.spatial.distance.cdist(moved, centers).min(1)
    out["weak_variance_ratio", "final"] = (near ** 2).mean() / reference.between(centers)
    return out


def scipy_values(t, train):
    """The same of SciPy."""
    h = t["features"].astype(np.float64)
    y = t["labels"].astype(np.int64)
    classes, index, means, center = reference.moments(h, y)
    k = len(classes)
    m = means - center
    out = {}
    for v, of, anchor in [(m, "means", "own")] + (
            [(t["weight"].astype(np.float64), "weights", "")]
            if "weight" in t else []):
        cosine = 1 - scipy.spatial.distance.pdist(v, "cosine")
        out[f"nc2_cos_std_{of}", anchor] = cosine.std()
        out[f"nc2_max_angle_{of}", anchor] = np.abs(
            cosine + 1 / (len(v) - 1)).mean()
    z = h - means[index]
    sigma_b = m.T @ m / k
    values, vectors = scipy.linalg.eigh(sigma_b)
    keep = values > 1e-10 * values[-1]
    along = z @ vectors[:, keep]
    out["nc1_pinv_trace", "own"] = ((along ** 2).mean(0) / values[keep]).sum()
    for of, anchor, rows in ("features", "", h - h.mean(0)), ("within", "own", z):
        singular = scipy.linalg.svdvals(rows)
        out[f"effective_rank_{of}", anchor] = np.exp(scipy.stats.entropy(
            singular[singular > 1e-6 * singular[0]]))
    v = np.array([np.mean(np.sum(z[index == c] ** 2, 1)) for c in range(k)])
    a, b = np.triu_indices(k, 1)
    out["cdnv", "own"] = np.mean(
        (v[a] + v[b]) / 2 / scipy.spatial.distance.pdist(means, "sqeuclidean"))
    logits = reference.logits_of(t, h)
    if logits is not None:
        log_p = scipy.special.log_softmax(logits, 1)
        out["loss", ""] = -log_p[np.arange(len(y)), y].mean()
    # Lloyd of SciPy, whose distances are its own.
    final = t.get("final_features", t["features"]).astype(np.float64)
    start = np.stack([final[y == c].mean(0) for c in classes])
    shift = final.mean(0)  # kmeans2 squares coordinates
    centers, _ = scipy.cluster.vq.kmeans2(final - shift, start - shift,
                                          iter=300, minit="matrix")
    _, near = scipy.cluster.vq.vq(h - shift, centers)
    out["weak_variance_ratio", "final"] = (near ** 2).mean() / reference.between(centers)
    return out


def trial(rng):
    k = int(rng.integers(2, 8))
    d = int(rng.integers(2, 40))
    n = int(rng.integers(4 * k, 300))
    rows = k + int(rng.integers(0, 3))
    if rng.integers(2):  # balanced
        n = n // k * k
        y = np.arange(n) % k
    else:
        y = np.concatenate([np.arange(k), rng.integers(0, k, n - k)])
    y = rng.permutation(rows)[y]  # absent classes where rows > k
    spread = 10 ** rng.uniform(-3, -0.5)
    offset = 10 ** rng.uniform(-2, 3)
    centers = rng.normal(size=(rows, d)) * 3
    h = centers[y] + spread * rng.normal(size=(n, d)) + offset
    dtype = [np.float64, np.float32][int(rng.integers(2))]
    t = {"features": h.astype(dtype), "labels": y.astype(
        [np.int64, np.int32, np.uint8][int(rng.integers(3))])}
    if rng.integers(2):
        t["weight"] = (centers + rng.normal(size=(rows, d))).astype(dtype)
        if rng.integers(2):
            t["bias"] = rng.normal(size=rows).astype(dtype)
    if rng.integers(2):
        t["logits"] = rng.normal(size=(n, rows)).astype(dtype)
    if rng.integers(2):
        t["fine_labels"] = 5 * y + rng.integers(0, 2, n)
    if rng.integers(2):
        t["final_features"] = (h + spread * rng.normal(size=(n, d))
                               + rng.normal(size=d)).astype(dtype)
    if rng.integers(2):
        return t, None
    # A test split: nearby, and without what it takes of the other file.
    m = int(rng.integers(2 * k, 200))
    y = np.concatenate([np.unique(y), rng.choice(np.unique(y), m - k)])
    h = (centers + spread * rng.normal(size=centers.shape))[y]
    h = h + 2 * spread * rng.normal(size=(m, d)) + offset
    test = {"features": h.astype(dtype), "labels": y}
    if "fine_labels" in t:
        test["fine_labels"] = 5 * y + rng.integers(0, 2, m)
    if "logits" in t:
        test["logits"] = rng.normal(size=(m, rows)).astype(dtype)
    return t, test


def run(program, t, test):
    """Values of measure by split, metric, anchor and layer."""
    with tempfile.TemporaryDirectory() as folder:
        save_file(t, folder + "/train.safetensors")
        flags = [program, f"--features={folder}/train.safetensors", "--json"]
        if test:
            save_file(test, folder + "/test.safetensors")
            flags.append(f"--test={folder}/test.safetensors")
        answer = json.loads(subprocess.run(flags, check=True, text=True,
                                           capture_output=True).stdout)
    return {(m.get("split", "train"), m["metric"], m["anchor"], m["layer"]):
            m["value"] for m in answer["metrics"]}


def main():
    program = sys.argv[1]
    trials = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    worst, compared, failed = {}, 0, 0
    libraries = {"scikit-learn": scikit_learn, "SciPy": scipy_values}
    of_library = {name: {} for name in libraries}
    for seed in range(trials):
        t, test = trial(np.random.default_rng(seed))
        all_rows = run(program, t, test)
        splits = [("train", t)]
        if test:
            for name in "weight", "bias":
                if name in t:
                    test[name] = t[name]
            splits.append(("test", test))
        for split, s in splits:
            ours = {key[1:]: value for key, value in all_rows.items()
                    if key[0] == split}
            expected = reference.measure(s, t if split == "test" else None)
            if set(ours) != set(expected):
                print(f"seed {seed}: rows of {split} differ: "
                      f"{set(ours) ^ set(expected)}")
                failed += 1
                continue
            for key, value in expected.items():
                compared += 1
                # Near 0 an absolute error: cosines of almost equal vectors.
                error = abs(ours[key] - value) / max(abs(value), 1e-6)
                worst[key[0]] = max(worst.get(key[0], 0), error)
                if error > 1e-6:
                    print(f"seed {seed}, {split}: {key}: {ours[key]} against "
                          f"{value}")
                    failed += 1
            for name, library in libraries.items():
                for (metric, anchor), value in library(s, t).items():
                    layer = "" if metric in ("loss", "accuracy") else "features"
                    error = (abs(ours[metric, anchor, layer] - value)
                             / max(abs(value), 1e-6))
                    seen = of_library[name].setdefault(metric, [0, 0.0])
                    seen[0] += 1
                    seen[1] = max(seen[1], error)
                    if error > 1e-6:
                        print(f"seed {seed}, {split}: {name}: {metric}: "
                              f"{ours[metric, anchor, layer]} against {value}")
                        failed += 1
    for name, metrics in of_library.items():
        for metric, (values, error) in sorted(metrics.items()):
            print(f"{name:12} {metric:22} {values:4} values {error:.1e}")
    for metric, error in sorted(worst.items()):
        print(f"{metric:30} {error:.1e}")
    print(f"{compared} values compared in {trials} files, {failed} failures")
    sys.exit(failed > 0 or compared == 0)


if __name__ == "__main__":
    main()
