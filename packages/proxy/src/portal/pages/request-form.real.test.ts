import { describe, expect, it } from '@jest/globals';
import { ProblemError } from '@sallyport/kit';
import {
  createElevationPagesRig as setUp,
  evil,
  home,
  minute,
  optionOf,
  page,
} from '../../testing/elevation-pages-rig.ts';
import { pagesNow as now } from '../../testing/pages-rig.ts';

describe('the form that asks for an elevation', () => {
  const path = `${home}/new/prod-admin`;
  const filled = { cluster: 'prod-eu', for: '30m', reason: 'the shop is down' };

  it('has a field for each thing that the entry takes, and offers only where it can be had', async () => {
    const { get } = setUp({
      options: [
        optionOf({ ticket: { required: true }, places: [{ cluster: 'prod-eu', namespaces: ['shop', 'bank'] }] }),
        optionOf({ name: 'other', places: [{ cluster: 'secret' }] }),
      ],
    });
    const { text } = await get(path).expect(200);
    expect([...text.matchAll(/ name="(\w+)"/g)].map(([, name]) => name).slice(-6)).toEqual([
      'cluster',
      'namespace',
      'for',
      'reason',
      'ticket',
      'start',
    ]);
    expect(text.match(/<option[^>]*>/g)).toHaveLength(2);
    expect(text).not.toContain('secret');
  });

  it('asks, and leads to the page that waits', async () => {
    const { submit, calls, events } = setUp();
    const { headers } = await submit(path, { ...filled, ticket: 'INC-1', start: '2026-01-02T13:00' }).expect(303);
    expect(headers['location']).toBe(`${page}?done=request`);
    expect(calls.map(({ body }) => body)).toMatchObject([
      { action: 'options' },
      {
        action: 'request',
        asked: {
          name: 'prod-admin',
          cluster: 'prod-eu',
          durationMs: 30 * minute,
          reason: 'the shop is down',
          ticket: 'INC-1',
          startsAt: now + 60 * minute,
        },
      },
    ]);
    expect(events).toEqual([{ status: 303, path }]);
  });

  it.each<[Record<string, string>, string]>([
    [{ for: 'soon' }, 'Enter for how long'],
    [{ for: '2h' }, 'It lasts for 1h at most'],
    [{ reason: ' \n ' }, 'Enter a reason.'],
    [{ reason: '\u200b\u2060' }, 'Enter a reason.'],
    [{ reason: 'x'.repeat(1025) }, 'The reason is too long.'],
    [{ cluster: '' }, 'Choose a cluster.'],
    [{ start: 'tomorrow' }, 'Enter the start'],
    [{ start: '2026-02-30T25:00' }, 'Enter the start'],
    [{ ticket: 'x'.repeat(201) }, 'The ticket is too long.'],
  ])('refuses %j, and keeps what was filled in', async (more, words) => {
    const { submit, actions } = setUp();
    const { text } = await submit(path, { ...filled, ...more }).expect(400);
    expect(text).toContain(words);
    expect(text).toContain('<option value="prod-us"');
    expect(actions()).toEqual(['options']);
  });

  it('shows why authorize refuses, with everything escaped', async () => {
    const refusal = new ProblemError('conflict', 'You have asked for this already.');
    const { submit } = setUp({ fails: { request: refusal } });
    const { text } = await submit(path, { ...filled, reason: evil, ticket: evil }).expect(409);
    expect(text).toContain('role="alert">You have asked for this already.');
    expect(text).not.toContain('<script>alert');
  });

  it('is not there for what the reader may not ask for, in the same words as for what does not exist', async () => {
    for (const name of ['other', 'none', '__proto__'])
      for (const answer of [
        await setUp().get(`${home}/new/${name}`),
        await setUp().submit(`${home}/new/${name}`, filled),
      ]) {
        expect(answer.status).toBe(404);
        expect(answer.text).toContain('There is no elevation with this name that you may ask for.');
      }
  });
});
