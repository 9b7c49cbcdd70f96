import { describe, expect, it, jest } from '@jest/globals';
import { sampleAuditRecord, toLine } from '@sallyport/audit-log';
import type { AuditPage, AuditQuery } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { encodeCursor } from '../events/cursor.ts';
import { createStreamLimit } from '../query/create-query-limiter.ts';
import { csvHeading, csvLines } from './csv-lines.ts';
import { exportTrail } from './export-trail.ts';
import { tailTrail } from './tail-trail.ts';

const all = { only: undefined, scope: { scope: 'all' as const } };
const query: AuditQuery = { order: 'newest', limit: 100 };

async function collect(pieces: AsyncGenerator<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

describe('an export', () => {
  const records = [sampleAuditRecord(), sampleAuditRecord()];
  const find = async (asked: AuditQuery): Promise<AuditPage> => {
    if (asked.order === 'newest') return { events: [], latest: encodeCursor({ above: 7 }) };
    return asked.after === encodeCursor({ above: 0, below: 8 })
      ? { events: [records[0]!], next: 'more' }
      : { events: [records[1]!] };
  };
  const lines = async (...given: Parameters<typeof exportTrail>) =>
    (await collect(exportTrail(...given)))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);

  it('has every event that was stored when it began, unchanged, and says that it is complete', async () => {
    const [{ id, type, source, time, key, data }] = records as [(typeof records)[0]];
    const found = await lines('ndjson', query, all, find);
    expect(found).toHaveLength(3);
    expect(found[0]).toEqual({ ...data, cloudEvent: { id, type, source, time, key, specversion: '1.0' } });
    expect(found[2]).toEqual({ export: { complete: true, events: 2 } });
  });

  it('says in its first and last line that it cannot be verified if events are left out', async () => {
    const filtered = await lines('ndjson', { ...query, user: 'bob' }, all, find);
    expect([filtered[0], filtered.at(-1)]).toEqual([
      { export: { filtered: true, scope: 'all' } },
      { export: { complete: true, events: 2, filtered: true } },
    ]);
    expect((await lines('ndjson', { ...query, routine: 'omit' }, all, find))[0]).toHaveProperty(
      'export.filtered',
      true,
    );
    expect((await lines('ndjson', { ...query, routine: 'include' }, all, find)).at(-1)).not.toHaveProperty(
      'export.filtered',
    );
    const own = { only: { issuer: 'i', subject: 's' }, scope: { scope: 'own' as const } };
    expect((await lines('ndjson', query, own, find))[0]).toEqual({ export: { filtered: true, scope: 'own' } });
  });

  it('says in the last row of a CSV that it is complete', async () => {
    const last = async (...given: Parameters<typeof exportTrail>) =>
      (await collect(exportTrail(...given))).trimEnd().split('\n').at(-1)!.split(',').filter(Boolean);
    expect(await last('csv', query, all, find)).toEqual(['export', 'complete', '2']);
    expect(await last('csv', { ...query, user: 'bob' }, all, find)).toEqual(['export', '"complete', ' filtered"', '2']);
    const [heading, ...rows] = (await collect(exportTrail('csv', query, all, find))).trimEnd().split('\n');
    expect(rows.at(-1)!.split(',')).toHaveLength(heading!.split(',').length);
  });

  it('writes no cell of CSV that a spreadsheet would run, and quotes the rest', () => {
    const record = sampleAuditRecord();
    record.data.user = { username: '=HYPERLINK("http://x")' };
    record.data.userAgent = '@SUM(1), "a"\nb';
    record.data.requestURI = '+1';
    const text = csvLines([record]);
    expect(text).toContain(`"'=HYPERLINK(""http://x"")"`);
    expect(text).toContain(`"'@SUM(1), ""a"" b"`);
    expect(text).toContain(",'+1,");
    expect(csvHeading).toMatch(/^time,type,stage,auditID,user,/);
  });
});

describe('a line of an export', () => {
  const odd = 'a\u2028b\u2029c\u0085d\u001b[31m\u202ee';
  const record = sampleAuditRecord();
  record.data.requestURI = odd;
  record.data.sallyport.exec = { container: 'main', command: ['sh', odd], tty: false, stdin: false };

  it('is one line for every reader, and the same data', () => {
    const line = toLine(record);
    expect(line.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(JSON.parse(line)).toMatchObject({ requestURI: odd });
  });

  it('has no control character as CSV', () => {
    const line = csvLines([record]);
    expect(line.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(line).toContain('a\\u{2028}b');
  });
});

describe('a tail', () => {
  it('sends events with the position to continue from, and goes on after an outage of the store', async () => {
    const record = sampleAuditRecord();
    const gone = new AbortController();
    const answers: (() => Promise<AuditPage>)[] = [
      async () => ({ events: [], latest: 'p1' }),
      () => Promise.reject(new ProblemError('service-unavailable', 'down')),
      async () => ({ events: [record], latest: 'p2' }),
    ];
    const asked: (string | undefined)[] = [];
    const pieces = tailTrail(query, {
      seal: (cursor) => `sealed-${cursor}`,
      signal: gone.signal,
      arrivals: { version: () => 0, changed: async () => void (answers.length === 0 && gone.abort()) },
      find: async ({ after }) => {
        asked.push(after);
        return answers.shift()!();
      },
    });
    const text = await collect(pieces);
    expect(asked).toEqual([undefined, 'p1', 'p1']);
    expect(text).toContain('id: sealed-p1\nretry: 2000\n\n: the store cannot be reached\n\n');
    expect(text).toContain(`id: sealed-p2\nevent: audit\ndata: ${JSON.stringify({ ...record, result: 'ok' })}\n\n`);
  });

  it('has a heartbeat while only events arrive that the reader does not see', async () => {
    let [version, now] = [0, 0];
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    const gone = new AbortController();
    const pieces = tailTrail(query, {
      seal: (cursor) => cursor,
      signal: gone.signal,
      arrivals: {
        version: () => version,
        // Something arrives every five seconds.
        changed: async () => {
          [version, now] = [version + 1, now + 5000];
          if (now > 60_000) gone.abort();
        },
      },
      find: async () => ({ events: [], latest: 'p1' }),
    });
    expect((await collect(pieces)).split(':\n\n')).toHaveLength(5);
    clock.mockRestore();
  });

  it('ends for a query that cannot be answered', async () => {
    const pieces = tailTrail(
      { ...query, after: 'x' },
      {
        seal: (cursor) => cursor,
        signal: new AbortController().signal,
        arrivals: { version: () => 0, changed: async () => undefined },
        find: () => Promise.reject(new ProblemError('bad-request', 'not a cursor')),
      },
    );
    await expect(collect(pieces)).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('is limited for each person', () => {
    const enter = createStreamLimit(2);
    const leave = enter('a');
    enter('a');
    enter('b');
    expect(() => enter('a')).toThrow('already');
    leave();
    leave();
    enter('a');
    expect(() => enter('a')).toThrow('already');
  });
});
