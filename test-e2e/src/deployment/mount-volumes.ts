import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { podSpecOf, type Manifest, type VolumeSource } from './manifests.ts';

function filesOf(source: VolumeSource, objects: readonly Manifest[]): Record<string, string> {
  const kind = source.secret ? 'Secret' : 'ConfigMap';
  const name = source.secret?.name ?? source.secret?.secretName ?? source.configMap?.name;
  const object = objects.find((one) => one.kind === kind && one.metadata.name === name);
  if (!object) throw new Error(`nothing provides the ${kind} ${name}`);
  const content = { ...object.data, ...object.stringData };
  const items =
    source.secret?.items ?? source.configMap?.items ?? Object.keys(content).map((key) => ({ key, path: key }));
  return Object.fromEntries(
    items.map((item) => {
      if (content[item.key] === undefined) throw new Error(`the ${kind} ${name} has no ${item.key}`);
      return [item.path, content[item.key]!];
    }),
  );
}

/** Where the kubelet mounts the token of a ServiceAccount, and the CA of the cluster from `kube-root-ca.crt`. */
const account = '/var/run/secrets/kubernetes.io/serviceaccount';

const writable = ['/var/spool/sallyport', '/var/lib/sallyport'];

/**
 * Writes the volumes of the pod of a Deployment or StatefulSet below `root`. Paths in the files are rewritten to be below `root` too, so that
 * a program that is started here finds its files. Returns the arguments of its container, rewritten in the same way.
 */
export function mountVolumes(deployment: Manifest, objects: readonly Manifest[], root: string): string[] {
  const spec = podSpecOf(deployment);
  const container = spec.containers[0]!;
  const moved = (text: string) =>
    ['/etc/sallyport', ...writable, account].reduce(
      (result, place) => result.replaceAll(place, path.join(root, place)),
      text,
    );
  const write = (file: string, text: string) => {
    const full = path.join(root, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, moved(text));
  };
  for (const mount of container.volumeMounts) {
    const volume = spec.volumes.find((one) => one.name === mount.name);
    if (!volume) throw new Error(`${deployment.metadata.name} mounts ${mount.name}, which is not a volume`);
    if (volume.emptyDir || volume.persistentVolumeClaim) {
      mkdirSync(path.join(root, mount.mountPath), { recursive: true });
      continue;
    }
    for (const source of volume.projected?.sources ?? [volume]) {
      for (const [file, text] of Object.entries(filesOf(source, objects))) {
        write(path.join(mount.mountPath, file), text);
      }
    }
  }
  if (spec.automountServiceAccountToken === true) {
    write(path.join(account, 'token'), 'the-token-of-the-service-account');
    for (const [file, text] of Object.entries(filesOf({ configMap: { name: 'kube-root-ca.crt' } }, objects)))
      write(path.join(account, file), text);
  }
  return container.args.map(moved);
}
