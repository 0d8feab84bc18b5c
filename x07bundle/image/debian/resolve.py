"""What a set of packages needs: one package for every clause, the same ones every time.

No backtracking: of a clause's alternatives comes what is chosen already, else the first real one,
else the provider whose name sorts lowest; of a name always the highest version. What that cannot
satisfy is an error that names the chain.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final

from x07bundle.errors import X07Error
from x07bundle.image.debian import versions
from x07bundle.image.debian.packages import Package
from x07bundle.image.debian.relations import Clause, Relation

QUALIFIERS: Final = ("", "any", "native")


class Universe:
    """All that the suites have, for one architecture."""

    def __init__(self, packages: Iterable[Package], architecture: str) -> None:
        self.architecture = architecture
        self._by_name: dict[str, list[Package]] = defaultdict(list)
        for package in packages:
            self._by_name[package.name].append(package)

    def essential(self) -> list[str]:
        """Names of packages that others may use without saying so."""
        return sorted(name for name, found in self._by_name.items() if found[0].is_essential)

    def named(self, relation: Relation) -> list[Package]:
        """Packages of that name, the highest version first."""
        if relation.qualifier not in (*QUALIFIERS, self.architecture):
            return []
        found = [
            one for one in self._by_name.get(relation.name, ()) if relation.allows(one.version)
        ]
        return sorted(found, key=lambda one: versions.key(one.version), reverse=True)

    def providing(self, relation: Relation) -> list[Package]:
        """The highest version of each package that provides it, by name."""
        if relation.qualifier not in (*QUALIFIERS, self.architecture):
            return []
        found: dict[str, Package] = {}
        for package in self._providers.get(relation.name, ()):
            best = found.get(package.name)
            if best is None or versions.compare(package.version, best.version) > 0:
                found[package.name] = package
        return [found[name] for name in sorted(found) if provides(found[name], relation)]

    @cached_property
    def _providers(self) -> Mapping[str, list[Package]]:
        found: dict[str, list[Package]] = defaultdict(list)
        for packages in self._by_name.values():
            for package in packages:
                for name in {provided.name for provided in package.provided}:
                    found[name].append(package)
        return found


def provides(package: Package, relation: Relation) -> bool:
    """A name without a version answers to no relation with one."""
    return any(
        given.name == relation.name
        and (not relation.operator or (given.operator == "=" and relation.allows(given.version)))
        for given in package.provided
    )


def satisfies(package: Package, relation: Relation) -> bool:
    by_name = package.name == relation.name and relation.allows(package.version)
    return by_name or provides(package, relation)


class Resolution:
    """Packages as they are chosen, each after what asked for it."""

    def __init__(self, universe: Universe, left_out: Collection[str]) -> None:
        """`left_out`: names that count as satisfied, and never come."""
        self.universe = universe
        self.left_out = frozenset(left_out)
        self.chosen: dict[str, Package] = {}
        self._asked_by: dict[str, str] = {}

    def add(self, names: Iterable[str]) -> list[Package]:
        """Choose packages and all that they need; what is new comes back, by name.

        Raises:
            X07Error: there is no such package, or one that it needs is not to be had.
        """
        before = set(self.chosen)
        waiting = [self._choose((Relation(name),), "") for name in names]
        while waiting:
            package = waiting.pop()
            if package is not None:
                waiting += [self._choose(clause, package.name) for clause in package.clauses]
        self._check_together()
        return [self.chosen[name] for name in sorted(set(self.chosen) - before)]

    def _choose(self, clause: Clause, asker: str) -> Package | None:
        """The package for a clause; None where nothing new has to come."""
        if asker and any(relation.name in self.left_out for relation in clause):
            return None
        if any(satisfies(have, each) for each in clause for have in self._candidates(each)):
            return None
        for package in self._possible(clause):
            if package.name not in self.chosen:
                self.chosen[package.name] = package
                self._asked_by[package.name] = asker
                return package
        raise self._unsatisfied(clause, asker)

    def _candidates(self, relation: Relation) -> Iterator[Package]:
        """What is chosen and may satisfy it."""
        if relation.qualifier not in (*QUALIFIERS, self.universe.architecture):
            return iter(())
        return iter(self.chosen.values())

    def _possible(self, clause: Clause) -> Iterator[Package]:
        for relation in clause:
            yield from self.universe.named(relation)[:1]
        for relation in clause:
            for package in self.universe.providing(relation):
                if package.name not in self.left_out:
                    yield package

    def _check_together(self) -> None:
        for package in self.chosen.values():
            for relation in package.excluded:
                for other in self.chosen.values():
                    if other.name != package.name and satisfies(other, relation):
                        raise X07Error(
                            f"`{package.name}` {package.version} cannot be together with "
                            f"`{other.name}` {other.version}",
                            f"it excludes `{relation}`",
                            "leave one of them out of the recipe",
                        )

    def _unsatisfied(self, clause: Clause, asker: str) -> X07Error:
        wanted = " | ".join(map(str, clause))
        chain = [asker] if asker else []
        while chain and self._asked_by.get(chain[-1]):
            chain.append(self._asked_by[chain[-1]])
        return X07Error(
            f"no package of the suites is `{wanted}` for `{self.universe.architecture}`",
            f"needed by {', which is needed by '.join(f'`{name}`' for name in chain)}"
            if chain
            else "the recipe asks for it",
            "is the name right, and are all suites of the recipe on the mirror?",
        )
