import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { parse } from 'yaml';
import { readPage } from '../docs/read-page.ts';
import {
  describeWith,
  noteSkip,
  runCommand,
  startCommand,
  startGateway,
  startPractice,
  type Gateway,
  type PracticeAccess,
} from '../harness/index.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const examples = path.join(root, 'docs/examples/audit-consumers');
const commands = readPage('docs/audit-consumers.md').filter(({ language }) => language === 'sh');
/** The one command of the page that contains a text. */
const commandWith = (...texts: string[]): string => {
  const found = commands.filter(({ text }) => texts.every((one) => text.includes(one)));
  if (found.length !== 1) throw new Error(`${found.length} commands of the page have ${texts.join(' and ')}`);
  return found[0]!.text;
};

/** A test that needs programs of the machine. If one is missing, it is skipped and reported. */
function itWith(programs: readonly string[], title: string, test: () => Promise<void>): void {
  const missing = programs.filter((program) => spawnSync('which', [program]).status !== 0);
  if (missing.length > 0) noteSkip(title, `run \`apt-get install ${missing.join(' ')}\``);
  (missing.length > 0 ? it.skip : it)(title, test);
}

/** Sends a message to the topic as it is. */
async function sendRaw({ brokers, topic }: NonNullable<Gateway['kafka']>, message: object): Promise<void> {
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer({
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  await producer.send({ topic, messages: [message as { value: string }] });
  await producer.disconnect();
}

describeWith(['redis', 'kafka', 'postgres'], 'consumers of the audit topic', () => {
  let [gateway, practice]: [Gateway, PracticeAccess] = [undefined!, undefined!];
  const run = (command: string, more: Record<string, string> = {}) => {
    const { brokers, topic } = gateway.kafka!;
    const env = { KAFKA: brokers[0]!, TOPIC: topic, ...more };
    // The values that a reader sets are those of this test.
    const script = command.replaceAll(/^export .*$/gm, '');
    return runCommand('bash', ['-c', `set -o pipefail\n${script}`], { cwd: root, env });
  };
  beforeAll(async () => {
    practice = await startPractice();
    gateway = await startGateway({ mode: 'processes', clusters: [practice.access] });
    const ask = async (user: string, where: string) =>
      (await gateway.request(`/clusters/dev${where}`, { token: (await gateway.login(`${user}@example.com`)).token }))
        .status;
    expect(await ask('alice', '/api/v1/namespaces/dev/pods')).toBe(200);
    expect(await ask('mallory', '/api/v1/namespaces/dev/secrets')).toBe(403);
    await gateway.audit.await({ code: 403, stage: 'ResponseComplete' });
    await gateway.audit.await({ code: 200, stage: 'ResponseComplete', verb: 'list' });
  });
  afterAll(async () => {
    await gateway?.stop();
    await practice?.stop();
  });
  const refusal = () => gateway.events({ code: 403, stage: 'ResponseComplete' })[0]!;

  itWith(['kcat'], 'kcat prints every event as one line of JSON', async () => {
    const events = gateway.events().map(({ data }) => data);
    const { code, stdout, stderr } = await run(commandWith("-f '%s\\n'\n"));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual(expect.arrayContaining(events));
  });

  itWith(['kcat', 'jq'], 'jq finds who was refused, and by which rule', async () => {
    const { code, stdout } = await run(commandWith('jq'));
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toEqual([expect.stringMatching(/mallory@example\.com\tlist\t.*secrets\t/)]);
  });

  it('the consumer on kafkajs shows a refusal once, also if it arrives twice', async () => {
    const { id, type, source, time, key, data } = refusal();
    const headers = { ce_id: id, ce_type: type, ce_source: source, ce_time: time, ce_specversion: '1.0' };
    const again = { key, headers: { ...headers, 'content-type': 'application/json' }, value: JSON.stringify(data) };
    await sendRaw(gateway.kafka!, again);
    await sendRaw(gateway.kafka!, { ...again, headers: { ...again.headers, ce_id: `${id.slice(0, -4)}last` } });
    const { brokers, topic } = gateway.kafka!;
    expect(commandWith('node ')).toBe('node docs/examples/audit-consumers/consumer.mjs "$KAFKA" "$TOPIC"\n');
    const running = startCommand(process.execPath, [path.join(examples, 'consumer.mjs'), brokers[0]!, topic]);
    // The first, and the one with another ce_id, which comes after the duplicate of the first in the same partition.
    await running.says(/mallory[^]*mallory.*\n/, 30_000);
    await running.stop();
    expect(running.stdout().match(/mallory/g)).toHaveLength(2);
  });

  itWith(['kcat', 'curl'], 'curl sends each event to what listens like the k8saudit plugin of Falco', async () => {
    const received: { kind: string; stageTimestamp: string; auditID: string }[] = [];
    const server: Server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const fits = request.method === 'POST' && request.headers['content-type'] === 'application/json';
        if (fits) received.push(JSON.parse(body) as (typeof received)[0]);
        response.writeHead(fits ? 200 : 400).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const events = gateway.events();
    const { code, stderr } = await run(commandWith('curl'), { FALCO: `http://127.0.0.1:${port}/k8s-audit` });
    server.close();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(received.every(({ kind, stageTimestamp }) => kind === 'Event' && Date.parse(stageTimestamp) > 0)).toBe(true);
    const ids = new Set(received.map(({ auditID }) => auditID));
    expect(events.filter(({ data }) => !ids.has(data.auditID))).toEqual([]);
  });

  it('no event goes unchecked: a gateway does not stop cleanly if one does not satisfy the schemas', async () => {
    const { time, key, data } = refusal();
    const headers = { ce_id: 'bad', ce_type: 'k8s.request', ce_source: 'sallyport/proxy', ce_time: time };
    const { auditID: _removed, ...rest } = data;
    await sendRaw(gateway.kafka!, { key, headers, value: JSON.stringify({ ...rest, stage: 'Never' }) });
    const stopped = gateway.stop();
    await expect(stopped).rejects.toThrow(
      /do not satisfy docs\/schemas:\nk8s\.request at sallyport\.e2e\..*ce_specver/,
    );
    await expect(stopped).rejects.toThrow(/auditID.*\/payload\/stage must be equal to one of the allowed values/);
  });
});

describe('the rules for Falco', () => {
  type Rule = { rule?: string; condition: string; output: string; source: string; required_plugin_versions?: object };
  const rules = (parse(readFileSync(path.join(examples, 'falco-rules.yaml'), 'utf8')) as Rule[]).filter(
    ({ rule }) => rule !== undefined,
  );
  type Schema = { properties?: Record<string, Schema> };
  const schema = JSON.parse(readFileSync(path.join(root, 'docs/schemas/audit-event-v1.schema.json'), 'utf8')) as Schema;
  /** Which member of an event each field of the plugin reads, from its documentation. */
  const members: Record<string, string> = {
    'ka.auditid': 'auditID',
    'ka.stage': 'stage',
    'ka.user.name': 'user/username',
    'ka.user.groups': 'user/groups',
    'ka.verb': 'verb',
    'ka.uri': 'requestURI',
    'ka.target.name': 'objectRef/name',
    'ka.target.namespace': 'objectRef/namespace',
    'ka.target.resource': 'objectRef/resource',
    'ka.target.subresource': 'objectRef/subresource',
    'ka.response.code': 'responseStatus/code',
  };
  const has = (member: string) =>
    member.split('/').reduce<Schema | undefined>((at, name) => at?.properties?.[name], schema) !== undefined;

  it.each(rules.map((rule) => [rule.rule!, rule] as const))('"%s" names only members that exist', (_name, rule) => {
    const text = `${rule.condition} ${rule.output}`;
    const fields = [...text.matchAll(/\bka\.[a-z.]+/g)].map(([field]) => members[field] ?? `unknown: ${field}`);
    const paths = [...text.matchAll(/jevt\.value\[\/([^\]]+)\]/g)].map(([, member]) => member!);
    expect(fields.length).toBeGreaterThan(1);
    expect(paths.length).toBeGreaterThan(0);
    expect([...fields, ...paths].filter((member) => !has(member))).toEqual([]);
    expect(rule.source).toBe('k8s_audit');
  });
});
