#!/usr/bin/python3
"""Checks JSON documents against a JSON Schema.

usage: check_schema.py SCHEMA [FILE...]

Without a FILE, or for "-", standard input is read. Each line that begins with "{" is a document of its
own (NDJSON). Schemas that SCHEMA refers to by name are read from its folder. Exit: 0 all are right,
1 one is not, 2 a file can't be read or there was nothing to check, 77 python3-jsonschema is missing.
"""
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)


def no_repeats(pairs):
    """A member that stands twice in an object is wrong, though json.loads would take the last."""
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a member stands twice: %s" % sorted(names))
    return dict(pairs)


def validator_of(path):
    schema = json.loads(path.read_text(encoding="utf-8"))
    neighbours = {}
    for other in path.parent.glob("*.schema.json"):
        document = json.loads(other.read_text(encoding="utf-8"))
        neighbours[other.name] = document
        neighbours[document.get("$id", other.name)] = document
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    resolver = jsonschema.RefResolver(schema.get("$id", ""), schema, store=neighbours)
    return kind(schema, resolver=resolver)


def check(validator, name, data):
    """Prints what is wrong with the documents in `data`; returns how many there were, and how many wrong."""
    seen = wrong = 0
    for number, line in enumerate(data.decode("utf-8").split("\n"), 1):
        if not line.strip():
            continue
        seen += 1
        try:
            problems = [
                "%s: %s" % ("/".join(map(str, e.absolute_path)) or "(whole)", e.message[:300])
                for e in validator.iter_errors(json.loads(line, object_pairs_hook=no_repeats))
            ]
        except ValueError as e:
            problems = [str(e)]
        wrong += bool(problems)
        for problem in problems:
            print("%s:%d: %s" % (name, number, problem))
    return seen, wrong


def main(arguments):
    if not arguments:
        print(__doc__)
        return 2
    try:
        validator = validator_of(pathlib.Path(arguments[0]))
        results = []
        for name in arguments[1:] or ["-"]:
            data = sys.stdin.buffer.read() if name == "-" else pathlib.Path(name).read_bytes()
            results.append(check(validator, name, data))
    except (OSError, UnicodeDecodeError, jsonschema.RefResolutionError) as e:
        print(e)
        return 2
    seen = sum(s for s, _ in results)
    if not seen:
        print("nothing to check")
        return 2
    return 1 if any(wrong for _, wrong in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
