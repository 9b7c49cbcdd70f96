"""The official Python client, package `kubernetes`."""
import time

from kubernetes import client, config, dynamic, watch
from kubernetes.client.rest import ApiException
from kubernetes.stream import portforward, stream
from steps import check, config_map, image, namespace, pod, run

config.load_kube_config()
core, apps = client.CoreV1Api(), client.AppsV1Api()


def versions():
    return client.VersionApi().get_code().git_version


def discovery_of_the_core_group():
    check("v1" in client.CoreApi().get_api_versions().versions, "no v1")
    return sorted(one.name for one in core.get_api_resources().resources if "/" not in one.name)


def discovery_of_groups():
    groups = client.ApisApi().get_api_versions().groups
    check(client.AppsApi().get_api_group().preferred_version.version == "v1", "apps is not v1")
    return sorted(one.name for one in groups), sorted(one.name for one in apps.get_api_resources().resources)


def the_list_of_log_files():
    # A plain page, where the API server serves it at all.
    try:
        return client.LogsApi().log_file_list_handler(_preload_content=False).status
    except ApiException as error:
        return error.status


def create():
    return core.create_namespaced_config_map(namespace, config_map("official", colour="blue")).data


def create_what_is_there():
    try:
        core.create_namespaced_config_map(namespace, config_map("official", colour="blue"))
    except ApiException as error:
        return error.status, error.reason
    raise AssertionError("it was created twice")


def get_and_list():
    found = core.list_namespaced_config_map(namespace, label_selector="of=steps", limit=5)
    return core.read_namespaced_config_map("official", namespace).data, [one.metadata.name for one in found.items]


def list_across_namespaces():
    return [one.metadata.name for one in core.list_config_map_for_all_namespaces(field_selector=f"metadata.namespace={namespace},metadata.name=official").items]


def patch():
    return core.patch_namespaced_config_map("official", namespace, {"data": {"shape": "round"}}).data


def patch_as_json():
    return core.patch_namespaced_config_map("official", namespace, [{"op": "replace", "path": "/data/shape", "value": "square"}]).data


def replace():
    current = core.read_namespaced_config_map("official", namespace)
    current.data = {"colour": "red"}
    return core.replace_namespaced_config_map("official", namespace, current).data


def watching():
    seen = []
    start = core.list_namespaced_config_map(namespace).metadata.resource_version
    core.create_namespaced_config_map(namespace, config_map("watched", n="1"))
    core.patch_namespaced_config_map("watched", namespace, {"data": {"n": "2"}})
    core.delete_namespaced_config_map("watched", namespace)
    watcher = watch.Watch()
    for event in watcher.stream(core.list_namespaced_config_map, namespace, resource_version=start, timeout_seconds=20):
        if event["object"].metadata.name == "watched":
            seen.append(event["type"])
        if seen and seen[-1] == "DELETED":
            watcher.stop()
    return seen


def a_pod_of_its_own():
    container = {"name": "main", "image": image, "imagePullPolicy": "Never", "command": ["sh", "-c", "echo from the pod; sleep 1000"]}
    core.create_namespaced_pod(namespace, {"metadata": {"name": "official"}, "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]}})
    watcher = watch.Watch()
    for event in watcher.stream(core.list_namespaced_pod, namespace, field_selector="metadata.name=official", timeout_seconds=60):
        if event["object"].status.phase == "Running":
            watcher.stop()
            return "Running"
    raise AssertionError("it does not run")


def logs():
    for _ in range(50):
        text = core.read_namespaced_pod_log("official", namespace)
        if text:
            return text
        time.sleep(0.1)
    raise AssertionError("nothing was logged")


def logs_that_are_followed():
    watcher = watch.Watch()
    for line in watcher.stream(core.read_namespaced_pod_log, "official", namespace, follow=True):
        watcher.stop()
        return line


def exec_with_its_output():
    return stream(core.connect_get_namespaced_pod_exec, pod, namespace, command=["echo", "out"], stdout=True, stderr=True, stdin=False, tty=False)


def exec_with_standard_input_and_exit_code():
    session = stream(core.connect_get_namespaced_pod_exec, pod, namespace, command=["sh", "-c", "read line; echo got $line; exit 3"], stdin=True, stdout=True, stderr=True, tty=False, _preload_content=False)
    session.write_stdin("words\n")
    out = ""
    while session.is_open():
        session.update(timeout=10)
        if session.peek_stdout():
            out += session.read_stdout()
    return out, session.returncode


def port_forward():
    forward = portforward(core.connect_get_namespaced_pod_portforward, pod, namespace, ports="8080")
    socket = forward.socket(8080)
    socket.settimeout(10)
    socket.sendall(b"GET / HTTP/1.0\r\nHost: pod\r\n\r\n")
    answer = b""
    while True:
        part = socket.recv(4096)
        if not part:
            break
        answer += part
    return answer.split(b"\r\n")[0].decode(), answer.split(b"\r\n\r\n")[-1].decode()


def proxy_to_a_pod():
    return core.connect_get_namespaced_pod_proxy_with_path(f"{pod}:8080", namespace, "index.html", _preload_content=False).data.decode()


def the_dynamic_client():
    dynamic_client = dynamic.DynamicClient(client.ApiClient())
    maps = dynamic_client.resources.get(api_version="v1", kind="ConfigMap")
    made = maps.create(body=config_map("dynamic", colour="blue"), namespace=namespace)
    maps.server_side_apply(body=config_map("dynamic", colour="green"), name="dynamic", namespace=namespace, field_manager="steps", force_conflicts=True)
    changed = maps.get(name="dynamic", namespace=namespace).data.to_dict()
    maps.delete(name="dynamic", namespace=namespace)
    deployments = dynamic_client.resources.get(api_version="apps/v1", kind="Deployment")
    return made.data.to_dict(), changed, len(deployments.get(namespace=namespace).items)


def review_of_ones_own_rights():
    review = client.AuthorizationV1Api().create_self_subject_access_review({"spec": {"resourceAttributes": {"namespace": namespace, "verb": "get", "resource": "pods"}}})
    return review.status.allowed


def delete():
    core.delete_namespaced_config_map("official", namespace)
    core.delete_namespaced_pod("official", namespace, grace_period_seconds=0)
    try:
        core.read_namespaced_config_map("official", namespace)
    except ApiException as error:
        return error.status
    raise AssertionError("it is still there")


def delete_what_is_selected():
    for name in ("one", "two"):
        core.create_namespaced_config_map(namespace, config_map(name))
    core.delete_collection_namespaced_config_map(namespace, label_selector="of=steps")
    return len(core.list_namespaced_config_map(namespace, label_selector="of=steps").items)


run([versions, discovery_of_the_core_group, discovery_of_groups, the_list_of_log_files, create, create_what_is_there, get_and_list, list_across_namespaces, patch, patch_as_json, replace, watching, a_pod_of_its_own, logs,
     logs_that_are_followed, exec_with_its_output, exec_with_standard_input_and_exit_code, port_forward, proxy_to_a_pod, the_dynamic_client, review_of_ones_own_rights, delete, delete_what_is_selected])
