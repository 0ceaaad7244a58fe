"""Throughput by tool as a picture. The same figures give the same bytes."""
import statistics

THEIRS, OURS = "#9aa5b1", "#b5482a"


def draw(path, rates, does, title):
    """`rates`: GB per CPU second by name of the tool; `does`: what each makes of the log. False
    when matplotlib is not installed."""
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "teapotd", "svg.fonttype": "none", "font.size": 11})
    from matplotlib import pyplot

    tools = sorted(rates, key=lambda name: statistics.median(rates[name]))
    values = [statistics.median(rates[name]) * 1000 for name in tools]
    figure, axes = pyplot.subplots(figsize=(8, 0.9 + 0.42 * len(tools)), layout="constrained")
    colours = [OURS if name == "teapotd" else THEIRS for name in tools]
    labels = ["%s: %s" % (name, does[name]) for name in tools]
    bars = axes.barh(labels, values, color=colours, height=0.66)
    axes.bar_label(
        bars, ["%.3g" % v if v < 1000 else "{:,.0f}".format(v) for v in values], padding=4
    )
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlim(min(values) / 2, max(values) * 3)
    axes.set_xlabel("MB per second of CPU time (logarithmic)")
    axes.set_title(title, loc="left", fontsize=11)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", which="major", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    return True
