import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigFaults } from '../config/config-faults.ts';
import { loadConfig } from '../config/load-config.ts';
import { createMetrics } from '../observe/create-admin-server.ts';
import { createLogger } from '../observe/create-logger.ts';
import { until } from '../testing/until.ts';
import type { ReadCandidate } from './config-reader.ts';
import { createReloader } from './create-reloader.ts';
import type { AcceptedCandidate, Reloader } from './reloader.ts';
import * as engine from '../testing/policy-engine.ts';
import { packDocuments } from './pack-documents.ts';
import { readCandidate } from './read-candidate.ts';

let directory: string;
let file: string;
let reloader: Reloader;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-reload-'));
  file = path.join(directory, 'sallyport.yaml');
});
afterEach(async () => {
  await reloader.close();
  rmSync(directory, { recursive: true });
});

const write = (policy: string, more = '') =>
  writeFileSync(
    file,
    `gateway: {url: "http://gate"}\n${more}clusters:\n  - {name: dev, server: "https://10.0.0.1", token: planted-secret, policy: ${policy}}\n`,
  );

/** Creates a reloader with a reader in this thread, which can be delayed. */
function start(
  options: {
    version?: string;
    warnings?: [];
    fails?: boolean;
    retry?: object;
    apply?: (candidate: AcceptedCandidate) => Promise<void>;
    /** Further settings at the start. */
    more?: string;
  } = {},
) {
  write('[good]', options.more);
  const seen = {
    applied: [] as string[],
    changed: [] as object[],
    rejected: [] as object[],
    reads: 0,
    lines: [] as string[],
    hold: Promise.resolve(),
    fails: options.fails ?? false,
    /** Resolves when lint may finish. */
    lint: undefined as Promise<void> | undefined,
    lintFails: false,
  };
  const metrics = createMetrics();
  const clock = { now: 1000 };
  let inForce = options.version;
  reloader = createReloader({
    loaded: loadConfig(file, {}),
    version: options.version,
    ...(options.warnings && { warnings: options.warnings }),
    reloadable: ['clusters'],
    metrics,
    now: () => clock.now,
    pace: { everyMs: 30, quietMs: 10 },
    ...(options.retry && { retry: options.retry }),
    logger: createLogger({
      service: 'proxy',
      level: 'info',
      destination: { write: (line: string) => void seen.lines.push(line) },
    }),
    async read(request): Promise<ReadCandidate> {
      seen.reads += 1;
      await seen.hold;
      if (seen.fails)
        return {
          ok: false,
          faults: [{ path: '', file, message: 'cannot be read (the reader failed)' }],
          files: [],
          failure: new Error('no thread'),
        };
      const candidate = readCandidate({ ...request, env: {} }, engine);
      if (!candidate.ok) return candidate;
      const { lint, ...rest } = candidate;
      const { lintFails } = seen;
      const allWarnings = seen.lint?.then(() => (lintFails ? undefined : lint()));
      return { ...rest, documents: packDocuments(rest.plan.documents), ...(allWarnings && { allWarnings }) };
    },
    async apply(candidate, trigger) {
      const { version } = candidate;
      if (options.apply) await options.apply(candidate);
      else seen.applied.push(version);
      if (version !== inForce) seen.changed.push({ previous: inForce, version, trigger });
      inForce = version;
    },
    onRejected: (event) => seen.rejected.push(event),
  });
  const metric = async (name: string) =>
    (await metrics.getSingleMetricAsString(`sallyport_${name}`))
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .map((line) => line.replace(/^\w+/, ''));
  return { seen, metric, clock };
}

describe('warnings about a policy', () => {
  it('are in the status of a service that reports them, until they are fixed', async () => {
    const { seen } = start({ version: 'v0', warnings: [] });
    expect(reloader.status().warnings).toEqual([]);
    write('[good, doubtful]');
    await until(() => seen.changed.length === 1);
    expect(reloader.status().warnings).toEqual([expect.objectContaining({ message: 'is doubtful' })]);
    write('[good]');
    await until(() => seen.changed.length === 2);
    expect(reloader.status().warnings).toEqual([]);
  });

  it('come after the change if they are those of lint, which nothing waits for', async () => {
    const { seen } = start({ version: 'v0', warnings: [] });
    const messages = () => reloader.status().warnings?.map(({ message }) => message);
    const lint = Promise.withResolvers<void>();
    seen.lint = lint.promise;
    write('[idle]');
    await until(() => seen.changed.length === 1);
    expect(messages()).toEqual([]);
    lint.resolve();
    await until(() => messages()?.[0] === 'is idle');
    expect(seen.lines.join('')).toContain('is idle');
  });

  it('of a configuration that is no longer in force are dropped, and so are those that lint does not find', async () => {
    const { seen } = start({ version: 'v0', warnings: [] });
    const [late, failing] = [Promise.withResolvers<void>(), Promise.resolve()];
    seen.lint = late.promise;
    write('[idle]');
    await until(() => seen.changed.length === 1);
    seen.lint = failing;
    seen.lintFails = true;
    write('[doubtful]');
    await until(() => seen.changed.length === 2);
    late.resolve();
    await until(() => seen.lines.some((line) => line.includes('could not be linted')));
    expect(reloader.status().warnings).toEqual([expect.objectContaining({ message: 'is doubtful' })]);
  });

  it('are not in the status of another service', async () => {
    const { seen } = start({ version: 'v0' });
    write('[good, doubtful]');
    await until(() => seen.changed.length === 1);
    expect(reloader.status()).not.toHaveProperty('warnings');
  });
});

describe('a configuration that changes on disk', () => {
  it('is applied automatically, and reported once', async () => {
    const { seen, metric, clock } = start({ version: 'v0' });
    clock.now = 5000;
    write('[good, better]');
    await until(() => seen.applied.length === 1);
    const { version } = reloader.status();
    expect(reloader.status()).toEqual({ version: seen.applied[0], since: 5000, restartNeeded: [] });
    expect(seen.changed).toEqual([{ previous: 'v0', version, trigger: 'file' }]);
    expect(await metric('policy_info')).toEqual([`{version="${version}"} 1`]);
    expect(await metric('config_last_reload_success_timestamp_seconds')).toEqual([' 5']);
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
    expect(seen.reads).toBe(1);
  });

  it('is rejected as a whole for any fault, and the previous one stays until it is fixed', async () => {
    const { seen, metric } = start({ version: 'v0' });
    write('[good, bad]');
    await until(() => seen.rejected.length === 1);
    expect(reloader.status()).toMatchObject({
      version: 'v0',
      since: 1000,
      rejected: { at: 1000, faults: [{ file, line: 3, path: 'clusters.0.policy.1', message: 'is bad' }] },
    });
    expect(seen.rejected).toEqual([
      { version: 'v0', trigger: 'file', faults: [expect.objectContaining({ message: 'is bad' })] },
    ]);
    expect(await metric('config_rejected')).toEqual([' 1']);
    expect(seen.applied).toEqual([]);
    write('[good, better]');
    await until(() => seen.applied.length === 1);
    expect(reloader.status()).not.toHaveProperty('rejected');
    expect(await metric('config_rejected')).toEqual([' 0']);
    expect((await metric('config_reloads_total')).toSorted()).toEqual([
      '{result="changed"} 1',
      '{result="postponed"} 0',
      '{result="rejected"} 1',
      '{result="unchanged"} 0',
    ]);
  });

  it('is rejected if it cannot be applied, with the fault, or without it if that is a bug', async () => {
    const failures: Error[] = [
      new ConfigFaults('x', [{ path: 'clusters.0.caFile', message: 'cannot be read' }]),
      new Error('planted-secret'),
    ];
    const { seen } = start({ version: 'v0', apply: () => Promise.reject(failures.shift()!) });
    expect(await reloader.reload('request')).toBe('rejected');
    expect(reloader.status().rejected?.faults).toEqual([
      { file, path: 'clusters.0.caFile', message: 'cannot be read' },
    ]);
    expect(await reloader.reload('request')).toBe('rejected');
    expect(JSON.stringify(reloader.status())).not.toContain('planted-secret');
    expect(seen.rejected).toHaveLength(2);
  });

  it('names settings that need a restart, and applies the rest', async () => {
    const { seen, metric } = start({ version: 'v0' });
    write('[better]', 'sessions: {idle: 3h}\n');
    await until(() => seen.applied.length === 1);
    expect(reloader.status().restartNeeded).toEqual(['sessions.idle']);
    expect(await metric('config_restart_needed')).toEqual([' 1']);
    expect(seen.lines.filter((line) => line.includes('only after a restart'))).toHaveLength(1);
    expect(seen.lines.join('')).not.toContain('planted-secret');
  });

  it('needs no restart for a public key in a file, which the service follows by itself', async () => {
    const services = (authorize: string) =>
      `services: {proxy: {publicKey: "\${file:proxy.pub}"}, authorize: {publicKey: ${authorize}}}\n`;
    writeFileSync(path.join(directory, 'proxy.pub'), 'old');
    start({ more: services('a') });
    writeFileSync(path.join(directory, 'proxy.pub'), 'old\nnew');
    write('[good]', services('b'));
    await reloader.reload('signal');
    expect(reloader.status().restartNeeded).toEqual(['services.authorize.publicKey']);
  });
});

describe('a reload', () => {
  it('sets the version if it was unknown', async () => {
    const { seen } = start();
    expect(reloader.status().version).toBeUndefined();
    expect(await reloader.reload('start')).toBe('changed');
    expect(reloader.status().version).toBe(seen.applied[0]);
    expect(await reloader.reload('signal')).toBe('unchanged');
  });

  it('runs once more for all requests during a reload', async () => {
    const { seen } = start();
    let release = () => {};
    seen.hold = new Promise((resolve) => {
      release = resolve;
    });
    const first = reloader.reload('start');
    const others = [reloader.reload('signal'), reloader.reload('request'), reloader.reload('request')];
    release();
    expect(await Promise.all([first, ...others])).toEqual(['changed', 'unchanged', 'unchanged', 'unchanged']);
    expect(seen.reads).toBe(2);
  });

  it('does not repeat a read for a change that was already read', async () => {
    const { seen } = start({ version: 'v0' });
    write('[better]');
    await reloader.reload('request');
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
    expect(seen.reads).toBe(1);
  });

  it('counts its faults instead of listing them if there are very many', async () => {
    start({ version: 'v0' });
    write(`[${Array(100).fill('bad').join(',')}]`);
    await reloader.reload('signal');
    const { faults } = reloader.status().rejected!;
    expect(faults).toHaveLength(21);
    expect(faults.at(-1)!.message).toBe('and 80 more');
  });

  it('reports every change of the status', async () => {
    start({ version: 'v0' });
    let calls = 0;
    const stop = reloader.onStatus(() => {
      calls += 1;
    });
    await reloader.reload('request');
    stop();
    await reloader.reload('request');
    expect(calls).toBe(1);
  });
});

describe('a reader that cannot start', () => {
  const pause = (ms: number) =>
    new Promise((resolve) => {
      setTimeout(resolve, ms);
    });

  it('is retried after growing pauses, and reported once', async () => {
    const { seen, metric } = start({ version: 'v0', retry: { firstMs: 200, longestMs: 800 } });
    seen.fails = true;
    write('[good, better]');
    await until(() => seen.reads === 1);
    await pause(900);
    // At 0, 200 and 600 ms. Without pauses it would be every 10 ms.
    expect(seen.reads).toBeGreaterThanOrEqual(2);
    expect(seen.reads).toBeLessThanOrEqual(3);
    expect(seen.rejected).toHaveLength(1);
    expect(seen.lines.filter((line) => line.includes('"level":50'))).toHaveLength(1);
    expect(seen.lines.join('')).toContain('no thread');
    expect(await metric('config_reader_failures_total')).toEqual([` ${seen.reads}`]);
    expect(reloader.status().rejected?.faults[0]!.message).toBe('cannot be read (the reader failed)');
  });

  it('applies the configuration as soon as it can, although the file is unchanged', async () => {
    const { seen, metric } = start({ version: 'v0', retry: { firstMs: 50 } });
    seen.fails = true;
    write('[good, better]');
    await until(() => seen.reads === 2);
    seen.fails = false;
    await until(() => seen.applied.length === 1);
    expect(await metric('config_rejected')).toEqual([' 0']);
    const { reads } = seen;
    await pause(300);
    expect(seen.reads).toBe(reads);
  });

  it('is retried after a failure at startup, and for an unchanged file', async () => {
    const { seen } = start({ version: 'v0', fails: true, retry: { firstMs: 30 } });
    await reloader.reload('start');
    seen.fails = false;
    await until(() => seen.applied.length === 1);
  });

  it('is retried at once when the file changes or on request, and never after closing', async () => {
    const { seen } = start({ version: 'v0', fails: true, retry: { firstMs: 60_000 } });
    await reloader.reload('start');
    write('[good, better]');
    await until(() => seen.reads === 2);
    await reloader.reload('request');
    expect(seen.reads).toBe(3);
    await reloader.close();
    await pause(50);
    expect(seen.reads).toBe(3);
  });
});
