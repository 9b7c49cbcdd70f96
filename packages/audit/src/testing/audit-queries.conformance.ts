import { describe, expect, it } from '@jest/globals';
import { auditQuerySchema } from '@sallyport/contracts';
import fc from 'fast-check';
import { hour, ids, makeEvent, midday, type AuditStoreHarness } from './audit-store-harness.ts';

/** The rules for the conditions of a query: part of the rules that every audit store follows. */
export function describeAuditQueries(open: () => AuditStoreHarness): void {
  const find = (query: Record<string, unknown>) => open().stores.events.find(auditQuerySchema.parse(query));
  /** Adds events of a new session, so that no test sees the events of another. */
  const added = async (count: number, changes: Parameters<typeof makeEvent>[1] = {}) => {
    const session = crypto.randomUUID();
    const records = Array.from({ length: count }, () => makeEvent(session, changes));
    await open().stores.events.add(records);
    return { session, records };
  };

  describe('for queries', () => {
    it.each([
      ['id', 'other'],
      ['idPrefix', '00000000-0000'],
      ['auditID', 'other'],
      ['user', 'bob@example.com'],
      ['issuer', 'https://other.example.com'],
      ['subject', 'bob'],
      ['cluster', 'prod'],
      ['namespace', 'kube-system'],
      ['resource', 'secrets'],
      ['subresource', 'exec'],
      ['name', 'web-1'],
      ['verb', 'delete'],
      ['type', 'login.failed'],
      ['stage', 'RequestReceived'],
      ['effect', 'deny'],
      ['rule', 'default-deny'],
      ['reason', 'groups-unauthorized'],
      ['address', '10.9.9.9'],
      ['command', 'rm'],
      ['command', 'passwd /etc'],
      ['group', 'operators'],
      ['elevation', 'other'],
      ['agent', 'other'],
      ['workload', 'other'],
      ['auditIDPrefix', '00000000'],
      ['sessionPrefix', '00000000'],
      ['code', 403],
    ] as const)('finds by %s', async (condition, other) => {
      const { session, records } = await added(1);
      const { id, data, type } = records[0]!;
      const own = {
        id,
        idPrefix: id.slice(0, 30),
        auditID: data.auditID,
        user: 'alice@example.com',
        issuer: 'https://idp.example.com',
        subject: 'alice',
        cluster: 'dev',
        namespace: 'dev',
        resource: 'pods',
        subresource: 'log',
        name: 'web-0',
        verb: 'list',
        type,
        stage: 'ResponseComplete',
        effect: 'allow',
        rule: 'clusters.dev.policy[0].allow',
        reason: 'groups-ok',
        address: '10.1.2.3',
        command: 'sh -c cat /etc/pass',
        group: 'developers',
        elevation: 'incident',
        agent: 'review-bot',
        workload: 'ci',
        auditIDPrefix: data.auditID.slice(0, 8),
        sessionPrefix: session.slice(0, 13),
        code: 200,
      }[condition];
      expect((await find({ session, [condition]: own })).events).toHaveLength(1);
      expect((await find({ session, [condition]: other })).events).toHaveLength(0);
    });

    it('finds an event by the ID of its agent, and not by the agent of another', async () => {
      const { session, records } = await added(1);
      const { id } = records[0]!.data.sallyport.agent!;
      expect((await find({ session, agent: id })).events).toEqual(records);
      expect((await find({ id: records[0]!.id, agent: 'other' })).events).toEqual([]);
    });

    it('finds an event by the position and by the name of its rule, and by no part of them', async () => {
      const session = crypto.randomUUID();
      const records = ['no-shells', undefined].map((ruleName) => {
        const record = makeEvent(session);
        Object.assign(record.data.sallyport.decision!, { rule: 'cluster/dev[1].deny.and', ruleName });
        return record;
      });
      await open().stores.events.add(records);
      const found = async (rule: string) => (await find({ session, rule })).events.length;
      expect(await found('cluster/dev[1].deny.and')).toBe(2);
      expect(await found('no-shells')).toBe(1);
      for (const rule of ['no', 'no-shells-2', 'cluster/dev[1]']) expect(await found(rule)).toBe(0);
    });

    it('finds the end of a stream by its reason, also under the name before version 0.2.0', async () => {
      const session = crypto.randomUUID();
      const records = ['unjudged', 'authorize-unavailable', 'draining'].map((reason) => {
        const record = makeEvent(session);
        record.type = 'stream.cut';
        record.data.sallyport.stream = { id: crypto.randomUUID(), kind: 'watch', reason };
        return record;
      });
      await open().stores.events.add(records);
      const found = async (reason: string) =>
        new Set((await find({ session, reason })).events.map(({ data }) => data.sallyport.stream!.reason));
      expect(await found('authorize-unavailable')).toEqual(new Set(['authorize-unavailable', 'unjudged']));
      expect(await found('unjudged')).toEqual(new Set(['unjudged']));
    });

    it('finds an event by each of the elevations that its request used', async () => {
      const session = crypto.randomUUID();
      const record = makeEvent(session);
      record.data.sallyport.elevations = ['e1', 'e2'].map((id) => ({ id, name: `of-${id}` }));
      await open().stores.events.add([record]);
      for (const elevation of ['e1', 'e2', 'of-e1', 'of-e2'])
        expect((await find({ session, elevation })).events).toEqual([record]);
      expect((await find({ session, elevation: 'e3' })).events).toEqual([]);
    });

    it.each([
      ['c', 1],
      ['~', 0],
      ['-c', 1],
      ['c-', 0],
      ['sh -c cat /etc/passwd', 1],
      ['Sh -c', 0],
      ['sh  -c', 0],
    ])('finds the text %j in a command of an exec, or not', async (command, count) => {
      const { session } = await added(1);
      expect((await find({ session, command })).events).toHaveLength(count);
    });

    it('finds events since a time and until a time', async () => {
      const session = crypto.randomUUID();
      const records = [0, 1, 2].map((hours) => makeEvent(session, { at: midday + hours * hour }));
      await open().stores.events.add(records);
      const [first, second, third] = records.map((record) => record.id);
      const at = (hours: number) => new Date(midday + hours * hour).toISOString();
      expect(ids(await find({ session, since: at(1) }))).toEqual([third, second]);
      expect(ids(await find({ session, until: at(1) }))).toEqual([first]);
      expect(ids(await find({ session, since: at(1), until: '2026-11-25T15:00:00+01:00' }))).toEqual([second]);
    });

    it('treats a value with a meaning in SQL as plain text', async () => {
      const { session } = await added(1, { namespace: `x' or '1'='1` });
      expect((await find({ session, namespace: `x' or '1'='1` })).events).toHaveLength(1);
      expect((await find({ session, namespace: `' or ''='` })).events).toHaveLength(0);
      expect((await find({ session, namespace: `%` })).events).toHaveLength(0);
    });

    it.each([
      'x',
      'MTIz',
      '%',
      Buffer.from('1:2:').toString('base64url'),
      Buffer.from('1:2:3:4').toString('base64url'),
      Buffer.from('1e9:').toString('base64url'),
    ])('refuses the cursor %j, which it never issued', async (after) => {
      await expect(find({ after })).rejects.toMatchObject({ code: 'bad-request' });
    });

    it('answers or refuses every query that the schema accepts, and never reports an outage because of one', async () => {
      const text = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 600 }),
        fc.constantFrom('\0', '\ud800', '%', "'", '\\', '{', '\u{1f600}', 'x'.repeat(501)),
      );
      const moment = fc.oneof(
        text,
        fc.date().map((date) => (Number.isNaN(date.getTime()) ? '' : date.toISOString())),
        fc.constantFrom(
          '0000-01-01T00:00:00Z',
          '0001-01-01T00:00:00Z',
          '9999-12-31T23:59:59-23:59',
          '2026-11-25T12:00:00+15:59',
          '2026-11-25T12:00Z',
          '2026-11-25T12:00:00.1234567890123Z',
          '2016-12-31T23:59:60Z',
        ),
      );
      const number = fc.oneof(
        fc.integer(),
        fc.double(),
        fc.constantFrom(99_999_999_999, 2 ** 31, -(2 ** 31) - 1, '0x10', ' 5 ', '1e3'),
      );
      const values: Record<string, fc.Arbitrary<unknown>> = {
        code: number,
        limit: number,
        since: moment,
        until: moment,
      };
      const one = fc
        .constantFrom(...Object.keys(auditQuerySchema.shape))
        .chain((name) => (values[name] ?? text).map((value) => [name, value] as const));
      let answered = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 2 }), async (pairs) => {
          const read = auditQuerySchema.safeParse(Object.fromEntries(pairs));
          if (!read.success) return;
          await open()
            .stores.events.find(read.data)
            .then(
              () => (answered += 1),
              (error: unknown) => expect(error).toMatchObject({ code: 'bad-request' }),
            );
        }),
        { numRuns: 500, examples: [[[['reason', 'valueOf']]]] },
      );
      expect(answered).toBeGreaterThan(20);
    });

    it.each([
      { subject: '\0' },
      { code: 99_999_999_999 },
      { since: '0000-01-01T00:00:00Z' },
      { until: '2026-11-25T12:00:00+23:59' },
    ])('refuses %j, which it cannot compare, as a bad request', async (query) => {
      await expect(open().stores.events.find({ order: 'newest', limit: 10, ...query })).rejects.toMatchObject({
        code: 'bad-request',
      });
    });
  });
}
