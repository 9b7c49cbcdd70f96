import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { toLine } from '@sallyport/audit-log';
import { canonicalJson, createSealer, createVerifier, type CarriedTrail } from '@sallyport/audit-proof';
import type { AuditRecord } from '@sallyport/contracts';
import { createLogger } from '@sallyport/kit';
import { holdLock, openSpool } from '@sallyport/spool';
import { loadGatewayConfig, loadPolicyTools } from '../../config/load-gateway-config.ts';
import { createRig, type Rig } from '../../testing/rig.ts';
import { trailFile, trailKey, writeTrail, type WrittenTrail } from '../../testing/write-trail.ts';
import type { CliError } from '../../terminal/cli-error.ts';
import { openTargets, type ImportTargets } from './open-targets.ts';
import { runImportTrail, type ImportOptions } from './run-import-trail.ts';

let rig: Rig;
let trail: string;
let written: WrittenTrail;
beforeEach(() => {
  rig = createRig();
  trail = path.join(rig.directory, 'data', 'trail');
  written = writeTrail(trail);
  writeFileSync(path.join(rig.directory, 'keys.pem'), trailKey);
  configure();
});
afterEach(() => rig.remove());

function configure(more = ''): void {
  const audit = `{kafka: {brokers: ["kafka:9092"], topic: audit}${more}}`;
  writeFileSync(path.join(rig.directory, 'sallyport.yaml'), `gateway: {url: "http://127.0.0.1:1"}\naudit: ${audit}\n`);
}

/** A topic that may be away, and a store. */
function createTargets(changes: Partial<ImportTargets> = {}) {
  const state = {
    topic: [] as AuditRecord[],
    batches: [] as number[],
    failures: 0,
    carried: undefined as CarriedTrail | undefined,
  };
  let closed = 0;
  const targets: ImportTargets = {
    async readKnown(onEvent) {
      for (const { id, data } of state.topic) onEvent(id, data);
    },
    async send(records) {
      if (state.failures > 0) {
        state.failures -= 1;
        throw new Error('Kafka is away');
      }
      state.batches.push(records.length);
      state.topic.push(...records);
    },
    async continueCheckpoints(carried) {
      state.carried = carried;
      return carried.checkpoints.length;
    },
    close: async () => void (closed += 1),
    ...changes,
  };
  return Object.assign(state, { targets, isClosed: () => closed > 0 });
}

async function run(to: ReturnType<typeof createTargets>, options: Partial<ImportOptions> = {}) {
  let [out, err] = ['', ''];
  const environment = {
    ...rig.environment,
    stdout: { isTTY: false, write: (text: string) => void (out += text) },
    stderr: { isTTY: false, write: (text: string) => void (err += text) },
    sleep: async () => undefined,
  };
  const failure = await runImportTrail(environment, { output: 'text', ...options }, async () => to.targets).then(
    () => undefined,
    (error: CliError) => error,
  );
  return { out, err, failure };
}

const all = () => written.records.flat();
const idsOf = (records: readonly AuditRecord[]) => records.map(({ id }) => id);

describe('sallyport audit import', () => {
  it('sends each event unchanged and in order, so that the topic passes the verification', async () => {
    const to = createTargets();
    const { out, failure } = await run(to, { keys: 'keys.pem' });
    expect(failure).toBeUndefined();
    expect(out).toBe('Imported 25 events into audit.\nThe store goes on after 5 checkpoints.\n');
    expect(to.topic).toEqual(all());
    const verifier = createVerifier();
    for (const [position, { id, type, time, key, data }] of to.topic.entries())
      verifier.add({
        id,
        type,
        time,
        part: key,
        data,
        text: canonicalJson(data),
        place: { source: 'topic/0', position },
      });
    expect(verifier.finish()).toMatchObject({ faultCount: 0, events: 25 });
    expect(to.isClosed()).toBe(true);
  });

  it('adds nothing when it is run again, and goes on where an earlier run was killed', async () => {
    const to = createTargets();
    // Of the last batch of that run, only some partitions have their events.
    to.topic.push(...all().slice(0, 9), all()[10]!, all()[12]!);
    expect((await run(to)).out).toContain('Imported 14 events into audit.\n11 events were there already.\n');
    expect(idsOf(to.topic).toSorted()).toEqual(idsOf(all()).toSorted());
    expect((await run(to)).out).toContain('Imported 0 events into audit.\n25 events were there already.\n');
    expect(to.topic).toHaveLength(25);
  });

  it('tries again while Kafka is away for a moment, and ends with 4 if it stays away', async () => {
    const to = createTargets();
    to.failures = 3;
    expect((await run(to)).failure).toBeUndefined();
    expect(to.topic).toHaveLength(25);
    const away = createTargets();
    away.failures = Infinity;
    expect((await run(away)).failure).toMatchObject({ exit: 'unreachable', hint: expect.stringContaining('again') });
    expect(away.isClosed()).toBe(true);
  });

  it('says what it would do with --dry-run, and writes nothing', async () => {
    const to = createTargets();
    to.topic.push(...all().slice(0, 5));
    const { out } = await run(to, { dryRun: true, output: 'json' });
    expect(JSON.parse(out)).toEqual({ sent: 20, known: 5, skipped: 0, checkpoints: 5, faults: 0, dryRun: true });
    expect(to.topic).toHaveLength(5);
    expect(to.carried).toBeUndefined();
  });

  it('refuses a trail with faults and names them, unless they are allowed', async () => {
    const file = path.join(trail, trailFile(3));
    writeFileSync(file, readFileSync(file, 'utf8').replace('"verb":"list"', '"verb":"get"'));
    appendFileSync(file, 'no event\n');
    const to = createTargets();
    const refused = await run(to);
    expect(refused.failure).toMatchObject({ exit: 'failed', message: expect.stringContaining('2 faults') });
    expect(refused.out).toContain('fault: altered producer=sallyport/1 seq=11');
    expect(to.topic).toEqual([]);
    const { out } = await run(to, { allowFaults: true });
    expect(out).toContain('1 line is not an event and was not imported.\nThe trail has 2 faults,');
    expect(to.topic).toHaveLength(25);
  });

  it('imports every event of a trail with faults, also those with the place of another one, or without any', async () => {
    const file = path.join(trail, trailFile(5));
    const [first, second] = written.records[4]!;
    const change = (record: AuditRecord, id: string, sallyport: object): AuditRecord => ({
      ...record,
      id,
      data: { ...record.data, sallyport: sallyport as AuditRecord['data']['sallyport'] },
    });
    const odd = [
      change(first!, 'fork', first!.data.sallyport),
      change(second!, 'old-1', { producer: 'sallyport/1' }),
      change(second!, 'old-2', { producer: 'sallyport/1' }),
      change(first!, 'far', { ...first!.data.sallyport, seq: 2 ** 31 - 2 }),
    ];
    // The first event again, which is left out.
    appendFileSync(file, [...odd, first!].map(toLine).join(''));
    const to = createTargets();
    const { out } = await run(to, { allowFaults: true });
    expect(out).toContain('Imported 29 events into audit.\n1 event was there already.\n');
    expect(idsOf(to.topic)).toEqual(idsOf([...all(), ...odd]));
  });

  it('refuses while a gateway uses the directory of the trail, or that above it', async () => {
    const data = path.dirname(trail);
    for (const directory of [trail, data]) {
      const unlock = holdLock(directory)!;
      const to = createTargets();
      const { failure } = await run(to);
      unlock();
      expect(failure).toMatchObject({
        exit: 'local-file',
        message: `another process uses ${directory}`,
        hint: 'Stop the gateway first.',
      });
      expect(to.topic).toEqual([]);
    }
    expect((await run(createTargets())).failure).toBeUndefined();
    const unlock = holdLock(data);
    expect(unlock).toBeDefined();
    unlock!();
  });

  it('refuses while the spool has events that are not in the trail, wherever it is', async () => {
    configure(', spool: {dir: ./waiting}');
    for (const dir of [path.join(trail, '..', 'spool'), path.join(rig.directory, 'waiting', 'sallyport')]) {
      mkdirSync(dir, { recursive: true });
      const options = { dir, maxBytes: 1024 * 1024, logger: createLogger({ service: 'x', level: 'silent' }) };
      const open = () => openSpool({ ...options, now: Date.now });
      const spool = await open();
      await spool.written(spool.append(Buffer.from('an event')));
      await spool.close();
      const to = createTargets();
      expect((await run(to)).failure).toMatchObject({
        exit: 'failed',
        message: expect.stringContaining('has events that are not in the trail yet'),
        hint: 'Start the gateway without audit.kafka once more, and stop it.',
      });
      expect(to.topic).toEqual([]);
      const again = await open();
      again.acknowledge(1);
      await again.close();
    }
    expect((await run(createTargets())).failure).toBeUndefined();
  });

  it('takes a copy of the files anywhere, without looking at what is next to it', async () => {
    const to = createTargets();
    const copy = path.join(rig.directory, 'copy');
    writeTrail(copy);
    writeFileSync(path.join(rig.directory, 'lock'), 'not ours');
    mkdirSync(path.join(rig.directory, 'spool'));
    expect((await run(to, { from: 'copy' })).failure).toBeUndefined();
    expect(to.topic).toHaveLength(25);
  });

  it('finds the trail in the data directory of a gateway', async () => {
    expect((await run(createTargets(), { from: 'data' })).out).toContain('Imported 25 events');
  });

  it('checks the signatures of checkpoints if it is given their keys', async () => {
    writeFileSync(path.join(rig.directory, 'keys.pem'), writeKey());
    const { failure, out } = await run(createTargets(), { keys: 'keys.pem' });
    expect(failure).toMatchObject({ exit: 'failed' });
    expect(out).toContain('forged-checkpoint');
  });

  it('tells the store where chains begin whose first events retention has deleted', async () => {
    rmSync(path.join(trail, trailFile(1)));
    const to = createTargets();
    expect((await run(to)).failure).toBeUndefined();
    const [first] = written.records[1]!;
    expect(to.carried!.begins).toEqual([{ producer: 'sallyport/1', seq: 6, prevHash: first!.data.sallyport.prevHash }]);
    expect(to.carried!.checkpoints).toEqual(written.checkpoints.slice(1));
  });

  it('tells the store where chains go on behind a legal hold, but not where other events are missing', async () => {
    configure(', legalHolds: [{name: case, from: 2026-11-02, until: 2026-11-03}]');
    for (const day of [1, 3]) rmSync(path.join(trail, trailFile(day)));
    const to = createTargets();
    expect((await run(to)).failure).toBeUndefined();
    expect(to.carried!.begins).toMatchObject([{ producer: 'sallyport/1', seq: 16 }]);
    const file = path.join(trail, trailFile(5));
    writeFileSync(file, readFileSync(file, 'utf8').split('\n').slice(2).join('\n'));
    await run(to, { allowFaults: true });
    expect(to.carried!.begins).toMatchObject([{ seq: 16 }]);
  });

  it('tells the store where chains begin also if the trail has no checkpoints', async () => {
    rmSync(path.join(trail, trailFile(1)));
    for (const day of [2, 3, 4, 5]) {
      const file = path.join(trail, trailFile(day));
      writeFileSync(file, day > 2 ? '' : written.records[1]!.slice(0, 3).map(toLine).join(''));
    }
    const to = createTargets();
    expect((await run(to)).failure).toBeUndefined();
    expect(to.carried).toMatchObject({ checkpoints: [], begins: [{ seq: 6 }] });
  });

  it('tells the store of a checkpoint once, although it was published twice', async () => {
    const [day4, day5] = [written.records[3]!, written.records[4]!];
    // As if the process had died before the store knew that the last one of day 4 was published.
    const again = structuredClone(day5.at(-1)!);
    again.id = 'again';
    const sealer = createSealer({ producer: 'sallyport/2' });
    again.data.sallyport = { checkpoint: day4.at(-1)!.data.sallyport.checkpoint! } as typeof again.data.sallyport;
    sealer.seal(again);
    appendFileSync(path.join(trail, trailFile(5)), toLine(again));
    const to = createTargets();
    expect((await run(to, { keys: 'keys.pem' })).failure).toBeUndefined();
    expect(to.carried!.checkpoints).toEqual(written.checkpoints);
  });

  it('imports nothing if the store has signed checkpoints of its own, or cannot be written', async () => {
    const foreign = Object.assign(new Error('the store has others'), { name: 'ForeignCheckpointsError' });
    const to = createTargets({ continueCheckpoints: () => Promise.reject(foreign) });
    expect((await run(to)).failure).toMatchObject({ exit: 'failed', hint: expect.stringContaining('before') });
    const away = createTargets({ continueCheckpoints: () => Promise.reject(new Error('connect ECONNREFUSED')) });
    expect((await run(away)).failure).toMatchObject({ exit: 'unreachable' });
    expect([to.topic, away.topic]).toEqual([[], []]);
  });

  it('says that only PostgreSQL can go on with the checkpoints, unless the store has them already', async () => {
    const to = createTargets();
    delete to.targets.continueCheckpoints;
    expect((await run(to)).err).toContain('can only be continued in audit.store.postgres');
    expect(to.topic).toHaveLength(25);
    to.targets.hasTrail = true;
    expect((await run(to)).err).toBe('');
  });

  it('knows the embedded store of a single process by its files', async () => {
    const hasTrail = async () => {
      const tools = await loadPolicyTools();
      const targets = await openTargets(await loadGatewayConfig(rig.environment, undefined), tools, true);
      await targets.close();
      return targets.hasTrail;
    };
    expect(await hasTrail()).toBe(false);
    const store = path.join(rig.directory, 'data', 'audit');
    mkdirSync(store);
    writeFileSync(path.join(store, 'PG_VERSION'), '18');
    expect(await hasTrail()).toBe(true);
  });

  it('needs Kafka in the configuration, and a directory with a trail', async () => {
    expect((await rig.run('audit', 'import', '--from', '.')).err).toContain('has no files of an audit trail');
    writeFileSync(path.join(rig.directory, 'sallyport.yaml'), 'gateway: {url: "http://127.0.0.1:1"}\n');
    const { code, err } = await rig.run('audit', 'import');
    expect(code).toBe(2);
    expect(err).toContain('has no audit.kafka');
  });
});

/** Another key than that of the checkpoints. */
function writeKey(): string {
  return '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n';
}
