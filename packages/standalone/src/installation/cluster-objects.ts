import { ask, messageOf, type Answer } from './ask.ts';

/** A Secret or ConfigMap. The values of a Secret are in base64, as the API has them. */
export type StoredObject = {
  apiVersion: 'v1';
  kind: 'Secret' | 'ConfigMap';
  metadata: { name: string; labels?: Record<string, string>; resourceVersion?: string };
  type?: string;
  data?: Record<string, string>;
};

/** The Secrets and ConfigMaps of one namespace. */
export type ClusterObjects = {
  read(kind: StoredObject['kind'], name: string): Promise<StoredObject | undefined>;
  /** Returns whether it was created. False means that one with this name exists, which stays as it is. */
  create(object: StoredObject): Promise<boolean>;
  update(object: StoredObject): Promise<void>;
};

type Access = { server: string; caPem: string; token: string; namespace: string };

function send(access: Access, method: string, path: string, object?: StoredObject): Promise<Answer> {
  const headers = { authorization: `Bearer ${access.token}`, 'content-type': 'application/json' };
  const body = object && JSON.stringify(object);
  return ask(new URL(path, access.server), { method, headers, ca: access.caPem }, body, 'the API server');
}

const refusal = (answer: Answer, what: string) =>
  new Error(`the API server refused to ${what}: ${messageOf(answer) ?? `HTTP ${answer.status}`}`);

/** Opens the Secrets and ConfigMaps of a namespace with the token of a ServiceAccount. */
export function openClusterObjects(access: Access): ClusterObjects {
  const pathOf = (kind: StoredObject['kind']) =>
    `/api/v1/namespaces/${access.namespace}/${kind === 'Secret' ? 'secrets' : 'configmaps'}`;
  return {
    async read(kind, name) {
      const answer = await send(access, 'GET', `${pathOf(kind)}/${name}`);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw refusal(answer, `read the ${kind} ${name}`);
      return JSON.parse(answer.text) as StoredObject;
    },
    async create(object) {
      const answer = await send(access, 'POST', pathOf(object.kind), object);
      if (answer.status === 409) return false;
      if (answer.status !== 201) throw refusal(answer, `create the ${object.kind} ${object.metadata.name}`);
      return true;
    },
    async update(object) {
      const answer = await send(access, 'PUT', `${pathOf(object.kind)}/${object.metadata.name}`, object);
      if (answer.status !== 200) throw refusal(answer, `update the ${object.kind} ${object.metadata.name}`);
    },
  };
}
