"""Reads a room token as a server would that trusts nobody, with a library that Roomkey does not use.

Usage: read_token.py ALGORITHM KEYFILE AUDIENCE ISSUER NOW < TOKEN
KEYFILE holds the shared secret (HS256), the public key in PEM, or a set of JWKs (RS256). NOW is a Unix time. Prints
{"header": …, "claims": …}, or {"refused": why}.
"""

import json
import pathlib
import sys

import jwt
from jwt import api_jwt


def key(algorithm, path, header):
    text = pathlib.Path(path).read_text(encoding="utf-8").strip()
    if algorithm == "RS256" and text.startswith("{"):
        keys = {each["kid"]: each for each in json.loads(text)["keys"]}
        return jwt.PyJWK(keys[header["kid"]]).key
    return text


def main():
    algorithm, path, audience, issuer, now = sys.argv[1:]
    token = sys.stdin.read().strip()

    class Then(api_jwt.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(int(now), tz)

    api_jwt.datetime = Then
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(
            token,
            key(algorithm, path, header),
            algorithms=[algorithm],
            audience=audience,
            issuer=issuer,
            options={"require": ["exp", "nbf", "aud", "iss", "sub"]},
        )
        print(json.dumps({"header": header, "claims": claims}))
    except jwt.InvalidTokenError as error:
        print(json.dumps({"refused": f"{type(error).__name__}: {error}"}))


main()
