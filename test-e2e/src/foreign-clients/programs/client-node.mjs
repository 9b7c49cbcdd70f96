// The official JavaScript client, `@kubernetes/client-node`.
import { PassThrough } from 'node:stream';
import {
  AppsV1Api,
  ApisApi,
  CoreApi,
  CoreV1Api,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  PatchStrategy,
  PortForward,
  VersionApi,
  Watch,
  setHeaderOptions,
} from '@kubernetes/client-node';

const { FOREIGN_NAMESPACE: namespace, FOREIGN_POD: pod } = process.env;
const config = new KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(CoreV1Api);
const map = (name, data) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, labels: { of: 'steps' } },
  data,
});
const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

function gather() {
  const stream = new PassThrough();
  let text = '';
  stream.on('data', (chunk) => {
    text += chunk;
  });
  return { stream, text: () => text };
}

const steps = {
  versions: async () => (await config.makeApiClient(VersionApi).getCode()).gitVersion,
  discovery: async () => {
    const groups = (await config.makeApiClient(ApisApi).getAPIVersions()).groups.map(({ name }) => name).toSorted();
    const resources =
      (await core.getAPIResources()).resources.length +
      (await config.makeApiClient(AppsV1Api).getAPIResources()).resources.length;
    return [groups, resources, (await config.makeApiClient(CoreApi).getAPIVersions()).versions];
  },
  create: async () => (await core.createNamespacedConfigMap({ namespace, body: map('node', { colour: 'blue' }) })).data,
  'get and list': async () => [
    (await core.readNamespacedConfigMap({ namespace, name: 'node' })).data,
    (await core.listNamespacedConfigMap({ namespace, labelSelector: 'of=steps' })).items.map(
      ({ metadata }) => metadata.name,
    ),
  ],
  patch: async () =>
    (await core.patchNamespacedConfigMap({ namespace, name: 'node', body: { data: { shape: 'round' } } }, merge)).data,
  replace: async () => {
    const current = await core.readNamespacedConfigMap({ namespace, name: 'node' });
    current.data = { colour: 'red' };
    return (await core.replaceNamespacedConfigMap({ namespace, name: 'node', body: current })).data;
  },
  watching: async () => {
    const start = (await core.listNamespacedConfigMap({ namespace })).metadata.resourceVersion;
    await core.createNamespacedConfigMap({ namespace, body: map('watched', {}) });
    await core.deleteNamespacedConfigMap({ namespace, name: 'watched' });
    const seen = [];
    await new Promise((resolve, reject) => {
      void new Watch(config)
        .watch(
          `/api/v1/namespaces/${namespace}/configmaps`,
          { resourceVersion: start, timeoutSeconds: 20 },
          (type, object) => {
            if (object.metadata.name === 'watched') seen.push(type);
            if (type === 'DELETED') resolve();
          },
          (error) => (error ? reject(error) : resolve()),
        )
        .then((controller) => controller, reject);
    });
    return seen;
  },
  logs: async () => (await core.readNamespacedPodLog({ namespace, name: pod })).split('\n')[0],
  'logs that are followed': async () => {
    const out = gather();
    await new Log(config).log(namespace, pod, 'main', out.stream, { follow: true });
    while (!out.text().includes('\n'))
      await new Promise((resolve) => {
        out.stream.once('data', resolve);
      });
    return out.text().split('\n')[0];
  },
  'exec with standard input and exit code': async () => {
    const [out, error, input] = [gather(), gather(), new PassThrough()];
    const status = await new Promise((resolve, reject) => {
      new Exec(config)
        .exec(
          namespace,
          pod,
          'main',
          ['sh', '-c', 'read line; echo got $line; echo bad >&2; exit 3'],
          out.stream,
          error.stream,
          input,
          false,
          resolve,
        )
        .catch(reject);
      input.write('words\n');
    });
    return [out.text(), error.text(), status.details.causes[0].message];
  },
  'port forward': async () => {
    const [out, error, input] = [gather(), gather(), new PassThrough()];
    await new PortForward(config).portForward(namespace, pod, [8080], out.stream, error.stream, input);
    input.write('GET / HTTP/1.0\r\nHost: pod\r\n\r\n');
    while (!out.text().includes('hello'))
      await new Promise((resolve) => {
        out.stream.once('data', resolve);
      });
    return out.text().split('\r\n')[0];
  },
  'objects of any kind': async () => {
    const objects = KubernetesObjectApi.makeApiClient(config);
    await objects.create(map('any', { colour: 'blue' }));
    const changed = await objects.patch(
      map('any', { colour: 'green' }),
      undefined,
      undefined,
      'steps',
      true,
      PatchStrategy.ServerSideApply,
    );
    await objects.delete(map('any'));
    return changed.data;
  },
  delete: async () => {
    await core.deleteNamespacedConfigMap({ namespace, name: 'node' });
    return core.readNamespacedConfigMap({ namespace, name: 'node' }).then(
      () => {
        throw new Error('it is still there');
      },
      (error) => error.code,
    );
  },
};

for (const [step, take] of Object.entries(steps)) {
  const verdict = await take().then(
    (saw) => ({ step, verdict: 'passed', saw }),
    (error) => ({ step, verdict: `${error.name}: ${String(error.message).slice(0, 300)}` }),
  );
  process.stdout.write(`${JSON.stringify(verdict)}\n`);
}
process.exit(0);
