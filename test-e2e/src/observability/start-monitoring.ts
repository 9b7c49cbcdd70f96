import { once } from 'node:events';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { freePort } from '@sallyport/bed';
import { stringify } from 'yaml';
import { Closers } from '../harness/closers.ts';
import { eventually, httpRequestOnce, runDirectory, startCommand, theBed } from '../harness/index.ts';

type Labels = Record<string, string>;
type Told = { status: 'firing' | 'resolved'; labels: Labels; annotations: Labels; startsAt: string };

/** A Prometheus with an Alertmanager, and what Alertmanager has told. */
export type Monitoring = {
  /** Where Prometheus answers. */
  url: string;
  /** Waits until the receiver has been told that an alert with these labels fires, and returns what it was told. */
  firing(alert: string, labels?: Labels): Promise<Told>;
  /** Waits until the receiver has been told that no such alert fires any more. */
  resolved(alert: string, labels?: Labels): Promise<void>;
  /** Returns the values of a query now. */
  query(query: string): Promise<{ metric: Labels; value: number }[]>;
  stop(): Promise<void>;
};

/** An alert may take the length of the longest window, and what a busy machine adds. */
const patienceMs = 240_000;
const hour = 3_600_000;

/** Starts the receiver of Alertmanager's webhook, which remembers the last status of each alert. */
async function startReceiver(): Promise<{ server: Server; url: string; told: Map<string, Told> }> {
  const told = new Map<string, Told>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { alerts } = JSON.parse(Buffer.concat(chunks).toString()) as { alerts: Told[] };
      for (const alert of alerts) told.set(JSON.stringify(alert.labels), alert);
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, told };
}

/** Starts both in front of the receiver, with the text of a rule file. Prometheus reads the targets once a second. */
export async function startMonitoring(targets: readonly string[], rules: string): Promise<Monitoring> {
  const closers = new Closers();
  const directory = mkdtempSync(path.join(runDirectory(), 'monitoring-'));
  const { prometheus, alertmanager } = theBed().programs;
  const write = (name: string, text: string) => {
    writeFileSync(path.join(directory, name), text);
    return path.join(directory, name);
  };
  const start = async (program: string, args: Record<string, string>, port: number) => {
    const given = { ...args, 'web.listen-address': `127.0.0.1:${port}` };
    const words = Object.entries(given).map(([name, value]) => `--${name}=${value}`);
    const running = startCommand(program, words, { cwd: directory, timeoutMs: hour });
    closers.add(() => running.stop());
    const detail = () => running.stderr().slice(-3000);
    const ready = async () => (await httpRequestOnce(`http://127.0.0.1:${port}/-/ready`)).status === 200;
    await eventually(program, ready, 60_000, detail);
  };
  const { server, url, told } = await startReceiver();
  closers.add(async () => void server.close());
  const [port, alertPort] = [await freePort(), await freePort()];
  mkdirSync(path.join(directory, 'alerts'));
  const route = { receiver: 'test', group_by: ['...'], group_wait: '0s', group_interval: '1s', repeat_interval: '1h' };
  const receivers = [{ name: 'test', webhook_configs: [{ url, send_resolved: true }] }];
  const alertConfig = write('alertmanager.yaml', stringify({ route, receivers }));
  await start(
    alertmanager!,
    { 'config.file': alertConfig, 'storage.path': path.join(directory, 'alerts'), 'cluster.listen-address': '' },
    alertPort,
  );
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [write('rules.yaml', rules)],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertPort}`] }] }] },
    scrape_configs: [{ job_name: 'sallyport', static_configs: [{ targets }] }],
  };
  await start(
    prometheus!,
    {
      'config.file': write('prometheus.yaml', stringify(config)),
      'storage.tsdb.path': path.join(directory, 'data'),
      'rules.alert.resend-delay': '1s',
    },
    port,
  );
  const of = (alert: string, labels: Labels) =>
    [...told.values()].filter(
      (one) =>
        one.labels['alertname'] === alert &&
        Object.entries(labels).every(([name, value]) => one.labels[name] === value),
    );
  const base = `http://127.0.0.1:${port}`;
  return {
    url: base,
    firing: (alert, labels = {}) =>
      eventually(
        `${alert} to fire`,
        () => of(alert, labels).find(({ status }) => status === 'firing'),
        patienceMs,
        () => JSON.stringify([...told.values()].map((one) => [one.labels['alertname'], one.status])),
      ),
    async resolved(alert, labels = {}) {
      await eventually(
        `${alert} to be resolved`,
        () => of(alert, labels).every(({ status }) => status === 'resolved'),
        patienceMs,
        () => JSON.stringify(of(alert, labels)),
      );
    },
    async query(query) {
      const { text } = await httpRequestOnce(`${base}/api/v1/query?query=${encodeURIComponent(query)}`);
      const answer = JSON.parse(text) as {
        status: string;
        error?: string;
        data: { result: { metric: Labels; value: [number, string] }[] };
      };
      if (answer.status !== 'success') throw new Error(`${query}: ${answer.error}`);
      return answer.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    },
    stop: () => closers.run(),
  };
}
