"""The throughput as a picture: SVG by hand, readable in light and in dark."""

import html
import math
import textwrap

import tables

# Of the picture, above the notes.
WIDTH, HEIGHT = 800, 424
LEFT, RIGHT, TOP, BOTTOM = 72, 214, 40, 60
LABEL_HEIGHT = 15
NOTE_HEIGHT = 13
NOTE_WIDTH = 120

# Who is drawn, and in which colour for light and for dark; ours is drawn thicker.
LINES = {
    "reference": ("#8b949e", "#8b949e"),
    "redisrpc": ("#d1242f", "#ff7b72"),
    "redisrpc, mt2": ("#bf6a02", "#e3a04f"),
    "tarpc, bincode": ("#0969da", "#58a6ff"),
    "tarpc, JSON": ("#54aeff", "#a5d6ff"),
    "NATS": ("#1a7f37", "#3fb950"),
    "jsonrpsee": ("#8250df", "#bc8cff"),
    "tonic": ("#bf3989", "#f778ba"),
    "old client, old server": ("#6e5c3f", "#c9b38c"),
    "old Python": ("#57606a", "#b1bac4"),
}
OURS = "redisrpc"

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328; }
.title { font-size: 14px; font-weight: 600; }
.note { font-size: 10px; fill: #656d76; }
.grid { stroke: #d0d7de; stroke-width: 1; }
.line { fill: none; stroke-width: 1.6; }
.ours { stroke-width: 3; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .note { fill: #8b949e; }
  .grid { stroke: #30363d; }
}
"""


def throughput(results):
    """Calls a second over calls in flight, both logarithmic."""
    filled = results.of("throughput")
    points = {
        name: [
            (at, it.median(name, "calls")) for at, it in enumerate(filled) if name in it.contenders
        ]
        for name in LINES
    }
    points = {name: values for name, values in points.items() if values}
    scale = Scale(len(filled), [value for line in points.values() for _, value in line])
    below = notes(results.facts)
    whole = f"0 0 {WIDTH} {HEIGHT + NOTE_HEIGHT * len(below)}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{whole}" role="img">',
        f"<style>{STYLE}{colours(points)}</style>",
        f'<text class="title" x="{LEFT}" y="22">Calls a second</text>',
        *grid(scale, [it.cell["in_flight"] for it in filled]),
        *[line(name, values, scale) for name, values in points.items()],
        *labels(points, scale),
        *written(below),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class Scale:
    """From figures to places in the picture."""

    def __init__(self, columns, values):
        self.columns = columns
        self.low = math.floor(math.log10(min(values)))
        self.high = math.log10(max(values) * 1.15)

    def x(self, at):
        return LEFT + (WIDTH - LEFT - RIGHT) * at / max(1, self.columns - 1)

    def y(self, value):
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share


def class_of(name):
    return "c" + "".join(filter(str.isalnum, name))


def colours(names):
    light = [f".{class_of(name)} {{ stroke: {LINES[name][0]}; }}" for name in names]
    dark = [f".{class_of(name)} {{ stroke: {LINES[name][1]}; }}" for name in names]
    return "\n".join([*light, "@media (prefers-color-scheme: dark) {", *dark, "}", ""])


def grid(scale, in_flight):
    for exponent in range(scale.low, math.floor(scale.high) + 1):
        y = scale.y(10**exponent)
        end = scale.x(len(in_flight) - 1)
        yield f'<line class="grid" x1="{LEFT}" x2="{end}" y1="{y}" y2="{y}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{10**exponent:,}</text>'
    bottom = HEIGHT - BOTTOM + 18
    for at, number in enumerate(in_flight):
        yield f'<text x="{scale.x(at)}" y="{bottom}" text-anchor="middle">{number:,}</text>'
    middle = scale.x((len(in_flight) - 1) / 2)
    yield f'<text x="{middle}" y="{bottom + 17}" text-anchor="middle">calls in flight</text>'


def line(name, values, scale):
    places = " ".join(f"{scale.x(at):.1f},{scale.y(value):.1f}" for at, value in values)
    ours = " ours" if name == OURS else ""
    return f'<polyline class="line {class_of(name)}{ours}" points="{places}"/>'


def labels(points, scale):
    """Names beside the lines' ends, moved apart where they would overlap."""
    x = scale.x(scale.columns - 1) + 26
    ends = sorted(points, key=lambda name: scale.y(points[name][-1][1]))
    wanted = [scale.y(points[name][-1][1]) for name in ends]
    for name, y, end in zip(ends, spread(wanted), wanted):
        from_ = scale.x(points[name][-1][0])
        yield (
            f'<path class="line {class_of(name)}" stroke-dasharray="2 3" '
            f'd="M{from_:.1f},{end:.1f} L{x - 4:.1f},{y:.1f}"/>'
        )
        value = tables.whole(points[name][-1][1])
        yield f'<text x="{x:.1f}" y="{y + 4:.1f}">{name} {value}</text>'


def spread(wanted):
    """Places near those wanted, in the same order, each a label's height apart."""
    places = []
    for y in wanted:
        places.append(max(y, places[-1] + LABEL_HEIGHT) if places else y)
    lowest = HEIGHT - BOTTOM
    for at in reversed(range(len(places))):
        places[at] = min(places[at], lowest)
        lowest = places[at] - LABEL_HEIGHT
    return places


def notes(facts):
    """The lines below the picture: where, with what and how it was measured."""
    texts = [facts[name].replace("`", "") for name in ["machine", "versions", "command"]]
    return [line for text in texts for line in textwrap.wrap(text, NOTE_WIDTH)]


def written(notes):
    for at, note in enumerate(notes):
        y = HEIGHT + NOTE_HEIGHT * at
        yield f'<text class="note" x="{LEFT}" y="{y}">{html.escape(note)}</text>'
