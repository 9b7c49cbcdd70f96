"""`lightkube`, over httpx."""
from lightkube import ApiError, Client, KubeConfig
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap, Pod
from lightkube.types import PatchType
from steps import namespace, pod, run

client = Client(config=KubeConfig.from_env(), namespace=namespace, field_manager="steps")


def create():
    return client.create(ConfigMap(metadata=ObjectMeta(name="lightkube", labels={"of": "steps"}), data={"colour": "blue"})).data


def get_and_list():
    return client.get(ConfigMap, "lightkube").data, [one.metadata.name for one in client.list(ConfigMap, labels={"of": "steps"})], len(list(client.list(Deployment)))


def patch():
    return client.patch(ConfigMap, "lightkube", {"data": {"shape": "round"}}, patch_type=PatchType.MERGE).data


def apply():
    return client.apply(ConfigMap(metadata=ObjectMeta(name="lightkube"), data={"colour": "green"}), force=True).data


def replace():
    current = client.get(ConfigMap, "lightkube")
    current.data = {"colour": "red"}
    return client.replace(current).data


def watching():
    for kind, found in client.watch(ConfigMap, labels={"of": "steps"}, server_timeout=20):
        return kind, found.metadata.name


def waiting():
    return client.wait(Pod, pod, for_conditions=["Ready"]).status.phase


def logs():
    return next(iter(client.log(pod))).strip()


def exec_with_standard_input_and_exit_code():
    done = client.exec(pod, command=["sh", "-c", "read line; echo got $line; exit 3"], stdin="words\n", stdout=True, stderr=True)
    return done.stdout, done.exit_code


def delete():
    client.delete(ConfigMap, "lightkube")
    try:
        client.get(ConfigMap, "lightkube")
    except ApiError as error:
        return error.status.code
    raise AssertionError("it is still there")


run([create, get_and_list, patch, apply, replace, watching, waiting, logs, exec_with_standard_input_and_exit_code, delete])
