import { setTimeout } from 'node:timers/promises';
import {
  elevationCandidatesSchema,
  elevationListSchema,
  elevationViewSchema,
  type AuditRecord,
  type ElevationView,
} from '@sallyport/contracts';
import { dayMs } from '@sallyport/contracts/text';
import { hashToken, ProblemError } from '@sallyport/kit';
import type { DirectoryStore } from '@sallyport/directory';
import { createMemoryElevationStore, type ElevationStore } from '@sallyport/stores';
import { checkOf, identityOf, kubernetes, startRig } from './authorize-rig.ts';

const cluster = (name: string) => ({
  name,
  server: 'https://10.0.0.1:6443',
  token: 't',
  impersonate: { groups: ['developers', 'sre', 'admins', 'auditors'] },
  policy: [
    { allow: { or: [{ groups: 'developers' }, { groups: 'sre' }] } },
    { deny: { and: [{ groups: { exclude: 'admins' } }, { 'k8s/verb': 'delete' }] } },
  ],
});

/** An elevation of developers that begins without an approval, in any namespace. */
export const breakGlass = {
  name: 'break-glass',
  clusters: ['*'],
  namespaces: ['*'],
  groups: ['admins'],
  requesters: { groups: ['developers'] },
  approvals: 0,
};

export const elevationsConfig = {
  gateway: { url: 'http://127.0.0.1:8443' },
  clusters: [cluster('prod-eu'), cluster('dev')],
  api: { policy: { elevations: [{ allow: { or: [{ groups: 'auditors' }] } }] } },
  elevations: [
    {
      name: 'prod-admin',
      clusters: ['prod-*'],
      groups: ['admins'],
      requesters: { groups: ['developers', 'interns'] },
      approvers: { groups: ['sre', 'developers'] },
      maxDuration: '1h',
      ticket: { required: false, pattern: 'INC-*' },
    },
    {
      name: 'one-namespace',
      clusters: ['*'],
      namespaces: ['shop'],
      groups: ['admins'],
      requesters: { groups: ['developers'] },
      approvals: 0,
      reason: 'optional',
    },
  ],
};

export type ElevationRig = Awaited<ReturnType<typeof startElevationRig>>;

/** A call about elevations. It returns the status and the body. */
function createElevationCall(rig: Pick<Awaited<ReturnType<typeof startRig>>, 'url' | 'credential'>) {
  return async (token: string, action: object) => {
    const body = {
      credential: { kind: 'token', hash: hashToken(token) },
      request: { method: 'POST', path: '/', host: 'gate', ip: '10.0.0.9' },
      ...action,
    };
    const headers = { authorization: await rig.credential() };
    const url = `${rig.url}/v1/elevations`;
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(body), headers });
    const { status, headers: answered } = response;
    return { status, headers: answered, body: (await response.json()) as Record<string, unknown> };
  };
}

/** Asks which elevations could help with a request that the cluster has refused. */
function createCandidatesCall(rig: Pick<Awaited<ReturnType<typeof startRig>>, 'url' | 'credential'>) {
  return async (token: string, name: string, asked: Parameters<typeof kubernetes>[0], status = 200) => {
    const check = checkOf(token, { kind: 'cluster', name }, { kubernetes: kubernetes(asked) });
    const headers = { authorization: await rig.credential() };
    const url = `${rig.url}/v1/elevation-candidates`;
    const response = await fetch(url, { method: 'POST', body: JSON.stringify({ check }), headers });
    if (response.status !== status) throw new Error(`${response.status} ${await response.text()}`);
    const body: unknown = await response.json();
    return status === 200 ? elevationCandidatesSchema.parse(body).candidates : [];
  };
}

/** Creates an audit log that tests read and take away. */
function createTestLog() {
  const published: AuditRecord[] = [];
  const log = { away: false, tookMs: 0 };
  const sink = {
    async publish(record: AuditRecord) {
      if (log.tookMs > 0) await setTimeout(log.tookMs);
      if (log.away) throw new ProblemError('audit-unavailable', 'The audit log cannot be reached.');
      published.push(record);
    },
  };
  return { published, log, sink };
}

/** Starts authorize with elevations, a clock that tests move, and an audit log that they can take away. */
export async function startElevationRig(
  options: { config?: unknown; store?: ElevationStore; directory?: Pick<DirectoryStore, 'find' | 'lastSync'> } = {},
) {
  let offset = 0;
  let sessions = 0;
  const now = () => Date.now() + offset;
  const { published, log, sink } = createTestLog();
  const store = options.store ?? createMemoryElevationStore({ now });
  const rig = await startRig({
    config: options.config ?? elevationsConfig,
    now,
    ...(options.directory ? { directory: options.directory } : {}),
    elevations: {
      store,
      sink,
    },
  });
  const elevation = createElevationCall(rig);
  const asked = { name: 'prod-admin', cluster: 'prod-eu', durationMs: 600_000, reason: 'the shop is down' };
  const view = async (token: string, action: object): Promise<ElevationView> => {
    const { status, body } = await elevation(token, action);
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    return elevationViewSchema.parse(body['elevation']);
  };
  return {
    ...rig,
    sessions: rig.store,
    elevation,
    store,
    published,
    log,
    asked,
    view,
    advance: (ms: number) => void (offset += ms),
    logInAs: (name: string, ...groups: string[]) =>
      rig.logIn(identityOf(`${name}@example.com`, groups), {
        id: `id-${(sessions += 1)}`,
        expiresAt: Date.now() + dayMs,
        idleMs: dayMs,
      }),
    request: (token: string, more: object = {}) => view(token, { action: 'request', asked: { ...asked, ...more } }),
    decide: (token: string, action: string, id: string) => elevation(token, { action, id, asked: {} }),
    list: async (token: string, all = false) =>
      elevationListSchema.parse((await elevation(token, { action: 'list', all })).body).elevations,
    candidates: createCandidatesCall(rig),
    /** Asks for a delete, which only admins may. Returns the answer of the check. */
    async tryDelete(token: string, name = 'prod-eu', namespace = 'dev') {
      const check = checkOf(
        token,
        { kind: 'cluster', name },
        { kubernetes: kubernetes({ verb: 'delete', requestVerb: 'delete', namespace, name: 'web' }) },
      );
      return (await rig.ask(check))[0]!;
    },
  };
}
