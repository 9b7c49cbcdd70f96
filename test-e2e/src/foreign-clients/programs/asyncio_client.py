"""`kubernetes_asyncio`, the official client's sibling for asyncio."""
import asyncio

from kubernetes_asyncio import client, config, watch
from kubernetes_asyncio.client.rest import ApiException
from kubernetes_asyncio.stream import WsApiClient
from kubernetes_asyncio.stream.ws_client import ERROR_CHANNEL, STDOUT_CHANNEL
from steps import config_map, namespace, pod, run_async


async def main():
    await config.load_kube_config()
    async with client.ApiClient() as api, WsApiClient() as sockets:
        core = client.CoreV1Api(api)

        async def versions():
            return (await client.VersionApi(api).get_code()).git_version

        async def discovery():
            groups = (await client.ApisApi(api).get_api_versions()).groups
            resources = (await core.get_api_resources()).resources
            return sorted(one.name for one in groups), len(resources), (await client.CoreApi(api).get_api_versions()).versions

        async def create():
            return (await core.create_namespaced_config_map(namespace, config_map("asyncio", colour="blue"))).data

        async def get_and_list():
            found = await core.list_namespaced_config_map(namespace, label_selector="of=steps")
            return (await core.read_namespaced_config_map("asyncio", namespace)).data, [one.metadata.name for one in found.items]

        async def patch():
            return (await core.patch_namespaced_config_map("asyncio", namespace, {"data": {"shape": "round"}})).data

        async def replace():
            current = await core.read_namespaced_config_map("asyncio", namespace)
            current.data = {"colour": "red"}
            return (await core.replace_namespaced_config_map("asyncio", namespace, current)).data

        async def watching():
            seen = []
            start = (await core.list_namespaced_config_map(namespace)).metadata.resource_version
            await core.create_namespaced_config_map(namespace, config_map("watched"))
            await core.delete_namespaced_config_map("watched", namespace)
            async with watch.Watch().stream(core.list_namespaced_config_map, namespace, resource_version=start, timeout_seconds=20) as events:
                async for event in events:
                    if event["object"].metadata.name == "watched":
                        seen.append(event["type"])
                    if seen[-1:] == ["DELETED"]:
                        break
            return seen

        async def logs():
            return (await core.read_namespaced_pod_log(pod, namespace)).split("\n")[0]

        async def exec_with_its_output():
            return await client.CoreV1Api(sockets).connect_get_namespaced_pod_exec(pod, namespace, command=["echo", "out"], stdout=True, stderr=True, stdin=False, tty=False)

        async def exec_with_standard_input_and_exit_code():
            out, code = "", None
            command = ["sh", "-c", "read line; echo got $line; exit 3"]
            socket = await client.CoreV1Api(sockets).connect_get_namespaced_pod_exec(pod, namespace, command=command, stdin=True, stdout=True, stderr=True, tty=False, _preload_content=False)
            async with socket as session:
                await session.send_bytes(b"\x00words\n")
                async for message in session:
                    channel, data = message.data[0], message.data[1:].decode()
                    if channel == STDOUT_CHANNEL:
                        out += data
                    elif channel == ERROR_CHANNEL:
                        code = WsApiClient.parse_error_data(data)
                        break
            return out, code

        async def delete():
            await core.delete_namespaced_config_map("asyncio", namespace)
            try:
                await core.read_namespaced_config_map("asyncio", namespace)
            except ApiException as error:
                return error.status
            raise AssertionError("it is still there")

        await run_async([versions, discovery, create, get_and_list, patch, replace, watching, logs, exec_with_its_output, exec_with_standard_input_and_exit_code, delete])


asyncio.run(main())
