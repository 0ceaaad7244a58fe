#!/usr/bin/env python3
"""Asks the built program to explain every code of the reference tables and compares the answers.

    check_dictionary.py TEAPOTD [REFERENCE]

REFERENCE is the folder with status-codes.csv and seed-coverage.csv, by default the one beside the
source tree. Where it is absent there is nothing to compare with: the exit status is 77, which ctest
takes for "skipped" when told so. Otherwise it is 0 when everything agrees, 1 when not,
2 for a wrong call.
"""

import collections
import csv
import json
import pathlib
import re
import subprocess
import sys

SHORTEST_MEANING = 40
SKIPPED = 77
# Ordinary answers whose status says it all.
TOLD_OTHERWISE = {("IIS", "2"), ("CLOUDFRONT", "Error")}
SAME = ("name", "kind", "blame", "spec")


def class_of(code):
    """1xx to 5xx; anything that is not a number from 100 to 599 is "other"."""
    if len(code) == 3 and code.isdigit() and "100" <= code <= "599":
        return code[0] + "xx"
    return "other"


def read_rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class Checker:
    """Keeps the program's answers, so that each code is asked for once, and the faults found."""

    def __init__(self, program):
        self.program = program
        self.answers = {}
        self.faults = []

    def fault(self, text):
        self.faults.append(text)

    def ask(self, code):
        """The entries for a code as {owner: entry}."""
        if code not in self.answers:
            self.answers[code] = self.entries_of(code)
        return self.answers[code]

    def entries_of(self, code):
        command = [self.program, "--explain", code, "--json"]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False
        )
        try:
            answer = json.loads(done.stdout.decode("utf-8"))
            entries = {entry["vendor"]: entry for entry in answer["entries"]}
        except (ValueError, KeyError, TypeError) as problem:
            said = done.stderr.decode("utf-8", "replace").strip()
            self.fault(f"{code}: no usable answer ({problem}), exit {done.returncode}: {said}")
            return {}
        if done.returncode != 0:
            self.fault(f"{code}: exit {done.returncode}")
        if answer.get("code") != code:
            self.fault(f"{code}: the answer is about {answer.get('code')!r}")
        if len(entries) != len(answer["entries"]):
            self.fault(f"{code}: an owner stands twice")
        return entries

    def check_row(self, row):
        """One row of status-codes.csv against the program's entry."""
        code, owner = row["code"], row["owner"]
        entry = self.ask(code).get(owner)
        if entry is None:
            self.fault(f"{code}: no entry of {owner}")
            return
        for member in SAME:
            if entry.get(member) != row[member]:
                self.fault(f"{code} {owner}: {member} {entry.get(member)!r}, not {row[member]!r}")
        if entry.get("class") != class_of(code):
            self.fault(f"{code} {owner}: class {entry.get('class')!r}, not {class_of(code)!r}")
        self.check_meaning(row, entry.get("meaning") or "")

    def check_meaning(self, row, meaning):
        where = f"{row['code']} {row['owner']}"
        note = row["notes"].strip()
        if len(meaning) < SHORTEST_MEANING:
            self.fault(f"{where}: meaning too short: {meaning!r}")
        if note and meaning.strip().rstrip(".").lower() == note.rstrip(".").lower():
            self.fault(f"{where}: the meaning is the reference's note")

    def check_all_differ(self):
        users = collections.defaultdict(list)
        for code, entries in self.answers.items():
            for owner, entry in entries.items():
                users[entry.get("meaning")].append(f"{code} {owner}")
        for meaning, where in users.items():
            if len(where) > 1:
                self.fault(f"{', '.join(where)}: one meaning for all: {meaning!r}")

    def check_coverage(self, row):
        """One row of seed-coverage.csv: each of its owners has the code."""
        for owner in row["owner"].split():
            if owner not in self.ask(row["code"]):
                self.fault(f"{row['code']} {row['seed_name']}: no entry of {owner}")

    def check_details(self, rows, word_of, owner):
        """Rows of iis-substatus.csv or cloudflare-1xxx.csv, which have no page of their own."""
        for row in rows:
            word = word_of(row)
            entry = self.ask(word).get(owner, {})
            if entry.get("blame") != row["blame"]:
                self.fault(f"{word}: {entry.get('blame')!r}, not {row['blame']!r}")

    def check_flags(self, rows, source):
        """proxy-flags.csv against the tables in the sources: each value that is a fault has a reason
        with the same blame, and no other has one."""
        reasons = dict(re.findall(r"^REASON\((\w+), (\w+),", (source / "reasons.def").read_text(), re.M))
        text = (source / "flags.def").read_text()
        flags = {(server, value): reasons[reason].lower() for server, value, reason in
                 re.findall(r'^FLAG\((\w+), "([^"]+)", (\w+)\)', text, re.M)}
        for row in rows:
            key = row["system"].upper().replace("-", "_"), row["value"]
            if row["field"] in ("state2", "hierarchy"):
                continue  # letters and words that say nothing by themselves
            if flags.get(key, row["blame"]) != row["blame"]:
                self.fault(f"{key}: {flags[key]}, not {row['blame']}")
            is_told = row["blame"] != "none"
            if is_told and key not in flags and key not in TOLD_OTHERWISE:
                self.fault(f"{key}: no reason")


def main(arguments):
    if len(arguments) not in (2, 3):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    beside = pathlib.Path(__file__).resolve().parent.parent.parent / "shared" / "reference"
    reference = pathlib.Path(arguments[2]) if len(arguments) == 3 else beside
    codes, coverage = reference / "status-codes.csv", reference / "seed-coverage.csv"
    if not codes.is_file() or not coverage.is_file():
        print(f"skipped: no reference tables in {reference}")
        return SKIPPED
    checker = Checker(arguments[1])
    rows, wanted = read_rows(codes), read_rows(coverage)
    for row in rows:
        checker.check_row(row)
    for row in wanted:
        checker.check_coverage(row)
    checker.check_all_differ()
    checker.check_details(
        read_rows(reference / "iis-substatus.csv"),
        lambda row: f"{row['code']}.{row['substatus']}",
        "microsoft-iis",
    )
    checker.check_details(
        read_rows(reference / "cloudflare-1xxx.csv"), lambda row: row["code"], "cloudflare"
    )
    source = pathlib.Path(__file__).resolve().parent.parent / "src/codes"
    checker.check_flags(read_rows(reference / "proxy-flags.csv"), source)
    for text in checker.faults:
        print(text)
    print(f"{len(rows)} entries and {len(wanted)} headings: {len(checker.faults)} faults")
    return 1 if checker.faults or not rows or not wanted else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
