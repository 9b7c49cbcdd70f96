import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditSink } from '@sallyport/audit-log';
import { checkResponseSchema, type AuditRecord, type Check, type CheckAnswer } from '@sallyport/contracts';
import {
  createMetrics,
  createReadiness,
  createServiceIdentity,
  createServiceVerifier,
  hashToken,
  loadConfig,
} from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { createMemoryReplicaRegistry, createMemorySessionStore } from '@sallyport/stores';
import { checkOf, createLoggerRig, identityOf, sessionOf } from '../testing/authorize-rig.ts';
import { startAuthorize, type RunningAuthorize } from './start-authorize.ts';

let directory: string;
let running: RunningAuthorize;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-authorize-'));
});
afterEach(async () => {
  await running.close();
  rmSync(directory, { recursive: true });
});

const file = () => path.join(directory, 'sallyport.yaml');
const write = (policy: string, more = '') =>
  writeFileSync(
    file(),
    `gateway: {url: "http://gate"}\nservices: {authorize: {listen: "127.0.0.1:0"}}\n${more}clusters:\n  - name: dev\n    server: https://10.0.0.1\n    token: planted-secret\n    policy:\n${policy}`,
  );
const rule = (group: string) => `      - allow: {or: [{groups: ${group}}]}\n`;

/** Starts authorize with a real file, and alice (developers) logged in. */
async function start(auditSink?: Partial<AuditSink>) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { logger, lines } = createLoggerRig();
  const sessions = createMemorySessionStore({ now: Date.now });
  await sessions.create(hashToken('t'), sessionOf(identityOf('alice', ['developers'])));
  const replicas = createMemoryReplicaRegistry({ now: Date.now });
  const events: AuditRecord[] = [];
  const [metrics, readiness] = [createMetrics(), createReadiness()];
  const verifier = createServiceVerifier({ name: 'authorize', publicKeys: { proxy: publicKey }, now: Date.now });
  running = await startAuthorize({
    loaded: loadConfig(file(), {}),
    logger,
    metrics,
    readiness,
    sessions,
    replicas,
    verifier,
    now: Date.now,
    sink: {
      publish: async (record) => void events.push(record),
      enqueue: (record) => void events.push(record),
      hasRoom: () => true,
      ping: async () => {},
      close: async () => {},
      ...auditSink,
    },
  });
  const authorization = await createServiceIdentity({ name: 'proxy', privateKey, now: Date.now }).credentialFor(
    'authorize',
  );
  const ask = async (...checks: Check[]): Promise<CheckAnswer[]> => {
    const response = await fetch(`${running.url}/v1/check`, {
      method: 'POST',
      headers: { authorization },
      body: JSON.stringify({ checks }),
    });
    if (response.status !== 200) throw new Error(`status ${response.status}`);
    return checkResponseSchema.parse(await response.json()).answers;
  };
  const decision = async () => (await ask(checkOf('t', { kind: 'cluster', name: 'dev' })))[0]!.decision;
  return { ask, decision, replicas, events, lines, metrics, readiness };
}

describe('a policy that changes on disk', () => {
  it('decides from then on, with another version, and is recorded and reported', async () => {
    write(rule('developers'));
    const { decision, replicas, events } = await start();
    const before = await decision();
    expect(before.effect).toBe('allow');
    write(rule('sre'));
    await until(async () => (await decision()).effect === 'deny');
    const after = await decision();
    expect(after.policyVersion).not.toBe(before.policyVersion);
    await until(() => events.length === 2);
    expect(events.map(({ type, data }) => ({ type, ...data.sallyport.policy }))).toEqual([
      { type: 'policy.changed', version: before.policyVersion, rules: 1, clusters: 1, trigger: 'start' },
      {
        type: 'policy.changed',
        version: after.policyVersion,
        previous: before.policyVersion,
        rules: 1,
        clusters: 1,
        trigger: 'file',
      },
    ]);
    await until(async () => (await replicas.list())[0]?.version === after.policyVersion);
    expect(await replicas.list()).toEqual([
      expect.objectContaining({
        service: 'authorize',
        id: expect.stringMatching(/^authorize\/[0-9a-f]{8}$/),
        restartNeeded: [],
      }),
    ]);
  });

  it('is refused with file, line and column if it is faulty; the previous one remains in force', async () => {
    write(rule('developers'));
    const { decision, replicas, events, lines } = await start();
    const before = await decision();
    write(`${rule('developers')}      - allow: {or: [{gruops: sre}]}\n`, 'policies: {base: []}\n');
    await until(async () => (await replicas.list())[0]?.rejected !== undefined);
    const fault = {
      file: file(),
      line: 10,
      column: 23,
      path: 'clusters.0.policy.1.allow.or.0.gruops',
      message: 'unknown criterion "gruops"',
      hint: 'did you mean groups?',
    };
    expect((await replicas.list())[0]!.rejected!.faults).toEqual([fault]);
    expect(await decision()).toEqual(before);
    expect(events.at(-1)).toMatchObject({
      type: 'policy.rejected',
      data: { sallyport: { policy: { version: before.policyVersion, trigger: 'file', faults: [fault] } } },
    });
    expect(JSON.stringify([events, lines])).not.toContain('planted-secret');
  });

  it('is reported with the warnings of lint, a bounded number of them', async () => {
    write(rule('developers'));
    const { replicas, decision } = await start();
    const before = await decision();
    const idle = '      - allow: {and: [{groups: sre}, {k8s/verb: exec}, {k8s/cluster: prd}]}\n';
    write(`${rule('developers')}${idle.repeat(30)}`);
    await until(async () => (await replicas.list())[0]?.version !== before.policyVersion);
    // The warnings of lint come after the change itself.
    await until(async () => (await replicas.list())[0]?.warnings?.[0]?.code === 'unknown-verb');
    const warnings = (await replicas.list())[0]!.warnings!;
    expect(warnings[0]).toMatchObject({ code: 'unknown-verb', suggestion: 'create', line: 9 });
    expect(warnings[1]).toMatchObject({ code: 'unknown-cluster', message: expect.stringContaining('"prd"') });
    expect(warnings).toHaveLength(21);
    expect(warnings[20]!.message).toMatch(/^and \d+ more$/);
  });

  it('is the same if it is read again unchanged, or in another layout', async () => {
    write(rule('developers'), 'policy: [{deny: {and: [{groups: banned}]}}]\n');
    const { decision, metrics } = await start();
    const before = await decision();
    write(`      # no other\n${rule('developers')}`, 'policy:\n  - deny:\n      and: [groups: banned]\n');
    running.reload();
    const unchanged = async () =>
      (await metrics.getSingleMetricAsString('sallyport_config_reloads_total')).includes('{result="unchanged"} 1');
    await until(unchanged);
    expect(await decision()).toEqual(before);
  });

  it('is reloaded by every replica on request, with clusters and explain settings', async () => {
    write(rule('developers'));
    const { ask, replicas } = await start();
    expect(running.policies.current().clusters.get('dev')!.explain).toBe(false);
    write(
      `${rule('developers')}    explain: true\n  - {name: prod, server: "https://10.0.0.2", token: t, policy: [{allow: {or: [{accept: true}]}}]}\n`,
    );
    await replicas.requestReload();
    await until(() => running.policies.current().clusters.get('dev')!.explain);
    expect((await ask(checkOf('t', { kind: 'cluster', name: 'prod' })))[0]!.decision.effect).toBe('allow');
  });

  it('can have ten thousand rules: every check during the reload is answered, by one policy or the other', async () => {
    write(rule('developers'));
    const { decision } = await start();
    const { policyVersion } = await decision();
    write(`${Array.from({ length: 10_000 }, (_none, index) => rule(`team-${index}`)).join('')}${rule('developers')}`);
    running.reload();
    const seen = new Set<string>();
    let answers = 0;
    await until(async () => {
      const all = await Promise.all(Array.from({ length: 20 }, decision));
      answers += all.length;
      for (const one of all) {
        expect(one.effect).toBe('allow');
        seen.add(`${one.policyVersion} ${one.rule}`);
      }
      return all[0]!.policyVersion !== policyVersion;
    });
    expect(seen.size).toBe(2);
    expect([...seen]).toEqual([
      `${policyVersion} cluster/dev[0].allow.or`,
      expect.stringMatching(/ cluster\/dev\[10000\]\.allow\.or$/),
    ]);
    expect(answers).toBeGreaterThan(100);
  });
});

describe('a policy that changes while the audit log is away', () => {
  it('waits, leaves no event of an attempt behind, and comes into force by itself once it is recorded', async () => {
    write(rule('developers'));
    let away = true;
    const fails = async () => {
      if (away) throw new Error('away');
    };
    const { decision, replicas, events, readiness, metrics } = await start({ ping: fails });
    const before = await decision();
    write(rule('sre'));
    await until(async () => (await replicas.list())[0]?.waiting !== undefined);
    expect(await decision()).toEqual(before);
    expect(await readiness.report()).toMatchObject({
      ready: true,
      checks: { policy: expect.stringMatching(/^ok \(policy \w+ waits: the audit log did not record/) },
    });
    expect(await metrics.getSingleMetricAsString('sallyport_config_waiting')).toContain('sallyport_config_waiting 1');
    expect(events).toHaveLength(1);
    away = false;
    await until(async () => (await decision()).effect === 'deny');
    expect(events.map(({ type }) => type)).toEqual(['policy.changed', 'policy.changed']);
    await until(async () => (await replicas.list())[0]?.waiting === undefined);
    expect((await readiness.report()).checks['policy']).toBe('ok');
  });

  it('is followed by an event that says it is not in force, if its own may have been delivered', async () => {
    write(rule('developers'));
    const late: AuditRecord[] = [];
    const { decision, events } = await start({
      publish: async (record) => {
        late.push(record);
        if (late.length === 1) throw new Error('not in time');
      },
    });
    const { policyVersion } = await decision();
    write(rule('sre'));
    await until(() => events.length === 2);
    expect(events[1]).toMatchObject({
      type: 'policy.rejected',
      data: {
        sallyport: {
          policy: { version: policyVersion },
          detail: expect.stringMatching(new RegExp(`is not in force yet; policy ${policyVersion} remains in force`)),
        },
      },
    });
    await until(async () => (await decision()).effect === 'deny');
    expect(late).toHaveLength(2);
  });

  it('comes into force if a spool keeps the event', async () => {
    write(rule('developers'));
    const kept: AuditRecord[] = [];
    const { decision } = await start({
      publish: () => Promise.reject(new Error('away')),
      ping: () => Promise.reject(new Error('away')),
      keep: async (record) => void kept.push(record),
    });
    write(rule('sre'));
    await until(async () => (await decision()).effect === 'deny');
    expect(kept.map(({ type }) => type)).toEqual(['policy.changed']);
  });
});
