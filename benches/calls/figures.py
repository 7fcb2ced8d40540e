"""From single measurements to tables: medians, spreads, ratios."""

import statistics


class Results:
    """Every measurement: by cell, contender and round."""

    def __init__(self):
        self.measured = []

    def add(self, cell, contender, round_, figures):
        self.measured.append(
            {"cell": cell, "contender": contender, "round": round_, **figures}
        )

    def cells(self):
        seen = []
        for it in self.measured:
            if it["cell"] not in seen:
                seen.append(it["cell"])
        return seen

    def contenders(self, cell):
        return list(dict.fromkeys(it["contender"] for it in self.measured if it["cell"] == cell))

    def of(self, cell, contender):
        """A contender's measurements in a cell, by round."""
        return {
            it["round"]: it
            for it in self.measured
            if it["cell"] == cell and it["contender"] == contender
        }

    def median(self, cell, contender, *path):
        return statistics.median(self.values(cell, contender, *path))

    def values(self, cell, contender, *path):
        values = []
        for it in self.of(cell, contender).values():
            for name in path:
                it = it[name]
            values.append(it)
        return values

    def ratio(self, cell, contender, reference, name):
        """The median of the ratios of each round; `None` without the reference."""
        ours, theirs = self.of(cell, contender), self.of(cell, reference)
        ratios = [ours[it][name] / theirs[it][name] for it in ours if it in theirs]
        return statistics.median(ratios) if ratios else None


def tables(results, reference):
    """In Markdown, one for each cell."""
    for cell in results.cells():
        yield f"### {title(cell)}\n"
        yield (
            "| | calls/s | (min–max) | of the reference | p50 µs | p99 µs "
            "| CPU µs a call: client | server | broker |"
        )
        yield "|---" + "|---:" * 8 + "|"
        for contender in results.contenders(cell):
            yield row(results, cell, contender, reference)
        yield ""


def title(cell):
    return (
        f"{cell['in_flight']} in flight, {size(cell['payload'])}"
        f", {count(cell['clients'], 'client')}, {count(cell['servers'], 'server')}"
    )


def row(results, cell, contender, reference):
    calls = results.values(cell, contender, "calls")
    ratio = results.ratio(cell, contender, reference, "calls")
    cells = [
        contender,
        number(statistics.median(calls)),
        f"{number(min(calls))}–{number(max(calls))}",
        "" if ratio is None else f"{ratio:.2f}",
        *[f"{results.median(cell, contender, name):.0f}" for name in ["p50", "p99"]],
        *[
            f"{results.median(cell, contender, 'cpu', end):.2f}"
            for end in ["client", "server", "broker"]
        ],
    ]
    return f"| {' | '.join(cells)} |"


def number(value):
    return f"{value:,.0f}"


def size(payload):
    return f"{payload} B" if payload < 1024 else f"{payload // 1024} KB"


def count(number, noun):
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
