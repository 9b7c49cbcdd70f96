import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../config/load-config.ts';
import { createMetrics } from '../observe/create-admin-server.ts';
import { createLogger } from '../observe/create-logger.ts';
import * as engine from '../testing/policy-engine.ts';
import { until } from '../testing/until.ts';
import { createReloader } from './create-reloader.ts';
import { packDocuments } from './pack-documents.ts';
import { readCandidate } from './read-candidate.ts';
import { ReloadPostponed, type Reloader } from './reloader.ts';

let directory: string;
let file: string;
let reloader: Reloader;
let mayApply: boolean;
let tries: number;
let canApply: boolean;
const applied: string[] = [];
const lines: string[] = [];
const metrics = createMetrics();
const write = (policy: string) =>
  writeFileSync(
    file,
    `gateway: {url: "http://gate"}\nclusters:\n  - {name: dev, server: "https://10.0.0.1", token: t, policy: ${policy}}\n`,
  );
const gauge = (name: string) => metrics.getSingleMetricAsString(`sallyport_config_${name}`);

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-postponed-'));
  file = path.join(directory, 'sallyport.yaml');
  [mayApply, tries, canApply] = [false, 0, true];
  applied.length = 0;
  lines.length = 0;
  metrics.clear();
  write('[good]');
  reloader = createReloader({
    loaded: loadConfig(file, {}),
    version: 'v0',
    reloadable: ['clusters'],
    metrics,
    now: () => 1000,
    pace: { everyMs: 30, quietMs: 10 },
    retry: { firstMs: 40 },
    logger: createLogger({
      service: 'authorize',
      level: 'info',
      destination: { write: (line) => void lines.push(line) },
    }),
    async read(request) {
      const candidate = readCandidate({ ...request, env: {} }, engine);
      return candidate.ok ? { ...candidate, documents: packDocuments(candidate.plan.documents) } : candidate;
    },
    canApply: async () => canApply,
    async apply({ version }) {
      tries += 1;
      if (!mayApply) throw new ReloadPostponed('the audit log is away');
      applied.push(version);
    },
  });
});
afterEach(async () => {
  await reloader.close();
  rmSync(directory, { recursive: true });
});

describe('a configuration that must wait', () => {
  it('leaves the old one in force, is shown, and is tried again by itself until it takes effect', async () => {
    expect(await reloader.reload('start')).toBe('postponed');
    const waiting = reloader.status().waiting!;
    expect(reloader.status().version).toBe('v0');
    expect(waiting).toEqual({ at: 1000, version: expect.any(String), reason: 'the audit log is away' });
    expect(await gauge('waiting')).toContain('sallyport_config_waiting 1');
    expect(await gauge('rejected')).toContain('sallyport_config_rejected 0');
    expect(lines.find((line) => line.includes('cannot take effect yet'))).toContain('"level":50');
    await until(() => tries >= 3);
    mayApply = true;
    await until(() => applied.length === 1);
    await until(() => reloader.status().version === waiting.version);
    expect(reloader.status().waiting).toBeUndefined();
    expect(await gauge('waiting')).toContain('sallyport_config_waiting 0');
    const after = tries;
    await new Promise((resolve) => {
      setTimeout(resolve, 300);
    });
    expect(tries).toBe(after);
  });

  it('is not read again before it is worth it', async () => {
    canApply = false;
    await reloader.reload('start');
    await new Promise((resolve) => {
      setTimeout(resolve, 300);
    });
    expect(tries).toBe(1);
    canApply = mayApply = true;
    await until(() => applied.length === 1);
  });

  it('gives way to what is in the file by then', async () => {
    await reloader.reload('start');
    const first = reloader.status().waiting!.version;
    write('[good, better]');
    await until(() => reloader.status().waiting!.version !== first);
    mayApply = true;
    await until(() => applied.length > 0);
    expect(applied).not.toContain(first);
  });

  it('no longer waits once the file is faulty', async () => {
    await reloader.reload('start');
    writeFileSync(file, 'gateway: 1\n');
    await until(() => reloader.status().rejected !== undefined);
    expect(reloader.status().waiting).toBeUndefined();
    expect(await gauge('waiting')).toContain('sallyport_config_waiting 0');
  });
});
