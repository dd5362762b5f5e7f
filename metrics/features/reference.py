"""Every metric of a features file in NumPy float64, from the formulae alone.

An independent second implementation: it forms D x D covariances and keeps all
features, as nclab never does. Beside it, what scikit-learn and SciPy compute by
the same conventions. `python3 reference.py MEASURE [TRIALS]` writes random files,
runs the program MEASURE on them, and compares. Needs numpy, safetensors, SciPy and
scikit-learn.
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
import sklearn.cluster
import sklearn.metrics
import sklearn.neighbors
from safetensors.numpy import save_file


def moments(h, y):
    classes = np.unique(y)
    means = np.stack([h[y == c].mean(0) for c in classes])
    index = np.searchsorted(classes, y)
    return classes, index, means, means.mean(0)


def within(h, index, means):
    return np.mean(np.sum((h - means[index]) ** 2, 1))


def between(means):
    return np.mean(np.sum((means - means.mean(0)) ** 2, 1))


def cosines(v):
    u = v / np.linalg.norm(v, axis=1, keepdims=True)
    return (u @ u.T)[np.triu_indices(len(v), 1)]


def nc2(v):
    n = len(v)
    norms = np.linalg.norm(v, axis=1)
    gram = v @ v.T
    etf = (np.eye(n) - np.ones((n, n)) / n) / np.sqrt(n - 1)
    return {
        "equinorm": norms.std() / norms.mean(),
        "cos_std": cosines(v).std(),
        "max_angle": np.mean(np.abs(cosines(v) + 1 / (n - 1))),
        "etf_error": np.linalg.norm(gram / np.linalg.norm(gram) - etf),
    }


def k_means(h, k, starts):
    """Lloyd from the class means and from random rows: the lowest inertia."""
    best = None
    rng = np.random.default_rng(0)
    starts = [starts] + [h[rng.choice(len(h), k, replace=False)]
                         for _ in range(20)]
    for centers in starts:
        centers = centers.copy()
        for _ in range(500):
            d = ((h[:, None, :] - centers[None]) ** 2).sum(2)
            nearest = d.argmin(1)
            new = np.stack([h[nearest == c].mean(0) if (nearest == c).any()
                            else centers[c] for c in range(k)])
            if np.array_equal(new, centers):
                break
            centers = new
        inertia = ((h[:, None, :] - centers[None]) ** 2).sum(2).min(1).mean()
        if best is None or inertia < best[0]:
            best = inertia, centers
    return best[1]


def measure(t):
    h = t["features"].astype(np.float64)
    y = t["labels"].astype(np.int64)
    classes, index, means, center = moments(h, y)
    k, n = len(classes), len(h)
    m = means - center
    z = h - means[index]
    out = {}

    def put(metric, anchor, value, layer="features"):
        out[metric, anchor, layer] = float(value)

    put("within_variance", "own", within(h, index, means))
    put("between_variance", "own", between(means))
    put("variance_ratio", "own", within(h, index, means) / between(means))
    sigma_w, sigma_b = z.T @ z / n, m.T @ m / k
    trace = np.trace(sigma_w @ np.linalg.pinv(sigma_b, rcond=1e-10,
                                              hermitian=True))
    put("nc1_pinv_trace", "own", trace)
    put("nc1_pinv_trace_over_classes", "own", trace / k)
    v = [np.mean(np.sum(z[index == c] ** 2, 1)) for c in range(k)]
    put("cdnv", "own", np.mean([
        (v[a] + v[b]) / (2 * np.sum((means[a] - means[b]) ** 2))
        for a in range(k) for b in range(a)]))
    for name, value in nc2(m).items():
        put(f"nc2_{name}_means", "own", value)
    values, span = np.linalg.svd(m, full_matrices=False)[1:]
    span = span[values > 1e-6 * values[0]][:k - 1]
    put("within_in_span", "own", np.sum((z @ span.T) ** 2) / np.sum(z ** 2))
    directional = []
    for a in range(k):
        for b in range(k):
            if a != b:
                gap = means[a] - means[b]
                along = z[index == a] @ gap / np.linalg.norm(gap)
                directional.append(np.mean(along ** 2) / (gap @ gap))
    put("cdnv_directional", "own", np.mean(directional))
    unit = m / np.linalg.norm(m, axis=1, keepdims=True)
    logs = np.array([-np.log(np.linalg.norm(unit[a] - unit[b]))
                     for a in range(k) for b in range(a)])
    put("gnc2_log_mean", "own", logs.mean())
    put("gnc2_log_var", "own", logs.var())
    s = np.linalg.svd(m, compute_uv=False)
    s = s[s > 1e-6 * s[0]][:k - 1]
    p = s / s.sum()
    put("effective_rank_means", "own", np.exp(-np.sum(p * np.log(p))))
    put("participation_ratio_means", "own", np.sum(s ** 2) ** 2 / np.sum(s ** 4))
    lengths = np.linalg.norm(h, axis=1)
    put("feature_norm_mean", "", lengths.mean())
    put("feature_norm_std", "", lengths.std())
    d = ((h[:, None, :] - means[None]) ** 2).sum(2).argmin(1)
    put("ncc_accuracy", "own", np.mean(d == index))
    if "weight" in t:
        w = t["weight"].astype(np.float64)
        for name, value in nc2(w).items():
            put(f"nc2_{name}_weights", "", value)
        put("nc0_weight_sum", "", np.linalg.norm(w.sum(0))
            / np.linalg.norm(w, axis=1).sum())
        rows = w[classes]
        product = rows @ m.T
        put("nc3_etf_duality", "own", np.linalg.norm(
            product / np.linalg.norm(product)
            - (np.eye(k) - np.ones((k, k)) / k) / np.sqrt(k - 1)))
        cosine = np.sum(rows * m, 1) / (np.linalg.norm(rows, axis=1)
                                        * np.linalg.norm(m, axis=1))
        put("nc3_cosine_mean", "own", cosine.mean())
        put("nc3_cosine_var", "own", cosine.var())
        put("nc3_self_duality", "own", np.sum(
            (rows / np.linalg.norm(rows) - m / np.linalg.norm(m)) ** 2))
    logits = logits_of(t, h)
    if logits is not None:
        top = logits.max(1, keepdims=True)
        log_p = logits - top - np.log(np.exp(logits - top).sum(1,
                                                               keepdims=True))
        put("loss", "", -np.mean(log_p[np.arange(n), y]), "")
        put("accuracy", "", np.mean(logits.argmax(1) == y), "")
        put("nc4_ncc_mismatch", "own",
            np.mean(classes[d] != logits.argmax(1)))
    final = h
    if "final_features" in t:
        final = t["final_features"].astype(np.float64)
        last = moments(final, y)[2]
        put("within_variance", "final", within(h, index, last))
        put("between_variance", "final", between(last))
        put("variance_ratio", "final",
            within(h, index, last) / between(last))
    centers = k_means(final, k, moments(final, y)[2])
    put("weak_variance_ratio", "final",
        ((h[:, None, :] - centers[None]) ** 2).sum(2).min(1).mean()
        / between(centers))
    return out


def scikit_learn(t):
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
    logits = logits_of(t, h)
    if logits is not None:
        p = scipy.special.softmax(logits, 1)
        rows = np.arange(logits.shape[1])
        if p[np.arange(n), y].min() > 1e-12:  # it clips probabilities
            out["loss", ""] = sklearn.metrics.log_loss(y, p, labels=rows)
        decided = logits.argmax(1)
        out["accuracy", ""] = sklearn.metrics.accuracy_score(y, decided)
        out["nc4_ncc_mismatch", "own"] = sklearn.metrics.zero_one_loss(
            nearest, decided)
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
    out["weak_variance_ratio", "final"] = (near ** 2).mean() / between(centers)
    return out


def scipy_values(t):
    """The same of SciPy."""
    h = t["features"].astype(np.float64)
    y = t["labels"].astype(np.int64)
    classes, index, means, center = moments(h, y)
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
    v = np.array([np.mean(np.sum(z[index == c] ** 2, 1)) for c in range(k)])
    a, b = np.triu_indices(k, 1)
    out["cdnv", "own"] = np.mean(
        (v[a] + v[b]) / 2 / scipy.spatial.distance.pdist(means, "sqeuclidean"))
    logits = logits_of(t, h)
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
    out["weak_variance_ratio", "final"] = (near ** 2).mean() / between(centers)
    return out


def logits_of(t, h):
    if "logits" in t:
        return t["logits"].astype(np.float64)
    if "weight" not in t:
        return None
    w = t["weight"].astype(np.float64)
    return h @ w.T + t.get("bias", np.zeros(len(w)))


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
        t["final_features"] = (h + spread * rng.normal(size=(n, d))
                               + rng.normal(size=d)).astype(dtype)
    return t


def main():
    program = sys.argv[1]
    trials = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    worst, compared, failed = {}, 0, 0
    libraries = {"scikit-learn": scikit_learn, "SciPy": scipy_values}
    of_library = {name: {} for name in libraries}
    for seed in range(trials):
        t = trial(np.random.default_rng(seed))
        with tempfile.NamedTemporaryFile(suffix=".safetensors") as f:
            save_file(t, f.name)
            answer = json.loads(subprocess.run(
                [program, "--features=" + f.name, "--json"], check=True,
                capture_output=True, text=True).stdout)
        ours = {(m["metric"], m["anchor"], m["layer"]): m["value"]
                for m in answer["metrics"]}
        expected = measure(t)
        if set(ours) != set(expected):
            print(f"seed {seed}: rows differ: {set(ours) ^ set(expected)}")
            failed += 1
            continue
        for key, value in expected.items():
            compared += 1
            # Near 0 an absolute error: cosines of almost equal vectors.
            error = abs(ours[key] - value) / max(abs(value), 1e-6)
            worst[key[0]] = max(worst.get(key[0], 0), error)
            if error > 1e-6:
                print(f"seed {seed}: {key}: {ours[key]} against {value}")
                failed += 1
        for name, library in libraries.items():
            for (metric, anchor), value in library(t).items():
                layer = "" if metric in ("loss", "accuracy") else "features"
                error = (abs(ours[metric, anchor, layer] - value)
                         / max(abs(value), 1e-6))
                seen = of_library[name].setdefault(metric, [0, 0.0])
                seen[0] += 1
                seen[1] = max(seen[1], error)
                if error > 1e-6:
                    print(f"seed {seed}: {name}: {metric}: "
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
