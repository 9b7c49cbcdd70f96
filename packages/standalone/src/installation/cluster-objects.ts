import { request } from 'node:https';

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
type Answer = { status: number; body: string };

const timeoutMs = 10_000;

function send(access: Access, method: string, path: string, object?: StoredObject): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${access.token}`, 'content-type': 'application/json' };
    const options = { method, headers, ca: access.caPem, timeout: timeoutMs };
    const sent = request(new URL(path, access.server), options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
      response.once('error', reject);
    });
    sent.once('timeout', () => sent.destroy(new Error(`the API server did not answer within ${timeoutMs / 1000} s`)));
    sent.once('error', reject);
    sent.end(object && JSON.stringify(object));
  });
}

/** Returns why the API server refused a request. Its words name an object, but never the content of a Secret. */
function refusal({ status, body }: Answer, what: string): Error {
  let message = `HTTP ${status}`;
  try {
    message = (JSON.parse(body) as { message?: string }).message ?? message;
  } catch {
    /* not a Status: the number has to do */
  }
  return new Error(`the API server refused to ${what}: ${message}`);
}

/** Opens the Secrets and ConfigMaps of a namespace with the token of a ServiceAccount. */
export function openClusterObjects(access: Access): ClusterObjects {
  const pathOf = (kind: StoredObject['kind']) =>
    `/api/v1/namespaces/${access.namespace}/${kind === 'Secret' ? 'secrets' : 'configmaps'}`;
  return {
    async read(kind, name) {
      const answer = await send(access, 'GET', `${pathOf(kind)}/${name}`);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw refusal(answer, `read the ${kind} ${name}`);
      return JSON.parse(answer.body) as StoredObject;
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
