"""How much the children of a node count.

Formulas of the Handbook (OECD and JRC 2008, step 6) and the papers named below. Weights add up to
one. Those that look at figures take the children's scores, of shape (units, children), and the
children's names, which errors need.
"""

from itertools import combinations

import numpy as np
from scipy.optimize import least_squares
from statsmodels.multivariate.factor_rotation import rotate_factors

from dongbei.resilience.composite.design import Judgements

RANDOM_INDEX = (0.0, 0.0, 0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49)
"""Mean consistency index of random judgements, for 1 to 10 things (Saaty and Vargas 2012, 9)."""


def equal_weights(scores: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Give each child the same weight."""
    return np.full(len(names), 1 / len(names))


def entropy_weights(scores: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Weigh a child by how unevenly its scores are spread: 1 - entropy of the shares / log n.

    Raises
    ------
    ValueError
        If a score is negative, or all scores of every child are equal.
    """
    values = complete(scores, names)
    if (values < 0).any():
        name = names[(values < 0).any(axis=0).argmax()]
        raise ValueError(
            f"entropy weights need scores that are not negative, and {name!r} has "
            f"{values.min():g}; normalise by minmax"
        )
    shares = values / values.sum(axis=0)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    spread = 1 + (shares * logs).sum(axis=0) / np.log(len(values))
    return shares_of(spread, "all children are spread evenly")


def critic_weights(scores: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Weigh a child by its spread and by how little it goes with the others.

    Standard deviation of the scores on 0 to 1, times the sum over the children of one less the
    correlation (Diakoulaki, Mavrotas and Papayannakis 1995, equations 4 to 6).
    """
    values = complete(scores, names)
    part = (values - values.min(axis=0)) / np.ptp(values, axis=0)
    apart = 1 - correlations(part)
    apart[apart < 1e-12] = 0.0  # rounding is no contrast
    contrast = part.std(axis=0, ddof=1) * apart.sum(axis=0)
    return shares_of(contrast, "all children are one and the same")


def correlations(values: np.ndarray) -> np.ndarray:
    """Return correlations as a matrix, also of one column."""
    return np.atleast_2d(np.corrcoef(values, rowvar=False))


def pca_weights(scores: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Weigh by squared loadings of rotated principal components.

    Components with an eigenvalue of at least 1 are rotated (varimax). Each child counts with its
    largest squared loading, as a part of what its component explains, times the part that this
    component has in what all explain (Nicoletti, Scarpetta and Boylaud 2000; Handbook, 89-90).
    """
    values = complete(scores, names)
    sizes, vectors = np.linalg.eigh(correlations(values))
    held = np.maximum(sizes >= 1 - 1e-9, sizes == sizes[-1])
    return loading_weights(rotated(vectors[:, held] * np.sqrt(sizes[held])))


def rotated(loadings: np.ndarray) -> np.ndarray:
    """Turn components by varimax, children counting alike (Kaiser 1958)."""
    if loadings.shape[1] == 1:
        return loadings
    length = np.sqrt((loadings**2).sum(axis=1, keepdims=True))
    length[length == 0] = 1.0
    return rotate_factors(loadings / length, "varimax")[0] * length


def loading_weights(loadings: np.ndarray) -> np.ndarray:
    """Weigh each child by its largest part of what a component explains, times its share."""
    squared = loadings**2
    explained = squared.sum(axis=0)
    intermediate = squared / explained
    component = intermediate.argmax(axis=1)
    own = intermediate[np.arange(len(component)), component]
    return shares_of(own * explained[component] / explained.sum(), "no variance")


def judged_weights(judgements: Judgements, names: tuple[str, ...]) -> np.ndarray:
    """Weigh by pairwise judgements: the principal eigenvector of their matrix (Saaty 1980).

    Judgements about others than those named, such as a child without data, are left out.

    Raises
    ------
    ValueError
        If a pair is judged twice in ways that differ, not at all, or the judgements contradict one
        another by more than the consistency ratio allows.
    """
    size = len(names)
    matrix = np.eye(size)
    place = {name: i for i, name in enumerate(names)}
    judged = {}
    for one, row in judgements.ahp.items():
        for other, ratio in row.items():
            if one in place and other in place:
                judged[place[one], place[other]] = ratio
    for (i, j), ratio in judged.items():
        if not np.isclose(judged.get((j, i), 1 / ratio) * ratio, 1):
            raise ValueError(f"{names[i]} and {names[j]} are judged twice, and differently")
        matrix[i, j], matrix[j, i] = ratio, 1 / ratio
    for i, j in combinations(range(size), 2):
        if not {(i, j), (j, i)} & set(judged):
            raise ValueError(f"nobody judged {names[i]} against {names[j]}; add the pair")
    sizes, vectors = np.linalg.eig(matrix)
    first = sizes.real.argmax()
    ratio = consistency_ratio(sizes.real[first], size)
    if ratio > judgements.largest_ratio:
        raise ValueError(
            f"the judgements contradict one another (consistency ratio {ratio:.2f}, limit "
            f"{judgements.largest_ratio:g}); judge again or raise largest_ratio"
        )
    return shares_of(np.abs(vectors[:, first].real), "all are 0")


def consistency_ratio(eigenvalue: float, size: int) -> float:
    """Return (lambda - n) / (n - 1), over what random judgements give; 0 for one or two things."""
    if size <= 2:
        return 0.0
    if size > len(RANDOM_INDEX):
        raise ValueError(f"judgements of {size} things; {len(RANDOM_INDEX)} at most, so use a node")
    return (eigenvalue - size) / (size - 1) / RANDOM_INDEX[size - 1]


def optimised_weights(scores: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Choose weights with which every child is equally correlated with their weighted mean.

    The sum of squared differences of the correlations is least (Becker et al. 2017, section 4.2)
    among weights that are not negative, found from equal weights by least squares with bounds.

    Raises
    ------
    ValueError
        If the search does not end.
    """
    values = complete(scores, names)
    count = values.shape[1]
    together = np.corrcoef(values, rowvar=False).reshape(count, count)

    def correlations(parts):
        return together @ parts / np.sqrt(parts @ together @ parts)

    def residuals(parts):
        found = correlations(parts)
        return np.append(found - found.mean(), parts.sum() - 1)

    def slopes(parts):
        found, size = correlations(parts), parts @ together @ parts
        change = together / np.sqrt(size) - np.outer(found, together @ parts) / size
        return np.vstack([change - change.mean(axis=0), np.ones(count)])

    equal, exact = np.full(count, 1 / count), {"ftol": 1e-15, "xtol": 1e-15, "gtol": 1e-13}
    found = least_squares(residuals, equal, slopes, bounds=(0, np.inf), max_nfev=10_000, **exact)
    if not found.success:
        raise ValueError(f"no weights of equal importance found: {found.message}")
    return shares_of(found.x / values.std(axis=0), "all are 0")


def complete(scores: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    """Return the rows without gaps, and refuse if there are too few or a child does not vary."""
    values = scores[~np.isnan(scores).any(axis=1)]
    if len(values) < 3:
        raise ValueError(
            f"weights from the figures need three units with all of {', '.join(names)}, and "
            f"{len(values)} have them; fill gaps in or give weights"
        )
    flat = np.ptp(values, axis=0) == 0
    if flat.any():
        raise ValueError(f"{names[flat.argmax()]!r} does not vary, so it has no weight")
    return values


def shares_of(raw: np.ndarray, otherwise: str) -> np.ndarray:
    """Scale to a sum of one."""
    total = raw.sum()
    if not total > 0:
        raise ValueError(f"no weights: {otherwise}; use equal weights")
    return raw / total


FROM_SCORES = {
    "equal": equal_weights,
    "entropy": entropy_weights,
    "critic": critic_weights,
    "pca": pca_weights,
    "optimised": optimised_weights,
}
"""Weightings that look at the children's scores."""
