"""`kr8s`, over httpx."""
import urllib.request

import kr8s
from kr8s.objects import ConfigMap, Pod
from steps import check, config_map, namespace, pod, run

api = kr8s.api(namespace=namespace)


def versions():
    return api.version()["gitVersion"]


def discovery():
    return sorted({f'{one["version"]} {one["kind"]}' for one in api.api_resources()})


def who_it_is():
    # The name differs past and through; that there is one is what counts.
    return bool(api.whoami())


def create():
    made = ConfigMap(config_map("kr8s", colour="blue"))
    made.create()
    return dict(made.raw["data"])


def get_and_list():
    return dict(ConfigMap.get("kr8s", namespace=namespace).raw["data"]), [one.name for one in kr8s.get("configmaps", namespace=namespace, label_selector="of=steps")]


def patch():
    found = ConfigMap.get("kr8s", namespace=namespace)
    found.patch({"data": {"shape": "round"}})
    return dict(found.raw["data"])


def label_and_annotate():
    found = ConfigMap.get("kr8s", namespace=namespace)
    found.label(tier="test")
    found.annotate(note="seen")
    return dict(found.labels), dict(found.annotations)


def watching():
    for kind, found in api.watch("configmaps", namespace=namespace, label_selector="of=steps"):
        return kind, found.name


def logs():
    return next(iter(Pod.get(pod, namespace=namespace).logs()))


def exec_with_its_exit_code():
    # It sends standard input only over a protocol that it does not ask for.
    done = Pod.get(pod, namespace=namespace).exec(["sh", "-c", "echo out; exit 3"], check=False)
    return done.stdout.decode(), done.returncode


def exec_with_its_output():
    return Pod.get(pod, namespace=namespace).exec(["echo", "out"]).stdout.decode()


def port_forward():
    with Pod.get(pod, namespace=namespace).portforward(remote_port=8080, local_port="auto") as port:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            return answer.status, answer.read().decode()


def delete():
    found = ConfigMap.get("kr8s", namespace=namespace)
    found.delete()
    check(not found.exists(), "it is still there")


run([versions, discovery, who_it_is, create, get_and_list, patch, label_and_annotate, watching, logs, exec_with_its_output, exec_with_its_exit_code, port_forward, delete])
