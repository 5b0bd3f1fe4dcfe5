"""Tries the schema for editors with a validator that is not ours.

    python3 .ci/clients/schema.py rules

Every file of the folder has to be accepted, and a misspelt key refused. Needs: jsonschema, pyyaml.
"""

import copy
import json
import pathlib
import re
import sys

import jsonschema
import yaml


class Core(yaml.SafeLoader):
    """YAML 1.2 core, as editors read it: `NO` and `2026-12-31` are texts."""


Core.yaml_implicit_resolvers = {}
for tag, look, first in [
    ("tag:yaml.org,2002:bool", r"^(true|false)$", "tf"),
    ("tag:yaml.org,2002:int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("tag:yaml.org,2002:float", r"^[-+]?[0-9]+[.][0-9]+$", "-+0123456789"),
    ("tag:yaml.org,2002:null", r"^(~|null|)$", ["~", "n", ""]),
]:
    Core.add_implicit_resolver(tag, re.compile(look), list(first))

folder = pathlib.Path(sys.argv[1])
schema = json.loads((folder / "schema.json").read_text())
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
files = sorted(folder.rglob("*.yaml"))
for path in files:
    says = yaml.load(path.read_text(), Loader=Core)
    for error in validator.iter_errors(says):
        sys.exit(f"{path}: {error.json_path}: {error.message}")
    wrong = copy.deepcopy(says)
    wrong["no_such_key"] = "x"
    if validator.is_valid(wrong):
        sys.exit(f"{path}: a key that does not exist goes unseen")
print(f"{len(files)} files as the schema has them")
