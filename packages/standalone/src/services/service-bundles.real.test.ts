import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { createCertificateAuthority, freePort } from '@sallyport/bed';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@sallyport/kit/testing';
import { writeSettings, type Settings } from '../settings/write-settings.ts';
import { startProcesses, type Processes } from './start-processes.ts';

const packages = path.resolve(import.meta.dirname, '../../..');
const bundled = (service: string, file: string) => path.join(packages, service, 'dist/bundle', file);

/** Writes at the end of a process which modules of kafkajs the audit log has patched. */
const observer = `
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';
process.on('exit', () => {
  const { cache } = createRequire(process.argv[1]);
  const patched = Object.keys(cache).filter((file) => file.includes('/kafkajs/src/') && cache[file].exports.protocol?.isPatched);
  if (patched.length > 0) writeFileSync(process.env.PATCHED_FILE, patched.join('\\n'));
});
`;

const kubeconfig = {
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'one',
  clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
  users: [{ name: 'u', user: { token: 't' } }],
  contexts: [{ name: 'one', context: { cluster: 'c', user: 'u' } }],
};

describe('the bundle of a service', () => {
  let directory: string;
  let settings: Settings;
  let processes: Processes;

  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'sallyport-bundles-'));
    writeFileSync(path.join(directory, 'kubeconfig'), JSON.stringify(kubeconfig));
    writeFileSync(path.join(directory, 'observer.mjs'), observer);
    settings = await writeSettings({
      directory,
      authority: await createCertificateAuthority({ name: 'bundles' }),
      sessions: { redis: 'redis://127.0.0.1:1' },
      audit: {
        kafka: { brokers: [`127.0.0.1:${await freePort()}`], topic: 'audit' },
        store: { postgres: 'postgres://127.0.0.1:1/audit' },
        spool: { dir: path.join(directory, 'spool') },
      },
      providers: [{ id: 'corp', issuer: 'https://127.0.0.1:1', clientId: 'c', clientSecret: 's' }],
      clusters: [{ name: 'dev', kubeconfig: path.join(directory, 'kubeconfig'), policy: [{ deny: { and: [] } }] }],
    });
    processes = await startProcesses({
      ...settings,
      directory,
      only: ['proxy'],
      programs: { proxy: bundled('proxy', 'main.js') },
      environment: {
        NODE_OPTIONS: `--import=${pathToFileURL(path.join(directory, 'observer.mjs')).href}`,
        PATCHED_FILE: path.join(directory, 'patched'),
      },
    });
  });
  afterAll(async () => {
    await processes?.stopAll();
    rmSync(directory, { recursive: true, force: true });
  });

  it('of the gateway has the thread that reads configurations, with the policy language', async () => {
    const log = () => readFileSync(processes.logFile('proxy'), 'utf8');
    const text = readFileSync(settings.configFile, 'utf8');
    writeFileSync(settings.configFile, text.replace('deny:', 'denny:'));
    process.kill(processes.pid('proxy')!, 'SIGHUP');
    const refused = await eventually('a refusal', () => /^.*denny.*$/m.exec(log())?.[0]);
    expect(JSON.parse(refused)).toMatchObject({
      faults: [expect.objectContaining({ path: 'clusters.0.policy.0.denny' })],
    });
    expect(refused).not.toContain('the reader failed');
  });

  it('of the gateway patches kafkajs', async () => {
    await processes.stop('proxy');
    expect(readFileSync(path.join(directory, 'patched'), 'utf8').split('\n')).toHaveLength(1);
  });

  it('of audit has the thread of the embedded store', async () => {
    // To open a database takes seconds. A file in the place of its directory fails after the thread has loaded PGlite.
    const notADirectory = path.join(directory, 'kubeconfig', 'audit');
    const thread = new Worker(bundled('audit', 'pglite-worker.js'), { workerData: { directory: notADirectory } });
    const [answer] = (await once(thread, 'message')) as [unknown];
    expect(answer).toEqual({ error: { message: expect.stringContaining(notADirectory), code: 'ENOTDIR' } });
    await thread.terminate();
  });
});
