import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { runCommand, theBed } from '../harness/index.ts';

export const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

export type VolumeSource = {
  secret?: { name?: string; secretName?: string; items?: { key: string; path: string }[] };
  configMap?: { name: string; items?: { key: string; path: string }[] };
};
export type Volume = VolumeSource & {
  name: string;
  projected?: { sources: VolumeSource[] };
  emptyDir?: object;
  persistentVolumeClaim?: object;
};
export type Container = {
  name: string;
  args: string[];
  securityContext?: Record<string, unknown>;
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
  lifecycle?: { preStop: { sleep: { seconds: number } } };
  [field: string]: unknown;
};
export type PodSpec = {
  serviceAccountName: string;
  automountServiceAccountToken?: boolean;
  securityContext?: Record<string, unknown>;
  containers: Container[];
  terminationGracePeriodSeconds?: number;
  volumes: Volume[];
  [field: string]: unknown;
};
/** An object of the manifests, with the fields that the tests check. */
export type Manifest = {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  rules?: unknown;
  spec?: { template?: { spec: PodSpec }; [field: string]: unknown };
  [field: string]: unknown;
};

/** Returns the objects in a text of YAML documents. */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((one) => one !== null);
}

/** Returns the output of `kubectl kustomize` for a directory of the repository. */
export async function renderManifests(directory: string): Promise<Manifest[]> {
  const { code, stdout, stderr } = await runCommand(theBed().kubectl!, ['kustomize', path.join(repository, directory)]);
  if (code !== 0) throw new Error(`kustomize ${directory}: ${stderr}`);
  return parseManifests(stdout);
}

/** Returns the Secrets and the ConfigMap that an operator creates, with the scripts and from the example. */
export async function renderSecrets(): Promise<Manifest[]> {
  const made: Manifest[] = [];
  for (const script of ['make-keys.sh', 'make-session-key.sh']) {
    const { code, stdout, stderr } = await runCommand('sh', [path.join(repository, 'k8s', script)]);
    if (code !== 0) throw new Error(`${script}: ${stderr}`);
    made.push(...parseManifests(stdout));
  }
  return [...made, ...parseManifests(readFileSync(path.join(repository, 'k8s/examples/secrets.yaml'), 'utf8'))];
}

export const podSpecOf = (manifest: Manifest): PodSpec => manifest.spec!.template!.spec;
