import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createRig, type Rig } from '../../testing/rig.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.remove());

const gateway = 'system:serviceaccount:sallyport:gateway';
const idOf = (number: number) => `3c1de22c-43ba-4b37-9dbb-${number.toString(16).padStart(12, '0')}`;
const start = Date.UTC(2026, 10, 27, 8);
/** Returns the time so many tenths of a second after the start. */
const time = (tenths: number) => new Date(start + tenths * 100).toISOString().replace('Z', '301Z');

type Request = { id: number; at: number; verb: string; resource: string; user: string; code: number; reason?: string };

function common({ id, at, verb, resource, code }: Request) {
  const [name, subresource] = resource.split('/') as [string, string?];
  return {
    auditID: idOf(id),
    stage: 'ResponseComplete',
    requestURI: `/api/v1/namespaces/prod/${name}${subresource === undefined ? '' : `/web-0/${subresource}`}`,
    verb,
    objectRef: {
      resource: name,
      namespace: 'prod',
      ...(subresource === undefined ? {} : { name: 'web-0', subresource }),
    },
    requestReceivedTimestamp: time(at),
    stageTimestamp: time(at),
    responseStatus: { code },
  };
}
const ours = (request: Request) => ({
  ...common(request),
  user: { username: request.user },
  sallyport: {
    cluster: { name: 'prod' },
    decision: { effect: 'allow' },
    request: { method: request.verb === 'create' ? 'POST' : 'GET' },
    upstreamMs: 3,
  },
});
const direct = (request: Request) => ({
  ...common(request),
  level: 'Metadata',
  user: { username: request.user },
  sourceIPs: ['10.0.3.7'],
});
const theirs = (request: Request) => ({
  ...direct(request),
  user: { username: gateway },
  impersonatedUser: { username: request.user },
  ...(request.reason === undefined
    ? {}
    : {
        annotations: { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': request.reason },
      }),
});

/** An hour of a cluster: reads through the gateway, its components, and three requests that are to be found. */
function writeLogs(): void {
  const reads = Array.from({ length: 1200 }, (_, id): Request => {
    const user = id % 3 === 0 ? 'bob@example.com' : 'alice@example.com';
    return { id, at: id * 30, verb: 'list', resource: 'pods', user, code: 200 };
  });
  const refused: Request = {
    id: 1_000_001,
    at: 9_000,
    verb: 'create',
    resource: 'pods',
    user: 'alice@example.com',
    code: 403,
    reason: 'no RBAC policy matched',
  };
  const bypass: Request = {
    id: 1_000_002,
    at: 8_421,
    verb: 'create',
    resource: 'pods/exec',
    user: 'kubernetes-admin',
    code: 101,
  };
  const components = Array.from({ length: 3000 }, (_, number): Request => {
    const user = number % 5 === 0 ? 'system:node:worker-1' : 'system:apiserver';
    return { id: 2_000_000 + number, at: number * 12, verb: 'get', resource: 'configmaps', user, code: 200 };
  });
  const lines = (events: object[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('');
  const lost = reads[700];
  writeFileSync(path.join(rig.directory, 'trail.ndjson'), lines([...reads, refused].map(ours)));
  writeFileSync(
    path.join(rig.directory, 'audit.log'),
    lines([...[...reads.filter((one) => one !== lost), refused].map(theirs), ...[bypass, ...components].map(direct)]),
  );
}

it('prints what the page about the join shows', async () => {
  writeLogs();
  const { code, out } = await rig.run(
    'audit',
    'join',
    '--cluster',
    'prod',
    '--cluster-log',
    'audit.log',
    '--events',
    'trail.ndjson',
  );
  expect(code).toBe(1);
  const page = readFileSync(path.resolve(import.meta.dirname, '../../../../../docs/audit-join.md'), 'utf8');
  const [, shown] = /```text\n([^`]*)```/.exec(page) ?? [];
  expect(out).toBe(shown);
});
