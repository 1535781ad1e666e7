"""What bench.py found, as a table and a plot: Markdown between the marks in README.md, and results.svg beside it."""

import statistics

BEGIN, END = "<!-- results: made by bench.py --write -->\n", "<!-- end of results -->\n"
COLOURS = {"floor": "#9aa5b1", "hoichan": "#0b6e4f", "hoichan, recording": "#5b9a82", "janus": "#c05621"}


def medians(runs):
    """The median of each figure; loss is over all runs together."""
    keys = ("cpu_us", "cpu_share", "packets_s", "participant_kib", "idle_kib", "join_ms", "connected", "of")
    result = {key: statistics.median(run[key] for run in runs) for key in keys}
    result["delay_ms"] = {key: statistics.median(run["delay_us"][key] for run in runs) / 1000 for key in ("p50", "p95", "p99")}
    result["loss"] = sum(run["lost"] for run in runs) / max(1, sum(run["lost"] + run["received"] for run in runs))
    return result


def row(name, figures):
    delay = figures["delay_ms"]
    return (f"| {name} | {figures['cpu_us']:.2f} | {delay['p50']:.1f} / {delay['p95']:.1f} / {delay['p99']:.1f} | "
            f"{figures['loss']:.2%} | {figures['packets_s']:.0f} | {figures['cpu_share']:.0%} | {figures['participant_kib']:.0f} | "
            f"{figures['idle_kib'] / 1024:.0f} | {figures['join_ms']:.0f} | {figures['connected']:.0f}/{figures['of']:.0f} |")


def table(shape):
    lines = [f"\n### {shape['title']}\n",
             "| | CPU µs/packet | delay p50 / p95 / p99 ms | lost | packets/s | of a core | KiB/participant | MiB idle | "
             "first packet ms | connected |", "|---|---|---|---|---|---|---|---|---|---|"]
    lines += [row(name, figures) for name, figures in shape["servers"].items()]
    lines.append(f"| barest forwarder | {shape['bare_us']:.2f} | | | | | | | | |")
    lines.append(f"| floor | {shape['floor_us']:.2f} | | | | | | | | |")
    return "\n".join(lines)


def highest(found):
    lines = ["\n### Highest load held on one core (one sender, growing picture)\n", "| | packets/s |", "|---|---|"]
    for name, figures in found.items():
        lines.append(f"| {name} | {figures['packets_s']:.0f} |")
    return "\n".join(lines)


def bars(values, left, title, unit):
    """One panel of horizontal bars: [(label, colour, value)]."""
    longest = max(value for _, _, value in values) or 1
    parts = [f'<text x="{left}" y="20" class="title">{title}</text>']
    for index, (label, colour, value) in enumerate(values):
        top = 34 + 26 * index
        width = 200 * value / longest
        parts.append(f'<text x="{left}" y="{top + 14}">{label}</text>'
                     f'<rect x="{left + 120}" y="{top}" width="{width:.1f}" height="18" fill="{colour}"/>'
                     f'<text x="{left + 126 + width:.1f}" y="{top + 14}">{value:.2f} {unit}</text>')
    return "".join(parts)


def svg(results):
    panels = []
    for shape in results["shapes"]:
        values = [("floor", COLOURS["floor"], shape["floor_us"]), ("barest forwarder", COLOURS["floor"], shape["bare_us"])]
        values += [(name, COLOURS[name], figures["cpu_us"]) for name, figures in shape["servers"].items()]
        panels.append((f"{shape['title']}: CPU per forwarded packet", values, "µs"))
        values = [(name, COLOURS[name], figures["delay_ms"]["p99"]) for name, figures in shape["servers"].items()]
        panels.append((f"{shape['title']}: delay, p99", values, "ms"))
    drawn = [f'<g transform="translate({390 * (index % 2)},{150 * (index // 2)})">{bars(values, 10, title, unit)}</g>'
             for index, (title, values, unit) in enumerate(panels)]
    height = 150 * ((len(panels) + 1) // 2)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 780 {height}" width="780" height="{height}">'
            "<style>text{font:13px sans-serif;fill:#1f2933}.title{font-weight:600}</style>"
            f'<rect width="780" height="{height}" fill="#fff"/>{"".join(drawn)}</svg>\n')


def write(results, folder):
    text = (f"{results['date']}, {results['machine']}, medians of {results['pairs']} runs in turn; load average of other work "
            f"at the start {results['others']:.0f}.\n\n![CPU per packet and delay, as a plot](results.svg)\n")
    text += "".join(table(shape) + "\n" for shape in results["shapes"])
    text += highest(results["highest"]) + "\n" if "highest" in results else ""
    readme = folder / "README.md"
    before, rest = readme.read_text().split(BEGIN)
    readme.write_text(before + BEGIN + text + END + rest.split(END)[1])
    (folder / "results.svg").write_text(svg(results))
