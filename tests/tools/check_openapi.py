"""Checks an OpenAPI document, and what a program sent and was answered against it: independent of the product.

Usage: check_openapi.py   (reads JSON {"document": …, "exchanges": [{"path", "method", "request", "status", "type",
"answer"}, …]} from stdin, prints a JSON list of complaints)
"""

import json
import sys

import jsonschema
import referencing
import referencing.jsonschema
from openapi_spec_validator import OpenAPIV31SpecValidator

HOME = "urn:document"


def strict(node):
    """Says of every object that lists its properties that it has no others: the document must tell all."""
    if isinstance(node, dict):
        if "properties" in node:
            node.setdefault("additionalProperties", False)
        for value in node.values():
            strict(value)
    elif isinstance(node, list):
        for value in node:
            strict(value)


def pointer(*parts):
    return "#/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in parts)


def main():
    given = json.load(sys.stdin)
    document = given["document"]
    complaints = [f"document: {error.message}" for error in OpenAPIV31SpecValidator(document).iter_errors()]
    strict(document["components"]["schemas"])
    resource = referencing.Resource(contents=document, specification=referencing.jsonschema.DRAFT202012)
    registry = referencing.Registry().with_resource(HOME, resource)

    def check(where, instance, *parts):
        checker = jsonschema.Draft202012Validator(
            {"$ref": HOME + pointer(*parts)},
            registry=registry,
            format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
        )
        for error in checker.iter_errors(instance):
            complaints.append(f"{where}: {error.json_path}: {error.message}")

    for name, schema in document["components"]["schemas"].items():
        for example in schema.get("examples", []) + [schema[key] for key in ["example"] if key in schema]:
            check(f"example of {name}", example, "components", "schemas", name)
    for one in given["exchanges"]:
        path, method, status = one["path"], one["method"], str(one["status"])
        where = f"{method} {path} {status}"
        operation = document["paths"].get(path, {}).get(method)
        if operation is None:
            complaints.append(f"{where}: not in the document")
            continue
        at = ["paths", path, method]
        if one["request"] is not None:
            check(f"request of {where}", one["request"], *at, "requestBody", "content", "application/json", "schema")
        content = operation["responses"].get(status, {}).get("content", {})
        if one["type"] not in content:
            complaints.append(f"{where}: {one['type']} is not in the document")
            continue
        check(where, one["answer"], *at, "responses", status, "content", one["type"], "schema")
    json.dump(complaints, sys.stdout)


main()
