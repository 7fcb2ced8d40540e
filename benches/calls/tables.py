"""What is printed, in Markdown."""

import statistics

ENDS = ["client", "server", "broker"]


def text(results, parts):
    """All that was measured, part by part."""
    for name, part in parts.items():
        filled = results.of(name)
        if filled:
            yield f"\n## {part.title}\n"
            yield from tables(filled, part.reference)
    yield ""
    yield from (f"{name}: {fact}" for name, fact in results.facts.items())
    if others := [it["others"] for it in results.measured if "others" in it]:
        middle, most = statistics.median(others), max(others)
        yield f"other work at the same time: {middle:.0%} of the machine, at most {most:.0%}"


def tables(filled, reference):
    if "in_flight" not in filled[0].cell:
        yield from backlog(filled, reference)
        return
    if len(filled) > 1:
        yield from overview(filled, reference)
    for cell in filled:
        yield from calls(cell, reference)


def overview(filled, reference):
    """Calls a second in all cells, each with its ratio to the reference."""
    common = {
        name: value
        for name, value in filled[0].cell.items()
        if all(it.cell[name] == value for it in filled)
    }
    heads = [title({k: v for k, v in it.cell.items() if k not in common}) for it in filled]
    yield from head(counted_in(filled[0]), *heads)
    for contender in dict.fromkeys(name for it in filled for name in it.contenders):
        yield row(contender, *[brief(it, contender, reference) for it in filled])


def brief(filled, contender, reference):
    if contender not in filled.contenders:
        return ""
    ratio = filled.ratio(contender, reference, "calls")
    ratio = "" if ratio is None or contender == reference else f" ({ratio:.2f})"
    return f"{whole(filled.median(contender, 'calls'))}{ratio}"


def calls(filled, reference):
    """All about one cell."""
    yield f"\n### {title(filled.cell)}\n"
    counted = any(any(it["syscalls"].values()) for it in filled.measured)
    heads = [counted_in(filled), "least–most", f"of {reference}", "p50 µs", f"of {reference}", "p99 µs"]
    heads += [f"{end} CPU µs" for end in ENDS]
    heads += [f"{end} syscalls" for end in ENDS if counted]
    yield from head("", *heads)
    for contender in filled.contenders:
        a_second = filled.values(contender, "calls")
        yield row(
            contender,
            whole(filled.median(contender, "calls")),
            f"{whole(min(a_second))}–{whole(max(a_second))}",
            decimal(filled.ratio(contender, reference, "calls")),
            whole(filled.median(contender, "p50")),
            decimal(filled.ratio(contender, reference, "p50")),
            whole(filled.median(contender, "p99")),
            *[decimal(filled.median(contender, "cpu", end)) for end in ENDS],
            *[decimal(filled.median(contender, "syscalls", end)) for end in ENDS if counted],
        )


def backlog(filled, reference):
    """Of a queue that is drained, or of the memory that calls take."""
    for cell in filled:
        what = "bytes" if "bytes" in cell.measured[0] else "seconds"
        [(name, count)] = cell.cell.items()
        yield from head(f"{count:,} {name}", what, "least–most", f"of {reference}")
        shown = whole if what == "bytes" else decimal
        for contender in cell.contenders:
            values = cell.values(contender, what)
            yield row(
                contender,
                shown(cell.median(contender, what)),
                f"{shown(min(values))}–{shown(max(values))}",
                decimal(cell.ratio(contender, reference, what)),
            )


def counted_in(filled):
    return "items/s" if filled.cell["items"] else "calls/s"


def title(cell):
    """What makes a cell: only what is given of it."""
    words = {
        "in_flight": lambda n: f"{n:,} in flight",
        "payload": lambda n: f"{n} B" if n < 1024 else f"{n // 1024} KB",
        "items": lambda n: f"streams of {n:,}" if n else "",
        "clients": lambda n: f"{n} client" + "s" * (n > 1),
        "servers": lambda n: f"{n} server" + "s" * (n > 1),
        "pin": lambda pin: "one CPU" if pin else "",
    }
    return ", ".join(filter(None, (words[name](value) for name, value in cell.items())))


def head(first, *others):
    yield row(first, *others)
    yield "|---|" + "---:|" * len(others)


def row(*cells):
    return f"| {' | '.join(cells)} |"


def whole(value):
    return f"{value:,.0f}"


def decimal(value):
    return "n/a" if value is None else f"{value:.2f}"
