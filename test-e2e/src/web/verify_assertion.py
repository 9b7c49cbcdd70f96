# Verifies a JWT by the keys of a JWKS, with a library that is not the gateway's. Reads JSON from standard input: jwks, token.
# Prints the claims. Knows ES256 only.
import base64
import json
import sys

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


given = json.load(sys.stdin)
head, payload, signature = given["token"].split(".")
header = json.loads(decode(head))
assert header["alg"] == "ES256", header
(jwk,) = [key for key in given["jwks"]["keys"] if key["kid"] == header["kid"]]
assert (jwk["kty"], jwk["crv"], jwk["use"]) == ("EC", "P-256", "sig"), jwk
x, y = (int.from_bytes(decode(jwk[part]), "big") for part in ("x", "y"))
raw = decode(signature)
assert len(raw) == 64, len(raw)
der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
key.verify(der, f"{head}.{payload}".encode(), ec.ECDSA(SHA256()))
print(json.dumps(json.loads(decode(payload))))
