"""Runs the steps of a client one after the other and says of each what came of it, a JSON object a line."""
import inspect
import json
import os
import sys

namespace = os.environ["FOREIGN_NAMESPACE"]
pod = os.environ["FOREIGN_POD"]
image = os.environ["FOREIGN_IMAGE"]


def config_map(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace, "labels": {"of": "steps"}}, "data": data}


def say(step, verdict, saw=None):
    sys.stdout.write(json.dumps({"step": step, "verdict": verdict, "saw": saw}, default=str) + "\n")
    sys.stdout.flush()


def failed(error):
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:300]}"


def run(steps, go_on=True):
    """Each step returns what it saw, which must not depend on the namespace."""
    for step in steps:
        name = step.__name__.replace("_", " ")
        try:
            say(name, "passed", step())
        except Exception as error:  # what a client raises is the verdict
            say(name, failed(error))
            if not go_on:
                break


async def run_async(steps):
    for step in steps:
        name = step.__name__.replace("_", " ")
        try:
            saw = step()
            say(name, "passed", await saw if inspect.isawaitable(saw) else saw)
        except Exception as error:
            say(name, failed(error))


def check(condition, what):
    if not condition:
        raise AssertionError(what)
