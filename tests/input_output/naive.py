"""Decompositions as the papers print them: explicit inverses, loops over regions, no shortcuts."""

import numpy as np


class Naive:
    """Blocks of a closed table by region, so that formulas read as in print."""

    def __init__(self, table):
        self.S = table.blocks
        self.G = range(len(table.names))
        x = table.flows.sum(axis=1) + table.final.sum(axis=1)
        A = np.where(x > 0, table.flows / np.where(x > 0, x, 1), 0)
        B = np.linalg.inv(np.eye(len(x)) - A)
        v = np.where(x > 0, 1 - A.sum(axis=0), 0)
        pairs = [(s, r) for s in self.G for r in self.G]
        self.A = {(s, r): A[self.S[s], self.S[r]] for s, r in pairs}
        self.B = {(s, r): B[self.S[s], self.S[r]] for s, r in pairs}
        self.Y = {(s, r): table.final[self.S[s], r] for s, r in pairs}
        self.L = [np.linalg.inv(np.eye(len(self.A[s, s])) - self.A[s, s]) for s in self.G]
        self.v = [v[self.S[s]] for s in self.G]
        self.x = [x[self.S[s]] for s in self.G]
        self.e = {
            (s, r): self.A[s, r] @ self.x[r] + self.Y[s, r] for s, r in pairs if s != r
        }  # fmt: skip
        self.E = [self.sum(s, (self.e[s, r] for r in self.G if r != s)) for s in self.G]
        self.cut = {s: self._cut(A, s) for s in self.G}

    def sum(self, region, vectors):
        """Sum vectors of a region; zeros if there are none."""
        return sum(vectors, np.zeros(len(self.v[region])))

    def _cut(self, A, s):
        """Blocks of the inverse when s sells no inputs to others."""
        A = A.copy()
        for r in self.G:
            if r != s:
                A[self.S[s], self.S[r]] = 0
        B = np.linalg.inv(np.eye(len(A)) - A)
        return {(t, r): B[self.S[t], self.S[r]] for t in self.G for r in self.G}


def wang_wei_zhu(table):
    """The sixteen terms, {(s, r): {term: vector}}; Wang, Wei and Zhu (2013), equation (22)."""
    w = Naive(table)
    A, B, Y, L, v, x, G = w.A, w.B, w.Y, w.L, w.v, w.x, w.G
    terms = {}
    for s, r in w.e:
        third = [t for t in G if t not in (s, r)]
        own, direct = v[s] @ B[s, s], v[s] @ L[s]
        m = v[r] @ B[r, s]
        o = w.sum(s, (v[t] @ B[t, s] for t in third))

        def sold(vector, s=s, r=r, direct=direct):
            return direct * (A[s, r] @ vector)

        rest = {t: w.sum(t, (Y[t, u] for u in G if u not in (s, t))) for t in third}
        terms[s, r] = {
            "DVA_FIN": own * Y[s, r],
            "DVA_INT": sold(B[r, r] @ Y[r, r]),
            "DVA_INTrexI1": sold(w.sum(r, (B[r, t] @ Y[t, t] for t in third))),
            "DVA_INTrexF": sold(B[r, r] @ w.sum(r, (Y[r, t] for t in third))),
            "DVA_INTrexI2": sold(w.sum(r, (B[r, t] @ rest[t] for t in third))),
            "RDV_FIN": sold(B[r, r] @ Y[r, s]),
            "RDV_FIN2": sold(w.sum(r, (B[r, t] @ Y[t, s] for t in third))),
            "RDV_INT": sold(B[r, s] @ Y[s, s]),
            "DDC_FIN": sold(B[r, s] @ w.sum(s, (Y[s, t] for t in G if t != s))),
            "DDC_INT": (own - direct) * (A[s, r] @ x[r]),
            "MVA_FIN": m * Y[s, r],
            "MVA_INT": m * (A[s, r] @ L[r] @ Y[r, r]),
            "MDC": m * (A[s, r] @ L[r] @ w.E[r]),
            "OVA_FIN": o * Y[s, r],
            "OVA_INT": o * (A[s, r] @ L[r] @ Y[r, r]),
            "ODC": o * (A[s, r] @ L[r] @ w.E[r]),
        }
    return terms


def koopman_wang_wei(table):
    """The nine terms, {s: [nine numbers]}; Koopman, Wang and Wei (2014), equation (36)."""
    w = Naive(table)
    A, B, Y, L, v, G = w.A, w.B, w.Y, w.L, w.v, w.G
    terms = {}
    for s in G:
        others = [r for r in G if r != s]
        final = w.sum(s, (Y[s, r] for r in others))
        terms[s] = [
            v[s] @ B[s, s] @ final,
            sum(v[s] @ B[s, r] @ Y[r, r] for r in others),
            sum(v[s] @ B[s, r] @ Y[r, t] for r in others for t in G if t not in (s, r)),
            sum(v[s] @ B[s, r] @ Y[r, s] for r in others),
            sum(v[s] @ B[s, r] @ A[r, s] @ L[s] @ Y[s, s] for r in others),
            sum(v[s] @ B[s, r] @ A[r, s] @ L[s] @ w.E[s] for r in others),
            sum(v[t] @ B[t, s] @ final for t in others),
            sum(v[t] @ B[t, s] @ A[s, r] @ L[r] @ Y[r, r] for t in others for r in others),
            sum(v[t] @ B[t, s] @ A[s, r] @ L[r] @ w.E[r] for t in others for r in others),
        ]
    return terms


def borin_mancini_source(table):
    """Exporter perspective, source: {(s, r): {term: vector}}; Borin and Mancini (2019)."""
    w = Naive(table)
    A, B, Y, L, v, G = w.A, w.B, w.Y, w.L, w.v, w.G
    terms = {}
    for s, r in w.e:
        others = [t for t in G if t != s]
        direct, own, e = v[s] @ L[s], v[s] @ B[s, s], w.e[s, r]
        passed = {
            k: w.sum(r, [Y[r, k]] if k != r else [])
            + w.sum(r, (A[r, j] @ B[j, i] @ Y[i, k] for j in G if j != r for i in G))
            for k in G
        }
        fva = w.sum(s, (v[t] @ w.cut[s][t, s] for t in others))
        fdc = w.sum(s, (v[t] @ (B[t, s] - w.cut[s][t, s]) for t in others))
        rest = w.sum(r, (passed[k] for k in others))
        terms[s, r] = {
            "DAVAX": direct * (Y[s, r] + A[s, r] @ L[r] @ Y[r, r]),
            "VAX_rest": direct * (A[s, r] @ L[r] @ rest),
            "REF": direct * (A[s, r] @ L[r] @ passed[s]),
            "DDC": (own - direct) * e,
            "FVA": fva * e,
            "FDC": fdc * e,
        }
    return terms


def borin_mancini_sink(table):
    """Exporter perspective, sink: {(s, r): {term: vector}}; Borin and Mancini (2019)."""
    w = Naive(table)
    A, B, Y, L, v, x, G = w.A, w.B, w.Y, w.L, w.v, w.x, w.G
    terms = {}
    for s, r in w.e:
        others = [t for t in G if t != s]
        use = [Y[i, s] if i == s else w.sum(i, (Y[i, k] for k in G)) for i in G]
        without = [w.sum(j, (w.cut[s][j, i] @ use[i] for i in G)) for j in G]
        last = w.sum(r, (Y[r, k] for k in G))
        last = last + w.sum(r, (A[r, j] @ without[j] for j in G if j != r))
        again = w.sum(r, (A[r, j] @ (x[j] - without[j]) for j in G if j != r))
        last, again = Y[s, r] + A[s, r] @ L[r] @ last, A[s, r] @ L[r] @ again
        own, foreign = v[s] @ B[s, s], w.sum(s, (v[t] @ B[t, s] for t in others))
        terms[s, r] = {
            "DVA": own * last, "DDC": own * again, "FVA": foreign * last, "FDC": foreign * again
        }  # fmt: skip
    return terms


def borin_mancini_world(table):
    """World perspective: ({(s, r): FVA source}, {(s, r): FVA sink}); equations (52) and (54)."""
    w = Naive(table)
    A, B, Y, L, v, G = w.A, w.B, w.Y, w.L, w.v, w.G
    source, sink = {}, {}
    for s, r in w.e:
        others = [t for t in G if t != s]
        source[s, r] = w.sum(s, (v[t] @ L[t] @ A[t, s] @ L[s] for t in others)) * w.e[s, r]
        foreign = w.sum(s, (v[t] @ B[t, s] for t in others))
        abroad = w.sum(r, (Y[r, j] + A[r, j] @ L[j] @ Y[j, j] for j in G if j != r))
        sink[s, r] = foreign * (Y[s, r] + A[s, r] @ L[r] @ Y[r, r])
        sink[s, r] = sink[s, r] + v[r] @ B[r, s] * (A[s, r] @ L[r] @ abroad)
    return source, sink
