"""Reads a dashboard as Grafana's own library does, and takes its queries out for promtool.

    python3 .ci/clients/dashboard.py deploy/grafana/balustrade.json QUERIES.yaml

A key that Grafana does not know is lost on the way through the library: each of ours has to come out again. The queries
are written as recording rules, whose expressions `promtool check rules` parses.

Needs: grafana-foundation-sdk.
"""

import json
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard


def lost(ours, theirs, path="dashboard"):
    """What of ours did not come out, by its path."""
    if isinstance(ours, dict):
        for key, value in ours.items():
            if not isinstance(theirs, dict) or key not in theirs:
                yield f"{path}.{key}"
            else:
                yield from lost(value, theirs[key], f"{path}.{key}")
    elif isinstance(ours, list):
        for place, value in enumerate(ours):
            if not isinstance(theirs, list) or place >= len(theirs):
                yield f"{path}[{place}]"
            else:
                yield from lost(value, theirs[place], f"{path}[{place}]")
    elif ours != theirs:
        yield f"{path}: {ours!r} came out as {theirs!r}"


def queries(panels):
    for panel in panels:
        for target in panel.get("targets", []):
            yield target["expr"].replace("$__rate_interval", "5m").replace("$__range", "1h")
        yield from queries(panel.get("panels", []))


def main(file, out):
    with open(file, encoding="utf-8") as opened:
        ours = json.load(opened)
    theirs = json.loads(JSONEncoder().encode(Dashboard.from_json(ours)))
    unknown = list(lost(ours, theirs))
    for path in unknown:
        print(f"{file}: Grafana does not know {path}")
    rules = [{"record": f"dashboard:query_{place}", "expr": expr} for place, expr in enumerate(queries(ours["panels"]))]
    with open(out, "w", encoding="utf-8") as opened:
        # JSON is YAML too.
        json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, opened)
    print(f"{file}: {len(ours['panels'])} panels, {len(rules)} queries")
    return 1 if unknown or not rules else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
