"""`pykube-ng`, over requests."""
import pykube
from steps import check, config_map, namespace, pod, run

api = pykube.HTTPClient(pykube.KubeConfig.from_env())


def versions():
    return list(api.version)


def discovery():
    return sorted(one["name"] for one in api.resource_list("v1")["resources"]), sorted(one["name"] for one in api.resource_list("apps/v1")["resources"])


def create():
    pykube.ConfigMap(api, config_map("pykube", colour="blue")).create()
    return found().obj["data"]


def found():
    return pykube.ConfigMap.objects(api).filter(namespace=namespace).get_by_name("pykube")


def get_and_list():
    return [one.name for one in pykube.ConfigMap.objects(api).filter(namespace=namespace, selector={"of": "steps"})], found().exists()


def update():
    one = found()
    one.obj["data"]["colour"] = "red"
    one.update()
    return found().obj["data"]


def patch():
    found().patch({"data": {"shape": "round"}})
    return found().obj["data"]


def watching():
    one = next(iter(pykube.ConfigMap.objects(api).filter(namespace=namespace, selector={"of": "steps"}).watch()))
    return one.type, one.object.name


def logs():
    return pykube.Pod.objects(api).filter(namespace=namespace).get_by_name(pod).logs().split("\n")[0]


def delete():
    found().delete()
    check(not pykube.ConfigMap(api, config_map("pykube")).exists(), "it is still there")


run([versions, discovery, create, get_and_list, update, patch, watching, logs, delete])
