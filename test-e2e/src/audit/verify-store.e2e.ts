import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createSealer, signCheckpoint } from '@sallyport/audit-proof';
import type { AuditRecord } from '@sallyport/contracts';
import pg from 'pg';
import { parse, stringify } from 'yaml';
import {
  describeWith,
  eventually,
  startGateway,
  startPractice,
  type Gateway,
  type PracticeAccess,
} from '../harness/index.ts';

type Fault = { kind: string; producer?: string; seq?: number; id?: string };
type Report = { faults: Fault[]; events: number; since?: string; checkpoints: { count: number } };
type Row = { id: string; ingest: string; producer: string; seq: string; key: string; data: string };

describeWith(['redis', 'kafka', 'postgres'], 'the verification of a real store', () => {
  let [gateway, practice]: [Gateway, PracticeAccess] = [undefined!, undefined!];
  const file = (name: string) => path.join(gateway.directory, name);
  const original = () => new URL(gateway.postgres!.url);
  const cli = async (...args: string[]) => (await gateway.person('alice@example.com')).cli(args);

  async function query(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }
  const server = () => Object.assign(original(), { pathname: '/postgres' }).href;
  const rows = (where: string) =>
    query(
      original().href,
      `select id, ingest, producer, seq, key, data from audit_events where ${where} order by producer, seq`,
    );

  async function verify(url: string, ...args: string[]): Promise<Report & { code: number; stderr: string }> {
    const config = parse(readFileSync(gateway.configFile, 'utf8')) as { audit: { store: object } };
    config.audit.store = { postgres: url };
    writeFileSync(file('store.yaml'), stringify(config));
    const options = ['--config', file('store.yaml'), '--keys', file('keys.json'), '-o', 'json', ...args];
    const { code, stdout, stderr } = await cli('audit', 'verify', '--store', ...options);
    if (stdout === '') throw new Error(`audit verify failed: ${stderr}`);
    return { ...(JSON.parse(stdout) as Report), code, stderr };
  }
  type Change = [text: string, ...values: unknown[]];
  const found = (...changes: Change[]) => foundWith([], ...changes);
  /** Verifies a copy of the database after some changes. */
  async function foundWith(
    options: readonly string[],
    ...statements: Change[]
  ): Promise<Report & { code: number; stderr: string }> {
    const name = `copy_${crypto.randomUUID().replaceAll('-', '')}`;
    await query(server(), `create database ${name} template ${original().pathname.slice(1)}`);
    const { href } = Object.assign(original(), { pathname: `/${name}` });
    try {
      for (const [text, ...values] of statements) await query(href, text, values);
      return await verify(href, '--anchor', file('anchor.ndjson'), ...options);
    } finally {
      await query(server(), `drop database ${name} with (force)`);
    }
  }
  const named = ({ producer, seq, id }: Row) => ({ producer, seq: Number(seq), id });

  beforeAll(async () => {
    practice = await startPractice();
    gateway = await startGateway({
      mode: 'processes',
      clusters: [practice.access],
      audit: { checkpoints: { every: '1s', anchor: { file: './checkpoints.ndjson' } } },
    });
    const ask = async (user: string, where: string) =>
      (await gateway.request(`/clusters/dev${where}`, { token: (await gateway.login(`${user}@example.com`)).token }))
        .status;
    for (let round = 0; round < 10; round += 1) expect(await ask('alice', '/api/v1/namespaces/dev/pods')).toBe(200);
    expect(await ask('mallory', '/api/v1/namespaces/dev/secrets')).toBe(403);
    // Anonymous callers, whose events the store aggregates.
    for (let round = 0; round < 5; round += 1)
      expect((await gateway.request('/clusters/dev/api/v1/pods', { token: 'x'.repeat(43) })).status).toBe(401);
    writeFileSync(file('keys.json'), (await cli('audit', 'keys', '-o', 'json')).stdout);
    const text = () => (existsSync(file('checkpoints.ndjson')) ? readFileSync(file('checkpoints.ndjson'), 'utf8') : '');
    const attested = () =>
      Math.max(...[...text().matchAll(/"producer":"proxy\/[^"]+","seq":(\d+)/g)].map(([, seq]) => Number(seq)));
    // At least one event for each request.
    const asked = () => gateway.events({ type: 'k8s.request' });
    await eventually('the events of the requests', () => asked().length >= 16);
    const last = Math.max(...asked().map(({ data }) => data.sallyport.seq!));
    await eventually('the checkpoints', () => text().split('\n').length > 2 && attested() >= last);
    await eventually(
      'the events of the checkpoints',
      async () => (await rows(`type = 'audit.checkpoint'`)).length >= 2,
    );
    await gateway.processes!.stop('audit');
    writeFileSync(file('anchor.ndjson'), readFileSync(file('checkpoints.ndjson')));
  });
  afterAll(async () => {
    await gateway?.stop();
    await practice?.stop();
  });

  it('finds no fault, although the store keeps one event for several of an anonymous caller', async () => {
    const { code, faults, events, checkpoints } = await found();
    expect({ code, faults }).toEqual({ code: 0, faults: [] });
    expect(events).toBeGreaterThan(16);
    expect(checkpoints.count).toBeGreaterThanOrEqual(2);
  });

  it('names the event of which a byte was flipped, or that searches show as something else', async () => {
    const [row] = await rows(`verb = 'list' and stage = 'ResponseComplete' and effect = 'allow'`);
    const change = `update audit_events set data = replace(data, '"verb":"', '"verb":"X') where id = $1`;
    expect((await found([change, row!.id])).faults).toMatchObject([{ kind: 'altered', ...named(row!) }]);
    const hidden = `update audit_events set username = 'bob@example.com' where id = $1`;
    expect((await found([hidden, row!.id])).faults).toMatchObject([{ kind: 'altered', ...named(row!) }]);
  });

  it('names the event that passes as a repeated one of an anonymous caller, if it is compared with the topic', async () => {
    const compare = ['--compare-topic'];
    expect(await foundWith(compare)).toMatchObject({ code: 0, faults: [] });
    const [row] = await rows(`verb = 'list' and stage = 'ResponseComplete' and effect = 'allow'`);
    const keep = `insert into audit_folded (producer, seq, prev_hash, hash, time)
      select producer, seq, prev_hash, hash, time from audit_events where id = $1`;
    const passOff: Change[] = [
      [keep, row!.id],
      ['delete from audit_events where id = $1', row!.id],
    ];
    // The database alone cannot tell.
    expect(await found(...passOff)).toMatchObject({ code: 0, faults: [] });
    const { code, faults } = await foundWith(compare, ...passOff);
    expect({ code, faults }).toMatchObject({ code: 1, faults: [{ kind: 'missing', ...named(row!) }] });
  });

  it('names the event that was deleted, and those that were swapped', async () => {
    const all = await rows(`verb = 'list' and effect = 'allow' and producer like 'proxy/%'`);
    const [one, other] = all.filter(({ key }) => key === all[0]!.key);
    const { code, faults } = await found(['delete from audit_events where id = $1', other!.id]);
    expect({ code, faults }).toMatchObject({
      code: 1,
      faults: [{ kind: 'missing', producer: other!.producer, seq: Number(other!.seq) }],
    });
    const swap =
      'update audit_events set ingest = case id when $1 then $3::bigint else $4::bigint end where id in ($1, $2)';
    const swapped = await found([swap, one!.id, other!.id, other!.ingest, one!.ingest]);
    expect(swapped.faults).toMatchObject([{ kind: 'reordered', ...named(other!) }]);
  });

  it('names what was cut off, and a producer that was removed', async () => {
    const all = await rows(`producer like 'proxy/%'`);
    const { producer, seq } = all[Math.floor(all.length / 2)]!;
    const from = (table: string) => `delete from ${table} where producer = $1 and seq >= $2`;
    const cut = await found([from('audit_events'), producer, seq], [from('audit_folded'), producer, seq]);
    // One event stands for several anonymous ones, and its content is still there.
    expect(cut.faults[0]).toMatchObject({
      kind: expect.stringMatching(/truncated|missing/),
      producer,
      seq: Number(seq),
    });
    const login = (await rows(`producer like 'authenticate/%'`))[0]!.producer;
    const removed = await found([from('audit_events'), login, 1], [from('audit_folded'), login, 1]);
    expect(removed.faults).toMatchObject([{ kind: 'producer-missing', producer: login, seq: 1 }]);
  });

  it('names a checkpoint that another key signed', async () => {
    const row = (await rows(`type = 'audit.checkpoint'`)).find(({ data }) => data.includes('"signature"'))!;
    const data = JSON.parse(row.data) as AuditRecord['data'];
    const [{ time }] = (await query(
      original().href,
      `select to_char(time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as time from audit_events where id = $1`,
      [row.id],
    )) as unknown as [{ time: string }];
    const { number, time: signedAt, heads, previous } = data.sallyport.checkpoint!;
    data.sallyport.checkpoint = signCheckpoint(
      { number: number!, time: signedAt!, heads: heads!.slice(1), ...(previous === undefined ? {} : { previous }) },
      generateKeyPairSync('ed25519').privateKey,
    );
    const { producer, seq, prevHash } = data.sallyport;
    createSealer({ producer, head: { seq: seq! - 1, hash: prevHash! } }).seal({
      id: row.id,
      type: 'audit.checkpoint',
      source: '',
      time,
      key: '',
      data,
    });
    const text = `update audit_events set data = $2, hash = decode($3, 'hex') where id = $1`;
    const { faults } = await found([text, row.id, JSON.stringify(data), data.sallyport.hash]);
    expect(faults).toContainEqual(expect.objectContaining({ kind: 'forged-checkpoint', ...named(row) }));
  });

  it('reads with the rights of a user who can only read, and says what is wrong with the address', async () => {
    const role = `reader_${crypto.randomUUID().replaceAll('-', '')}`;
    await query(original().href, `create role ${role} login password 'only-reads'`);
    await query(original().href, `grant select on all tables in schema public to ${role}`);
    const url = Object.assign(original(), { username: role, password: '' }).href;
    const { configFile } = gateway;
    const person = await gateway.person('alice@example.com');
    const run = (address: string, env: Record<string, string> = {}) =>
      person.cli(['audit', 'verify', '--store', address, '--config', configFile], { env });
    expect(await run(url, { PGPASSWORD: 'only-reads' })).toMatchObject({ code: 0 });
    const wrong = await run(url, { PGPASSWORD: 'wrong' });
    expect(wrong).toMatchObject({ code: 4, stderr: expect.stringContaining('the audit store cannot be read') });
    expect(await run(original().href)).toMatchObject({ code: 2, stderr: expect.stringContaining('PGPASSWORD') });
    expect(await run(server().replace(/:[^:@/]+@/, '@'), { PGPASSWORD: original().password })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has no audit store'),
    });
    await query(original().href, `drop owned by ${role}; drop role ${role}`);
  });
});
