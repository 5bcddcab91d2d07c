"""Input-output tables of several regions, closed (a world) and open (a country's regions).

Rows are (region, sector) pairs, the sectors of a region side by side; regions may have different
numbers of sectors. A region may be a country, a province, or a group of either: `grouped` makes
several regions one, and whatever is computed then treats what passes between them as domestic.

======  ======================  =========================================================
symbol  name here               meaning
======  ======================  =========================================================
Z       ``flows``               what each row sells to each column's production
Y       ``final``               what each row sells to the final use of each region
E       ``exports``             what each row sells abroad (open table)
M       ``imports``             what each column's production buys abroad (open table)
Va      ``value_added``         what each column adds to its inputs
x       ``output``              gross output: everything a row sells
A       ``coefficients``        Z per unit of the column's output
v       ``value_added_shares``  value added per unit of output
B       ``solve``               inverse of I - A
L       ``solve_local``         inverse of I - A without flows between regions
======  ======================  =========================================================
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import lu_solve
from scipy.linalg.lapack import dgetrf, dgetri, dgetri_lwork, dlaswp, dtrtri
from scipy.sparse import csr_array

BALANCE = 1e-6
"""Largest gap of a row or column, relative to the table's largest output, allowed by default."""
ROUNDING = 1e-13
"""Part of a row's uses, without their signs, below which their sum is rounding."""
LARGEST = 1e300
"""Largest number of a table; one over it is the smallest output above zero."""
SHOWN = 5
NO_INVERSE = (
    "I - A has no inverse: some group of sectors uses all of its own output as inputs; look for a "
    "region whose sectors deliver nothing to final use and nothing elsewhere"
)


@dataclass(frozen=True, eq=False)
class RegionalTable:
    """What closed and open tables have in common: flows, final use, labels and their algebra.

    Use `WorldTable` or `InterregionalTable`; this class only holds what they share.
    """

    flows: ArrayLike
    final: ArrayLike
    regions: Sequence[str]
    sectors: Sequence[str]
    value_added: ArrayLike | None = field(default=None, kw_only=True)
    tolerance: float = field(default=BALANCE, kw_only=True)
    names: tuple[str, ...] = field(init=False)
    blocks: tuple[slice, ...] = field(init=False)

    def __post_init__(self):
        self._check_tolerance()
        for name in ("regions", "sectors"):
            object.__setattr__(self, name, _named(name, getattr(self, name)))
        self._check_lengths()
        object.__setattr__(self, "names", tuple(dict.fromkeys(self.regions.tolist())))
        object.__setattr__(self, "blocks", _blocks(self.regions))
        self._check_pairs()
        self._fill_in()
        for name, shape in self._shapes().items():
            object.__setattr__(self, name, self._numbers(name, shape))
        self._check_sectors()
        if self.value_added is None:
            object.__setattr__(self, "value_added", _locked(self.output - self._inputs()))
        self._check_balance()
        self._warn_of_negatives()

    @cached_property
    def output(self) -> NDArray:
        """Gross output x, everything a row sells; uses that cancel but for rounding sell nothing.

        Shape (n,), money.
        """
        uses = self._uses()
        total, size = (
            sum(part.reshape(len(part), -1).sum(axis=1) for part in parts)
            for parts in (uses, map(np.abs, uses))
        )
        return _locked(np.where(np.abs(total) > ROUNDING * size, total, 0.0))

    @property
    def coefficients(self) -> NDArray:
        """Input coefficients A; zero in the column of a sector that makes nothing. Shape (n, n).

        Computed anew each time, since nothing here keeps a second matrix of this size.
        """
        return self.flows * self.per_unit

    @cached_property
    def value_added_shares(self) -> NDArray:
        """Value added v per unit of output; zero where nothing is made. Shape (n,)."""
        return _locked(self.value_added * self.per_unit)

    @cached_property
    def region_of(self) -> NDArray:
        """Position in `names` of each row's region. Shape (n,), whole numbers."""
        sizes = [block.stop - block.start for block in self.blocks]
        return np.repeat(np.arange(len(self.blocks), dtype=np.int32), sizes)

    @cached_property
    def at_home(self) -> NDArray:
        """Final use of each row's product in its own region. Shape (n,), money."""
        return self.final[np.arange(len(self.final)), self.region_of]

    def between(self) -> NDArray:
        """Sales of each row to each other region, for production and final use. Shape (n, g).

        Zero to its own region. Money.
        """
        sold = np.stack([self.flows[:, block].sum(axis=1) for block in self.blocks], axis=1)
        sold += self.final
        sold[np.arange(len(sold)), self.region_of] = 0.0
        return sold

    def residuals(self) -> NDArray:
        """Output of each column less its inputs and value added. Shape (n,), money."""
        return self.output - self._inputs() - self.value_added

    @cached_property
    def per_unit(self) -> NDArray:
        """One over output; zero where nothing is made. Shape (n,)."""
        return np.divide(1, self.output, out=np.zeros(len(self.output)), where=self.output != 0)

    def solve(self, right: NDArray, transposed: bool = False) -> NDArray:
        """B times a matrix, or its transpose times it. Shape of `right`."""
        return lu_solve(self._factors, right, trans=int(transposed), check_finite=False)

    def inverse(self) -> NDArray:
        """B itself; computed anew each time, for those who need all of it. Shape (n, n)."""
        factors, swaps = self._factors
        size, _ = dgetri_lwork(len(factors))
        return dgetri(factors, swaps, lwork=int(size))[0]

    def solve_local(self, right: NDArray, transposed: bool = False) -> NDArray:
        """L times a matrix, or its transpose times it. Shape of `right`."""
        pairs = zip(self.local_inverses, self.blocks, strict=True)
        return np.concatenate(
            [(local.T if transposed else local) @ right[block] for local, block in pairs]
        )

    def times_between(self, right: NDArray, transposed: bool = False) -> NDArray:
        """Coefficients between regions, A less its own blocks, times a matrix. Shape of `right`."""
        per_unit = self.per_unit if right.ndim == 1 else self.per_unit[:, None]
        flows = self.flows.T if transposed else self.flows
        right = right if transposed else per_unit * right
        product = flows @ right
        for block in self.blocks:
            product[block] -= flows[block, block] @ right[block]
        return per_unit * product if transposed else product

    @cached_property
    def local_inverses(self) -> list[NDArray]:
        """L: the inverse of each region's own block of I - A. Shapes (n_r, n_r)."""
        try:
            return [
                np.linalg.inv(
                    np.eye(one.stop - one.start) - self.flows[one, one] * self.per_unit[one]
                )
                for one in self.blocks
            ]
        except np.linalg.LinAlgError:
            raise ValueError(NO_INVERSE) from None

    @cached_property
    def own_inverses(self) -> list[NDArray]:
        """Each region's own block of B, without the rest of it. Shapes (n_r, n_r).

        With P(I - A) = KU, a block of B is some rows of the inverse of U times some columns of the
        inverse of K; both triangles are inverted in place of one array.
        """
        factors, swaps = self._factors
        order = dlaswp(np.arange(len(factors), dtype=float)[:, None], swaps).ravel()
        place = np.argsort(order)
        inverse, _ = dtrtri(factors)
        inverse, _ = dtrtri(inverse, lower=1, unitdiag=1, overwrite_c=1)
        blocks = []
        for block in self.blocks:
            columns = place[block]
            begin, end = min(block.start, columns.min()), max(block.stop, columns.max() + 1)
            upper = np.array(inverse[block, begin:], order="F")
            lower = np.array(inverse[begin:, columns], order="F")
            head, depth = slice(0, end - begin), np.arange(begin, end)[:, None]
            upper[:, head] = np.triu(upper[:, head], k=block.start - begin)
            lower[head] = np.where(depth > columns, lower[head], depth == columns)
            blocks.append(upper @ lower)
        return blocks

    def by_region(self, vector: NDArray) -> NDArray:
        """Spread a number per row over a column per region: its own. Shape (n, g)."""
        spread = np.zeros((len(vector), len(self.names)))
        spread[np.arange(len(vector)), self.region_of] = vector
        return spread

    def gaps(self, count: int = SHOWN) -> pd.DataFrame:
        """Return the columns that are furthest from balance.

        Returns
        -------
        DataFrame
            region, sector, output, gap (output less inputs and value added), worst first. Rows
            balance by construction: output is what is sold.
        """
        gap = self.residuals()
        worst = np.argsort(-np.abs(gap), kind="stable")[:count]
        columns = {"region": self.regions, "sector": self.sectors, "output": self.output}
        return pd.DataFrame(
            {name: value[worst] for name, value in (columns | {"gap": gap}).items()}
        )

    def grouped(self, groups: Mapping[str, Sequence[str]]) -> "RegionalTable":
        """Make groups of regions one region each, their rows side by side.

        Regions that are in no group stay; a sector of a group is named ``"region: sector"``.

        Raises
        ------
        ValueError
            If a region is unknown, in two groups, or a group has the name of another region, or is
            no list.
        """
        of = self.members(groups)
        new = np.array([of.get(region, region) for region in self.regions])
        names = tuple(dict.fromkeys(new.tolist()))
        order = np.argsort([names.index(one) for one in new], kind="stable")
        sectors = np.array(
            [
                f"{region}: {sector}" if region in of else sector
                for region, sector in zip(self.regions, self.sectors, strict=True)
            ]
        )
        into = _indicator([of.get(region, region) for region in self.names], names)
        return self._rebuilt(
            _indicator(np.argsort(order), range(len(order))), into, new[order], sectors[order]
        )

    def aggregated(
        self,
        regions: Mapping[str, Sequence[str]] | None = None,
        sectors: Mapping[str, Sequence[str]] | None = None,
    ) -> "RegionalTable":
        """Add up regions, sectors or both; what is in no group stays as it is.

        Rows of one region and sector become one, in the order of their first row.

        Raises
        ------
        ValueError
            If a region or sector is unknown or in two groups, or a group has the name of another,
            or is no list.
        """
        of_region = self.members(regions or {})
        kinds = tuple(dict.fromkeys(self.sectors.tolist()))
        of_sector = _members(sectors or {}, kinds, "sector")
        of = [of_region.get(one, one) for one in self.names]
        names = tuple(dict.fromkeys(of))
        pairs = [
            (of_region.get(region, region), of_sector.get(sector, sector))
            for region, sector in zip(self.regions, self.sectors, strict=True)
        ]
        new = sorted(dict.fromkeys(pairs), key=lambda pair: names.index(pair[0]))
        return self._rebuilt(
            _indicator(pairs, new), _indicator(of, names), *map(list, zip(*new, strict=True))
        )

    def members(self, groups: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """Return the group of each region that is in one; errors as of `grouped`."""
        return _members(groups, self.names, "region")

    def label(self, row: int) -> str:
        """Name a row: its region and sector."""
        return f"{self.regions[row]}, {self.sectors[row]}"

    def region_column(self, places: NDArray) -> pd.Categorical:
        """Return a column of regions for a frame, from their positions in `names`."""
        return pd.Categorical.from_codes(places, dtype=self._kinds[0], validate=False)

    def sector_column(self, rows: NDArray) -> pd.Categorical:
        """Return a column of sectors for a frame, from positions of rows."""
        _, kinds, kind_of = self._kinds
        return pd.Categorical.from_codes(kind_of[rows], dtype=kinds, validate=False)

    @cached_property
    def _kinds(self) -> tuple[pd.CategoricalDtype, pd.CategoricalDtype, NDArray]:
        """Regions and sectors as pandas sees them, and which sector each row is."""
        kinds = pd.Index(dict.fromkeys(self.sectors.tolist()))
        sectors = pd.CategoricalDtype(kinds)
        kind_of = kinds.get_indexer(self.sectors).astype(np.int32)
        return pd.CategoricalDtype(list(self.names)), sectors, kind_of

    @cached_property
    def _factors(self):
        """LU factors of I - A."""
        matrix = np.multiply(self.flows, -self.per_unit, order="F")
        matrix[np.diag_indices_from(matrix)] += 1
        return _lu(matrix)

    def _fill_in(self) -> None:
        """Give what was left out its default, or refuse the table without it."""

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        n, g = len(self.regions), len(self.names)
        shapes = {"flows": (n, n), "final": (n, g)}
        return shapes if self.value_added is None else shapes | {"value_added": (n,)}

    def _uses(self) -> tuple[NDArray, ...]:
        """Return the parts of what rows sell, each of shape (n,) or (n, uses)."""
        return self.flows, self.final

    def _inputs(self) -> NDArray:
        """Add up what each column's production buys. Shape (n,)."""
        return self.flows.sum(axis=0)

    def _rebuilt(self, rows: csr_array, into: csr_array, regions, sectors) -> "RegionalTable":
        """Make the table whose rows are sums (n, new n) and regions sums (g, new g) of this one."""
        return type(self)(
            **self._sums(rows, into), regions=regions, sectors=sectors, tolerance=self.tolerance
        )

    def _sums(self, rows: csr_array, into: csr_array) -> dict[str, NDArray]:
        return {
            "flows": rows.T @ self.flows @ rows,
            "final": rows.T @ self.final @ into,
            "value_added": rows.T @ self.value_added,
        }

    def _numbers(self, name: str, shape: tuple[int, ...]) -> NDArray:
        try:
            numbers = np.array(getattr(self, name), dtype=float, order="F")  # as LAPACK wants it
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name} must be numbers: {error}") from None
        if numbers.shape != shape:
            raise ValueError(
                f"{name} must have the shape {shape}, as there are {len(self.regions)} rows in "
                f"{len(self.names)} regions; it has {numbers.shape}"
            )
        if not (fits := np.abs(numbers) <= LARGEST).all():
            place = tuple(np.argwhere(~fits)[0])
            to = ""
            if len(place) == 2:
                to = self.label(place[1]) if name == "flows" else self.names[place[1]]
                to = f" to {to}"
            limit = "finite" if not np.isfinite(numbers[place]) else f"at most {LARGEST:g} in size"
            raise ValueError(
                f"{name} must be {limit}; at {self.label(place[0])}{to} it is {numbers[place]:g}"
            )
        return _locked(numbers)

    def _check_tolerance(self) -> None:
        try:
            fits = 0 <= self.tolerance < np.inf
        except (TypeError, ValueError):
            fits = False
        if not fits:
            raise ValueError(
                "tolerance must be a number from zero on, a part of the largest output; it is "
                f"{self.tolerance!r}"
            )

    def _check_lengths(self) -> None:
        if len(self.regions) == 0:
            raise ValueError("the table has no rows: give at least one region and sector")
        if len(self.sectors) != len(self.regions):
            raise ValueError(
                "every row needs a region and a sector; there are "
                f"{len(self.regions)} regions and {len(self.sectors)} sectors"
            )

    def _check_pairs(self) -> None:
        pairs = pd.MultiIndex.from_arrays([self.regions, self.sectors])
        if pairs.has_duplicates:
            region, sector = pairs[pairs.duplicated()][0]
            raise ValueError(f"two rows are {region}, {sector}: name each sector of a region once")

    def _check_sectors(self) -> None:
        """Refuse output below zero, and inputs where nothing is made."""
        worst = int(self.output.argmin())
        if self.output[worst] < 0:
            raise ValueError(
                f"{self.label(worst)} has an output of {self.output[worst]:g}: its negative uses "
                "exceed its sales"
            )
        if (small := (self.output > 0) & (self.output < 1 / LARGEST)).any():
            row = int(small.argmax())
            raise ValueError(
                f"{self.label(row)} has an output of {self.output[row]:g}, too small to divide by: "
                "take a smaller unit, or zero"
            )
        bought = np.abs(self.flows).sum(axis=0)
        idle = np.flatnonzero((self.output == 0) & (bought > 0))
        if len(idle):
            raise ValueError(
                f"{self.label(idle[0])} buys {bought[idle[0]]:g} and sells nothing: give its "
                "sales, or drop its purchases"
            )

    def _check_balance(self) -> None:
        allowed = self.tolerance * self.output.max()
        if not np.abs(self.residuals()).max() <= allowed:
            worst = self.gaps().to_string(index=False)
            raise ValueError(
                f"the table does not balance: at most {allowed:.3g} is allowed (tolerance "
                f"{self.tolerance:g} of the largest output), and these columns are off:\n{worst}"
            )

    def _warn_of_negatives(self) -> None:
        for name in sorted({*self._shapes()} - {"error"}):
            numbers = getattr(self, name).reshape(len(self.regions), -1)
            low = np.flatnonzero((numbers < -self.tolerance * self.output.max()).any(axis=1))
            if len(low):
                listed = "; ".join(self.label(row) for row in low[:SHOWN])
                more = f"; and {len(low) - SHOWN} more" if len(low) > SHOWN else ""
                what = name.replace("_", " ")
                warnings.warn(f"negative {what}, kept as it is: {listed}{more}", stacklevel=4)


@dataclass(frozen=True, eq=False)
class WorldTable(RegionalTable):
    """A closed table: what is sold anywhere is used somewhere in it.

    Parameters
    ----------
    flows
        Intermediate flows Z, from row to column. Shape (n, n), money.
    final
        Final use Y of each row's product in each region. Shape (n, g), money.
    regions
        Region of each row and column; the rows of a region stand together. Length n. The columns
        of `final` are the regions in the order of their first row.
    sectors
        Sector of each row, unique within its region. Length n.
    value_added
        What each column adds. Shape (n,), money. By default what inputs leave of its output.
    tolerance
        Largest allowed gap of a column's inputs, value added and output, relative to the table's
        largest output. What is off by less stays off; `residuals` says by how much.

    Raises
    ------
    ValueError
        If shapes or labels do not fit, a label is missing, a number is not finite or above 1e300,
        an output is negative or below 1e-300 but not zero, a sector makes nothing but buys, the
        tolerance is no number from zero on, or a column does not balance (lists the worst gaps).

    Warns
    -----
    UserWarning
        If value added, a flow or a final use is below zero by more than the tolerance somewhere;
        nothing is changed.
    """

    @cached_property
    def exports(self) -> NDArray:
        """Sales e of each row to each other region, zero to its own. Shape (n, g), money."""
        return _locked(self.between())

    @cached_property
    def content(self) -> NDArray:
        """Value added of each region in a unit of each row's product, v_t B_ts. Shape (n, g).

        A row adds up to one, less what is missing in the balance of its inputs.
        """
        return _locked(self.solve(self.by_region(self.value_added_shares), transposed=True))

    @cached_property
    def every(self) -> NDArray:
        """Value added of all regions in a unit of each row's product, v B. Shape (n,).

        One, less what is missing in the balance of its inputs and of their inputs; zero where
        nothing is made.
        """
        made = (self.output != 0).astype(float)
        missing = self.residuals() * self.per_unit
        return _locked(made - self.solve(missing, transposed=True) if missing.any() else made)

    @cached_property
    def direct(self) -> NDArray:
        """Value added in a unit of each row's product that never left it, v_s L_ss. Shape (n,)."""
        return _locked(self.solve_local(self.value_added_shares, transposed=True))

    @property
    def used_in(self) -> NDArray:
        """Output that the final use of each region calls for, B Y. Shape (n, g), money."""
        return self._outputs[:, : len(self.names)]

    @property
    def by_home(self) -> NDArray:
        """Output for what each region delivers to its own final use, B_rt Y_tt. Shape (n, g)."""
        return self._outputs[:, len(self.names) : 2 * len(self.names)]

    @property
    def by_any(self) -> NDArray:
        """Output for what each region delivers to any final use. Shape (n, g), money."""
        return self._outputs[:, 2 * len(self.names) :]

    @cached_property
    def _outputs(self) -> NDArray:
        delivered = self.by_region(self.final.sum(axis=1))
        uses = np.concatenate([self.final, self.by_region(self.at_home), delivered], axis=1)
        return _locked(self.solve(uses))


@dataclass(frozen=True, eq=False)
class InterregionalTable(RegionalTable):
    """The regions of one country: what comes from abroad is a row, what goes abroad a column.

    Flows and final use are of domestic products only.

    Parameters
    ----------
    flows, final, regions, sectors, value_added, tolerance
        As of `WorldTable`, but that `value_added` must be given: what is missing in a column is
        then seen, and not booked as income.
    exports
        Sales abroad E of each row. Shape (n,), money.
    imports
        Imported inputs M of each column's production. Shape (n,), money.
    error
        The publisher's balancing item: what is missing in each row between its uses and its
        output. Shape (n,), money; zero by default. It counts as sold to nobody, and is spread
        over nothing.

    Raises
    ------
    ValueError
        As of `WorldTable`; also if value added is not given.

    Warns
    -----
    UserWarning
        If something other than the balancing item is below zero by more than the tolerance
        somewhere; nothing is changed.
    """

    exports: ArrayLike = field(kw_only=True)
    imports: ArrayLike = field(kw_only=True)
    error: ArrayLike | None = field(default=None, kw_only=True)

    @cached_property
    def domestic_outflow(self) -> NDArray:
        """Sales of each row to each other region of the country. Shape (n, g), money."""
        return _locked(self.between())

    @cached_property
    def import_shares(self) -> NDArray:
        """Imported inputs m per unit of output; zero where nothing is made. Shape (n,)."""
        return _locked(self.imports * self.per_unit)

    @cached_property
    def residual_shares(self) -> NDArray:
        """What inputs and value added leave of a unit of output, r. Shape (n,)."""
        return _locked(self.residuals() * self.per_unit)

    def _fill_in(self) -> None:
        if self.value_added is None:
            raise ValueError("an open table needs its value added: imports alone do not tell it")
        if self.error is None:
            object.__setattr__(self, "error", np.zeros(len(self.regions)))

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        n = len(self.regions)
        return super()._shapes() | {"exports": (n,), "imports": (n,), "error": (n,)}

    def _uses(self) -> tuple[NDArray, ...]:
        return self.flows, self.final, self.exports, self.error

    def _inputs(self) -> NDArray:
        return self.flows.sum(axis=0) + self.imports

    def _sums(self, rows: csr_array, into: csr_array) -> dict[str, NDArray]:
        vectors = {name: rows.T @ getattr(self, name) for name in ("exports", "imports", "error")}
        return super()._sums(rows, into) | vectors


def require(table: RegionalTable, kind: type[RegionalTable]) -> None:
    """Refuse a table of the other kind, with the function that leads from it to this one."""
    if not isinstance(table, kind):
        cure = "closed(table)" if kind is WorldTable else "opened(table, regions)"
        raise ValueError(f"needs the kind {kind.__name__}, not {type(table).__name__}: see {cure}")


def _lu(matrix: NDArray):
    """Factorise a matrix in place of itself."""
    factors, swaps, failed = dgetrf(matrix, overwrite_a=1)
    if failed:
        raise ValueError(NO_INVERSE)
    return factors, swaps


def _locked(numbers: NDArray) -> NDArray:
    numbers.flags.writeable = False
    return numbers


def _named(what: str, labels: Sequence[str]) -> NDArray:
    """Labels as text; refuse missing ones, such as the blank cells of a sheet."""
    labels = list(labels)
    for row, label in enumerate(labels):
        if not pd.api.types.is_scalar(label) or pd.isna(label) or not str(label).strip():
            raise ValueError(f"{what} must name every row; at row {row + 1} there is {label!r}")
    return np.array([str(label) for label in labels])


def _blocks(regions: NDArray) -> tuple[slice, ...]:
    """Rows of each region; refuse regions that are in pieces."""
    begins = np.flatnonzero(np.append(True, regions[1:] != regions[:-1])).tolist()
    seen = set()
    for begin in begins:
        if regions[begin] in seen:
            raise ValueError(
                f"the rows of {regions[begin]} must stand together: sort the table by region"
            )
        seen.add(regions[begin])
    return tuple(map(slice, begins, [*begins[1:], len(regions)]))


def _members(groups: Mapping[str, Sequence[str]], known: Sequence[str], what: str) -> dict:
    """Return {member: group}; refuse unknown or repeated members and taken names."""
    for name, members in groups.items():
        if isinstance(members, str):
            raise ValueError(f"group {name} must be a list of {what}s; it is the text {members!r}")
    groups = {str(name): [str(one) for one in members] for name, members in groups.items()}
    listed = [member for members in groups.values() for member in members]
    if unknown := sorted(set(listed) - set(known)):
        raise ValueError(f"no {what} {', '.join(unknown)}; there are {', '.join(known)}")
    if twice := sorted({member for member in listed if listed.count(member) > 1}):
        raise ValueError(f"{', '.join(twice)}: in two groups")
    if taken := sorted(set(groups) & (set(known) - set(listed))):
        raise ValueError(f"{', '.join(taken)}: a {what} of this name is not in the group")
    return {member: name for name, members in groups.items() for member in members}


def _indicator(of: Sequence, names: Sequence) -> csr_array:
    """Matrix with a one where a member belongs to a group. Shape (members, groups)."""
    where = {name: place for place, name in enumerate(names)}
    places = (np.arange(len(of)), [where[one] for one in of])
    return csr_array((np.ones(len(of)), places), shape=(len(of), len(where)))
