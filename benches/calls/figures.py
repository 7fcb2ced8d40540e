"""From single measurements to tables: medians, spreads, ratios."""

import statistics


class Results:
    """Every measurement: by part, cell, contender and round."""

    def __init__(self, facts, measured=()):
        self.facts = facts
        self.measured = list(measured)

    def add(self, part, cell, contender, round_, figures):
        where = {"part": part, "cell": cell, "contender": contender, "round": round_}
        self.measured.append({**where, **figures})

    def of(self, part):
        """The cells of a part."""
        cells = []
        for it in self.measured:
            if it["part"] == part and it["cell"] not in cells:
                cells.append(it["cell"])
        return [Filled(self.measured, part, cell) for cell in cells]


class Filled:
    """A cell with what was measured in it."""

    def __init__(self, measured, part, cell):
        self.cell = cell
        self.measured = [it for it in measured if (it["part"], it["cell"]) == (part, cell)]

    @property
    def contenders(self):
        # Rounds begin with different ones: the first round has the order of the list.
        return list(dict.fromkeys(it["contender"] for it in self.measured))

    def by_round(self, contender):
        return {it["round"]: it for it in self.measured if it["contender"] == contender}

    def values(self, contender, name):
        return [it[name] for it in self.by_round(contender).values()]

    def median(self, contender, name, end=None):
        """`None` where it was not measured."""
        values = [value.get(end) if end else value for value in self.values(contender, name)]
        values = [value for value in values if value is not None]
        return statistics.median(values) if values else None

    def ratio(self, contender, reference, name):
        """The median of the ratios of each round; `None` without the reference."""
        ours, theirs = self.by_round(contender), self.by_round(reference)
        ratios = [ours[it][name] / theirs[it][name] for it in ours if it in theirs]
        return statistics.median(ratios) if ratios else None
