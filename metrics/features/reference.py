"""Every metric of a features file in NumPy float64, from the formulae alone.

An independent second implementation: it forms D x D covariances and keeps all
features, as nclab never does. agreement.py compares it with measure.
"""

import numpy as np


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


def ranks(eigenvalues):
    """Effective rank and participation ratio."""
    l = np.where(eigenvalues > 1e-12 * eigenvalues.max(), eigenvalues, 0)
    p = np.sqrt(l[l > 0])
    p /= p.sum()
    return np.exp(-np.sum(p * np.log(p))), l.sum() ** 2 / np.sum(l ** 2)


def covariance(x):
    return x.T @ x / len(x)


def fine(t):
    return t.get("fine_labels", t["labels"]).astype(np.int64)


def neighbours(t, train):
    """Share of samples that have the label of most of their 5 neighbours."""
    h, x = (s["features"].astype(np.float64) for s in (t, train))
    labels = fine(train)
    d = ((h[:, None, :] - x[None]) ** 2).sum(2)
    if t is train:
        np.fill_diagonal(d, np.inf)
    order = np.argsort(d, 1)[:, :min(5, len(x) - (t is train))]
    return np.mean([vote(labels[row]) for row in order] == fine(t))


def vote(labels):
    """The most frequent; of equally frequent ones the first."""
    return max(labels, key=lambda c: (np.sum(labels == c),
                                      -np.argmax(labels == c)))


def ridge(t, train):
    """Share of samples that a ridge regression of the labels gets right."""
    x = train["features"].astype(np.float64)
    classes, index = np.unique(fine(train), return_inverse=True)
    y = np.eye(len(classes))[index]
    mean, share = x.mean(0), y.mean(0)
    s = covariance(x - mean)
    d = len(s)
    v = np.linalg.solve(s + 0.01 * np.trace(s) / d * np.eye(d),
                        (x - mean).T @ (y - share) / len(x))
    scores = (t["features"].astype(np.float64) - mean) @ v + share
    return np.mean(classes[scores.argmax(1)] == fine(t))


def vci(m, z):
    """As what a least-squares fit of the classes leaves over.

    x^T (I - C^T Sigma_T^+ C) x, Sigma_B = C C^T, is the least of |C^T a - x|^2
    + |z a|^2 / N over a; 1 - Tr(...) would leave no digit of a small one.
    """
    u, s, v = np.linalg.svd(m, full_matrices=False)
    rank = np.sum(s[:len(m) - 1] > 1e-6 * s[0])
    root = v[:rank].T * s[:rank] / np.sqrt(len(m))
    rows = np.concatenate([root.T, z / np.sqrt(len(z))])
    target = np.concatenate([np.eye(rank), np.zeros((len(z), rank))])
    fit = np.linalg.lstsq(rows, target, rcond=1e-9)[0]
    return np.sum((rows @ fit - target) ** 2) / rank


def measure(t, train=None):
    """`train`: the training split, if `t` is the test split."""
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
    for of, anchor, values in [
            ("features", "", np.linalg.eigvalsh(covariance(h - h.mean(0)))),
            ("within", "own", np.linalg.eigvalsh(sigma_w))]:
        effective, participation = ranks(values)
        put(f"effective_rank_{of}", anchor, effective)
        put(f"participation_ratio_{of}", anchor, participation)
    put("vci", "own", vci(m, z))
    put("knn_accuracy", "", neighbours(t, train or t))
    put("ridge_accuracy", "", ridge(t, train or t))
    lengths = np.linalg.norm(h, axis=1)
    put("feature_norm_mean", "", lengths.mean())
    put("feature_norm_std", "", lengths.std())
    d = ((h[:, None, :] - means[None]) ** 2).sum(2).argmin(1)
    put("ncc_accuracy", "own", np.mean(d == index))
    if train:
        theirs, _, nu, _ = moments(train["features"].astype(np.float64),
                                   train["labels"].astype(np.int64))
        nearest = theirs[((h[:, None, :] - nu[None]) ** 2).sum(2).argmin(1)]
        put("ncc_accuracy_train_means", "own", np.mean(nearest == y))
        both = [(i, list(theirs).index(c)) for i, c in enumerate(classes)
                if c in theirs]
        u = [np.mean(np.sum((h[index == i] - nu[j]) ** 2, 1)) for i, j in both]
        put("cdnv_train_means", "own", np.mean([
            (u[a] + u[b]) / 2 / np.sum((nu[both[a][1]] - nu[both[b][1]]) ** 2)
            for a in range(len(both)) for b in range(a)]))
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
        if train:
            put("nc4_ncc_mismatch_train_means", "own",
                np.mean(nearest != logits.argmax(1)))
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


def logits_of(t, h):
    if "logits" in t:
        return t["logits"].astype(np.float64)
    if "weight" not in t:
        return None
    w = t["weight"].astype(np.float64)
    return h @ w.T + t.get("bias", np.zeros(len(w)))
