import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createReadiness, createServiceVerifier, loadConfig } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { createMemorySessionStore } from '@sallyport/stores';
import { createLoggerRig } from '../testing/authorize-rig.ts';
import { startAuthorize, type RunningAuthorize } from './start-authorize.ts';

// The file is read on a thread of low priority, which a busy machine starves.

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
const write = (elevations: string) =>
  writeFileSync(
    file(),
    `gateway: {url: "http://gate"}\nservices: {authorize: {listen: "127.0.0.1:0"}}\nclusters: [{name: dev, server: "https://10.0.0.1", token: t, policy: {allow: {or: [{groups: sre}]}}}]\n${elevations}`,
  );
const entry = (more: string) =>
  `elevations: [{name: admin, clusters: ["*"], groups: [sre], requesters: {groups: [dev]}, approvals: 0, ${more}}]\n`;

it('elevations change with the file, with a version of their own, and a faulty one leaves them as they are', async () => {
  write('');
  const { publicKey } = generateKeyPairSync('ed25519');
  const { logger, lines } = createLoggerRig();
  running = await startAuthorize({
    loaded: loadConfig(file(), {}),
    logger,
    readiness: createReadiness(),
    sessions: createMemorySessionStore({ now: Date.now }),
    verifier: createServiceVerifier({ name: 'authorize', publicKeys: { proxy: publicKey }, now: Date.now }),
    now: Date.now,
  });
  const elevation = () => running.policies.current().elevations.get('admin');
  const { version } = running.policies.current();
  expect(elevation()).toBeUndefined();

  write(entry('maxDuration: 10m'));
  await until(() => elevation() !== undefined);
  expect(elevation()!.requesters).toHaveLength(1);
  expect(running.policies.current().version).not.toBe(version);

  write(entry('maxDuration: 20m'));
  await until(() => elevation()!.entry.maxDuration === 20 * 60_000);

  write(entry('maxDuration: 30m').replace('{groups: [dev]}', '{allow: {or: [{nonsense: 1}]}}'));
  await until(() => lines.some((line) => JSON.stringify(line).includes('nonsense')));
  expect(elevation()!.entry.maxDuration).toBe(20 * 60_000);

  write('');
  await until(() => elevation() === undefined);
  expect(running.policies.current().version).toBe(version);
});
