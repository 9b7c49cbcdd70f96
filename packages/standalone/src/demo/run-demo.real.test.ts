import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@sallyport/kit/testing';
import { parse } from 'yaml';
import { callGateway } from '../traffic/call-gateway.ts';
import { logIn } from '../traffic/log-in.ts';
import { runDemo, type RunningDemo } from './run-demo.ts';

let directory: string;
let demo: RunningDemo | undefined;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-demo-'));
  process.env.SALLYPORT_LOG_LEVEL = 'info';
});
afterEach(async () => {
  delete process.env.SALLYPORT_LOG_LEVEL;
  await demo?.close();
  rmSync(directory, { recursive: true });
});

const start = async () => {
  demo = await runDemo(
    {
      cluster: 'practice',
      kubeconfig: undefined,
      context: undefined,
      yes: true,
      port: 0,
      stateDir: directory,
      policy: undefined,
      withTraffic: false,
      exitAfter: undefined,
      help: false,
    },
    () => {},
  );
  return demo.state;
};

describe('the trail of the demo', () => {
  it("has the cluster's own events of a request beside those of the gateway", async () => {
    const { gatewayUrl, loginUrl, caFile, people } = await start();
    const gateway = { url: gatewayUrl, caPem: readFileSync(caFile, 'utf8') };
    const carol = people.find(({ user }) => user.startsWith('carol'))!;
    const alice = people.find(({ user }) => user.startsWith('alice'))!;
    const token = await logIn(gateway, loginUrl, alice);
    const pods = { path: '/clusters/demo/api/v1/namespaces/dev/pods', token };
    expect((await callGateway(gateway, pods)).status).toBe(200);
    const auditor = await logIn(gateway, loginUrl, carol);
    const ask = async (query: string) => {
      const { text } = await callGateway(gateway, { path: `/.sallyport/api/v1/audit${query}`, token: auditor });
      return JSON.parse(text) as {
        events: { data: { auditID: string } }[];
        clusterEvents: { event: { stage: string } }[];
      };
    };
    const find = async () => {
      const [event] = (await ask('?type=k8s.request&verb=list&resource=pods')).events;
      return event ? (await ask(`/show?id=${event.data.auditID}`)).clusterEvents.map(({ event }) => event.stage) : [];
    };
    // The cluster sends its events every second.
    const stages = await eventually('the events of the cluster', async () => {
      await pause(200);
      const found = await find();
      return found.length > 0 && found;
    });
    expect(stages).toContain('ResponseComplete');
  });
});

describe('the log of the demo', () => {
  it('names the service exactly once in each line', async () => {
    let text = '';
    const write = jest.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    });
    try {
      await start();
    } finally {
      write.mockRestore();
    }
    const lines = text.split('\n').filter((line) => line.startsWith('{'));
    // JSON is YAML, and the YAML parser refuses a duplicate key.
    const services = lines.map((line) => (parse(line) as { service: string }).service);
    expect(services).toEqual(expect.arrayContaining(['proxy', 'authorize']));
  });
});
