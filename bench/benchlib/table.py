"""Rows of results: judged, printed, and put into docs/performance.md."""
from typing import NamedTuple, Optional

from benchlib.cost import Spread

BEGIN = "<!-- %s --write: %s -->"
END = "<!-- end of %s -->"
COLUMNS = ("work", "against", "min", "median", "max", "must", "goal", "")


class Aim(NamedTuple):
    must: Optional[float] = None  # what the median must reach
    goal: Optional[float] = None  # what comes next
    at_most: bool = False  # the less the better
    strict: bool = False  # "<" rather than "<="


NONE = Aim()


class Row(NamedTuple):
    work: str
    against: str  # another program (then it is a ratio), or the unit of the figures
    spread: Optional[Spread]
    aim: Aim = NONE
    note: str = ""

    def reaches(self, limit):
        if self.aim.strict:
            return self.spread.middle < limit
        if self.aim.at_most:
            return self.spread.middle <= limit
        return self.spread.middle >= limit

    def verdict(self):
        if not self.spread:
            return "not measured"
        if self.aim.must is None:
            return ""
        if not self.reaches(self.aim.must):
            return "MISSED"
        if self.aim.goal is not None and self.reaches(self.aim.goal):
            return "goal met"
        return "met"

    def limit(self, value):
        if value is None:
            return ""
        sign = "<" if self.aim.strict else "≤" if self.aim.at_most else "≥"
        return "%s %s" % (sign, number(value))

    def cells(self):
        figures = [number(x) for x in self.spread] if self.spread else ["", "", ""]
        return [
            self.work,
            self.against,
            *figures,
            self.limit(self.aim.must),
            self.limit(self.aim.goal),
            self.verdict(),
        ]


def number(x):
    """Three digits that count, and never an exponent."""
    if x == int(x) and abs(x) < 1e15:
        return "{:,}".format(int(x))
    if abs(x) >= 100:
        return "{:,.0f}".format(x)
    return "%.*f" % (1 if abs(x) >= 10 else 2 if abs(x) >= 0.095 else 3, x)


WIDTHS = (32, 35, 8, 8, 8, 8, 8, 0)


def line(cells, widths=WIDTHS):
    text = [c.ljust(w) if i < 2 else c.rjust(w) for i, (c, w) in enumerate(zip(cells, widths))]
    return " ".join(text[:-1]) + ("  " + cells[-1] if cells[-1] else "")


def heading():
    return line(COLUMNS)


def markdown(rows, facts, notes):
    out = [facts, "", "| " + " | ".join(COLUMNS) + " |", "|---|---|--:|--:|--:|--:|--:|---|"]
    for row in rows:
        cells = row.cells()
        if cells[-1] == "MISSED":
            cells[-1] = "**MISSED**"
        out.append("| " + " | ".join(cells).replace("  ", " ") + " |")
    out += ["", *notes]
    return "\n".join(out)


def write(path, name, text, command="bench/run"):
    """Replaces what stands between the marks of that name, and of that command, in a file."""
    head, begin, rest = path.read_text().partition(BEGIN % (command, name))
    _, end, tail = rest.partition(END % name)
    if not begin or not end:
        raise SystemExit("%s has no marks for %s" % (path, name))
    path.write_text("%s%s\n\n%s\n\n%s%s" % (head, begin, text, end, tail))
