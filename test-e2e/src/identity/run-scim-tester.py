"""Runs scim2-tester against a SCIM service and prints what came of each check as JSON.

Usage: run-scim-tester.py <base URL> <CA file>, with the token in the variable SCIM_TOKEN.
"""
import json
import os
import ssl
import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server

base_url, ca_file = sys.argv[1:]
http = Client(
    base_url=base_url,
    headers={"Authorization": f"Bearer {os.environ['SCIM_TOKEN']}"},
    verify=ssl.create_default_context(cafile=ca_file),
    trust_env=False,
    timeout=20,
)
scim = SyncSCIMClient(http)
scim.discover()
results = [
    {
        "status": result.status.name,
        "title": result.title,
        "resource": result.resource_type,
        "reason": str(result.reason or "")[:600],
    }
    for result in check_server(scim)
]
json.dump(results, sys.stdout)
