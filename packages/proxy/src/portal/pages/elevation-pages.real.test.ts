import { describe, expect, it } from '@jest/globals';
import type { ElevationView } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import {
  createElevationPagesRig as setUp,
  evil,
  form,
  home,
  id,
  minute,
  page,
} from '../../testing/elevation-pages-rig.ts';
import { gatewayOrigin, pagesNow as now, sessionCookie as cookie } from '../../testing/pages-rig.ts';

describe('the list of elevations', () => {
  it('shows what waits for the reader, what they have, and what they may ask for', async () => {
    const { get, events } = setUp();
    const { text, headers } = await get(home).expect(200);
    expect(text).toContain('<h1>Elevations</h1>');
    expect(text).toContain(`<a href="${page}">`);
    expect(text).toMatch(/waits for approval \(0 of 1\) until/);
    expect(text).toContain('the shop is down');
    expect(text).toContain(`href="${home}/new/prod-admin"`);
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Accept, Cookie', 'x-frame-options': 'DENY' });
    expect(events).toEqual([{ status: 200, path: home }]);
  });

  it('says so where there is nothing', async () => {
    const { get } = setUp({ options: [], view: { mine: true, state: 'active', expiresAt: now, may: [] } });
    const { text } = await get(home).expect(200);
    expect(text).toContain('Nothing waits for you.');
    expect(text).toContain('There is none that you may ask for.');
  });
});

describe('the page of one elevation', () => {
  it('shows who asks for what, where and why, with a button for each thing that the reader may do', async () => {
    const { get, actions } = setUp({ view: { ticket: 'INC-7', namespace: 'shop' } });
    const { text } = await get(page).expect(200);
    for (const words of ['alice@example.com', 'prod-eu/shop', 'the shop is down', 'INC-7', '30 minutes', 'admins'])
      expect(text).toContain(words);
    expect(text.match(/formaction="[^"]+"/g)).toEqual([`formaction="${page}/approve"`, `formaction="${page}/deny"`]);
    expect(text).not.toContain('data-reload');
    expect(actions()).toEqual(['show']);
  });

  it('says whose approval is lacking, and for whom the others have approved', async () => {
    const { get } = setUp({
      view: {
        approvalsNeeded: 2,
        approvals: [{ user: 'bob@example.com', at: now, sets: ['leads'] }],
        approverSets: [
          { name: 'leads', approvals: 1, lacks: 0 },
          { name: 'security', approvals: 1, lacks: 1 },
        ],
      },
    });
    const { text } = await get(page).expect(200);
    expect(text).toContain('waits for approval (1 of 2, needs 1 of security) until');
    expect(text).toContain('<bdi>bob@example.com</bdi> of leads, ');
    expect((await get(home)).text).toContain('needs 1 of security');
  });

  it('shows everything that was written, escaped, in one line, without what is invisible', async () => {
    const reason = `${'x'.repeat(900)} \n${evil} end`;
    const { get } = setUp({
      view: {
        reason,
        ticket: evil,
        user: evil,
        namespace: evil,
        groups: [evil],
        approvals: [{ user: evil, at: now }],
        state: 'revoked',
        ended: { at: now, user: evil, detail: evil },
        extends: evil,
      },
    });
    const { text } = await get(page).expect(200);
    expect(text).not.toMatch(/<script>alert|\u202e|\u0007/);
    expect(text).toContain('x'.repeat(900));
    expect(text).toContain('\\u{202e}gnp.\\u{7} end</bdi>');
  });

  it('looks again by itself only while its reader waits, and only for an hour', async () => {
    const own = { mine: true, may: ['withdraw' as const] };
    for (const [more, seconds] of [
      [{}, '5'],
      [{ createdAt: now - 20 * minute }, '30'],
      [{ createdAt: now - 70 * minute }, undefined],
      [{ state: 'approved', activeFrom: now + minute, createdAt: now - 5 * minute }, '5'],
      [{ state: 'approved', activeFrom: now + 900 * minute, createdAt: now - 70 * minute }, undefined],
      [{ state: 'active', expiresAt: now + minute }, undefined],
    ] as [Partial<ElevationView>, string | undefined][]) {
      const { text, headers } = await setUp({ view: { ...own, ...more } }).get(page);
      expect([more, /data-reload="(\d+)"/.exec(text)?.[1]]).toEqual([more, seconds]);
      expect(text).not.toContain('http-equiv');
      expect(text.includes('location.replace')).toBe(seconds !== undefined);
      expect(headers['content-security-policy']).not.toContain('unsafe');
    }
    expect((await setUp({ view: own }).get(page)).text).not.toContain('<textarea');
  });

  it.each([
    [
      'no such elevation',
      page,
      new ProblemError('not-found', 'There is no elevation with this ID, or you may not see it.'),
    ],
    ['an ID that is none', `${home}/${'x'.repeat(65)}`, undefined],
    ['an ID with a dot', `${home}/a.b`, undefined],
  ])('is not there for %s, in the same words', async (_what, path, error) => {
    const { get } = setUp(error ? { fails: { show: error } } : {});
    const { text } = await get(path).expect(404);
    expect(text).toContain('There is no elevation with this ID, or you may not see it.');
    expect(text).not.toContain('prod-admin');
  });

  it('offers another login where the policy asks for one, which leads back and decides nothing', async () => {
    const { get } = setUp({ view: { may: [], freshLogin: { acrValues: ['phr', 'a b&c'] } } });
    const { text } = await get(page).expect(200);
    const href = /<a class="act" href="([^"]+)">Log in again/.exec(text)![1]!.replaceAll('&amp;', '&');
    const { origin, pathname, searchParams } = new URL(href);
    expect([origin, pathname, Object.fromEntries(searchParams)]).toEqual([
      gatewayOrigin,
      '/.sallyport/login',
      { return_to: page, max_age: '0', provider: 'corp', acr_values: 'phr a b&c' },
    ]);
    expect(text).not.toContain('<button');
  });

  it('shows a notice only after a click on it, and only one of its own', async () => {
    const { get } = setUp();
    const notice = async (done: string, site: string | undefined) =>
      /role="status">([^<]*)/.exec(
        (await get(`${page}?done=${done}`, { cookie, ...(site === undefined ? {} : { 'sec-fetch-site': site }) })).text,
      )?.[1];
    expect(await notice('approve', 'same-origin')).toBe('You have approved this.');
    for (const site of ['cross-site', 'same-site', 'none', undefined])
      expect(await notice('approve', site)).toBeUndefined();
    for (const done of ['constructor', '<b>', 'x&done=approve'])
      expect(await notice(done, 'same-origin')).toBeUndefined();
  });
});

describe('a review', () => {
  const review = { groups: ['auditors'], dueAt: now + 60 * minute, overdue: false };
  const over = { state: 'expired' as const, breakGlass: true, review, ended: { at: now } };

  it('is a comment and one of two buttons', async () => {
    const { get } = setUp({ view: { ...over, may: ['review'] } });
    const { text } = await get(page).expect(200);
    expect(text).toContain('none: this is break-glass');
    expect(text).toMatch(/due at .* by someone of <bdi>auditors<\/bdi>/);
    expect(text.match(/name="verdict" value="\w+"/g)).toHaveLength(2);
    const { submit, calls } = setUp({ view: { ...over, may: ['review'] } });
    const { headers } = await submit(`${page}/review`, { verdict: 'unjustified', comment: 'no\r\nincident' }).expect(
      303,
    );
    expect(headers['location']).toBe(`${page}?done=review`);
    expect(calls[0]!.body).toMatchObject({
      action: 'review',
      id,
      asked: { verdict: 'unjustified', comment: 'no incident' },
    });
  });

  it('is shown when it is done, and to those who need another login first', async () => {
    const done = { user: evil, at: now, verdict: 'unjustified' as const, comment: evil };
    const { text } = await setUp({ view: { ...over, review: { ...review, done }, may: [] } }).get(page);
    expect(text).toContain('unjustified, by');
    expect(text).not.toMatch(/<script>alert|name="verdict"/);
    const stale = await setUp({ view: { ...over, may: [], freshLogin: { acrValues: [] } } }).get(page);
    expect(stale.text).toContain('To review this, you must have logged in more recently');
  });

  it.each<[string, Record<string, string>]>([
    ['a comment', { verdict: 'justified' }],
    ['a verdict', { comment: 'x' }],
    ['a verdict that there is', { comment: 'x', verdict: 'fine' }],
    ['a short comment', { comment: 'x'.repeat(1025), verdict: 'justified' }],
  ])('needs %s', async (_what, fields) => {
    const { submit, actions } = setUp({ view: { ...over, may: ['review'] } });
    expect((await submit(`${page}/review`, fields).expect(400)).text).toContain('role="alert"');
    expect(actions()).toEqual(['show']);
  });
});

describe('a browser without a session', () => {
  it('is sent to log in, and back to the same page of ours', async () => {
    for (const path of [home, page, `${home}/new/prod-admin`]) {
      const { get, calls, events } = setUp();
      const { headers } = await get(path, {}).expect(303);
      expect(headers['location']).toBe(`${gatewayOrigin}/.sallyport/login?return_to=${path}`);
      expect([calls, events]).toEqual([[], []]);
    }
  });

  it('is sent there from an ended session too, and from a click', async () => {
    const ended = { cookie: '__Host-sallyport=spt_dead' };
    const { get, submit, calls } = setUp();
    const { headers } = await get(page, ended).expect(303);
    expect(headers['location']).toBe(`${gatewayOrigin}/.sallyport/login?return_to=${page}`);
    expect(headers).not.toHaveProperty('www-authenticate');
    const clicked = await submit(`${page}/approve`, {}, ended).expect(303);
    expect(clicked.headers['location']).toBe(`${gatewayOrigin}/.sallyport/login?return_to=${page}`);
    expect(calls).toEqual([]);
  });

  it('is sent nowhere else, whatever the address says', async () => {
    const { get } = setUp();
    for (const path of [`${page}?return_to=https://evil.example`, `${home}/a.b`, `${home}/${'x'.repeat(300)}`]) {
      const { headers } = await get(path, {}).expect(303);
      expect(headers['location']).toMatch(
        new RegExp(`^${gatewayOrigin}/\\.sallyport/login\\?return_to=${home}(/[a-z0-9-]+)?$`),
      );
    }
    for (const path of [`//evil.example${page}`, `${home}/%2f%2fevil.example`, `${home}//evil.example`])
      expect((await get(path, {})).status).toBe(400);
  });

  it('is sent to the same page at the origin of the login pages, where its session is', async () => {
    const { get } = setUp({}, { own: 'https://other.example.com' });
    const { headers } = await get(page, { host: 'other.example.com' }).expect(303);
    expect(headers['location']).toBe(`${gatewayOrigin}${page}`);
  });

  it('is told so if it is a program', async () => {
    await setUp().get(page, { accept: 'application/json' }).expect(401);
  });
});

describe('a button', () => {
  it.each(['approve', 'deny', 'withdraw', 'revoke'])(
    '%s takes the step with the note, and leads back',
    async (step) => {
      const { submit, calls, events } = setUp();
      const { headers } = await submit(`${page}/${step}`, { note: ' well\r\n known ' }).expect(303);
      expect(headers['location']).toBe(`${page}?done=${step}`);
      expect(calls).toMatchObject([
        {
          method: 'POST',
          path: '/v1/elevations',
          body: { action: step, id, asked: { reason: 'well known' }, credential: { kind: 'token' } },
        },
      ]);
      expect(events).toEqual([{ status: 303, path: `${page}/${step}` }]);
    },
  );

  it('asks for more time', async () => {
    const { submit, calls } = setUp();
    await submit(`${page}/extend`, { for: '1h 30m', reason: 'not done' }).expect(303);
    expect(calls[0]!.body).toMatchObject({
      action: 'extend',
      id,
      asked: { durationMs: 90 * minute, reason: 'not done' },
    });
  });

  it('that is refused shows why, and the elevation as it is now', async () => {
    const { submit, events, actions } = setUp({
      view: { state: 'withdrawn', may: [], ended: { at: now } },
      fails: { approve: new ProblemError('conflict', `This is over. ${evil}`) },
    });
    const { text } = await submit(`${page}/approve`).expect(409);
    expect(text).toMatch(/role="alert">This is over\. &quot;&gt;&lt;script/);
    expect(text).toContain('withdrawn');
    expect(actions()).toEqual(['approve', 'show']);
    expect(events).toEqual([{ status: 409, path: `${page}/approve` }]);
  });

  it('that needs another login says so, and offers it', async () => {
    const { submit } = setUp({
      view: { may: [], freshLogin: { acrValues: [] } },
      fails: { approve: new ProblemError('forbidden', 'Run "sallyport login --max-age 0s"') },
    });
    const { text } = await submit(`${page}/approve`).expect(403);
    expect(text).toContain('This needs another login first.');
    expect(text).toContain('max_age=0');
    expect(text).not.toContain('sallyport login --max-age');
  });

  it('is answered with 503 while its step cannot be recorded', async () => {
    const away = new ProblemError('audit-unavailable', 'It begins by itself when the audit log is back.');
    const { submit } = setUp({ view: { state: 'approved', unrecorded: true, may: [] }, fails: { approve: away } });
    const { text } = await submit(`${page}/approve`).expect(503);
    expect(text).toContain('begins when the audit log has the approval');
  });

  it('of what the reader may not see is not there', async () => {
    const { submit } = setUp({ fails: { approve: new ProblemError('not-found', 'none') } });
    await submit(`${page}/approve`).expect(404);
  });

  it.each<[string, Record<string, string>]>([
    ['another site', { origin: 'https://evil.example' }],
    ['an opaque origin', { origin: 'null' }],
    ['no origin', { origin: '' }],
    ['a longer host', { origin: 'https://gate.example.com.evil.example' }],
    ['another port', { origin: 'https://gate.example.com:8443' }],
    ['plain http', { origin: 'http://gate.example.com' }],
    ['a frame of another site', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling host', { 'sec-fetch-site': 'same-site' }],
    ['the address bar', { 'sec-fetch-site': 'none' }],
    ['a program', { cookie: '', authorization: 'Bearer spt_program' }],
  ])('does nothing for %s', async (_who, headers) => {
    const { submit, calls, events } = setUp();
    for (const step of ['approve', 'deny', 'withdraw', 'revoke', 'extend', 'review'])
      await submit(`${page}/${step}`, {}, headers).expect(403);
    await submit(`${home}/new/prod-admin`, { cluster: 'prod-eu', for: '5m', reason: 'r' }, headers).expect(403);
    expect(calls).toEqual([]);
    expect(events.map(({ status }) => status)).toEqual(Array(7).fill(403));
  });

  it('does nothing for a link, a prefetch or another method', async () => {
    const { agent, calls } = setUp();
    const headers = { host: 'gate.example.com', accept: 'text/html', cookie, origin: gatewayOrigin };
    for (const step of ['approve', 'deny', 'withdraw', 'revoke', 'extend', 'review'])
      for (const method of ['get', 'head', 'put', 'delete', 'options', 'patch'] as const) {
        const answer = await agent[method](`${page}/${step}`)
          .set({ ...headers, 'sec-purpose': 'prefetch' })
          .expect(405);
        expect(answer.headers['allow']).toBe('POST');
      }
    for (const path of [home, page]) await agent.post(path).set(headers).expect(405);
    expect(calls).toEqual([]);
  });

  it.each([
    ['JSON', { 'content-type': 'application/json' }, '{"note":"x"}', 415],
    ['plain text', { 'content-type': 'text/plain' }, 'note=x', 415],
    ['files', { 'content-type': 'multipart/form-data; boundary=x' }, '--x--', 415],
    ['a field twice', form, 'note=a&note=b', 400],
    ['an unknown field', form, 'note=a&id=other', 400],
    ['bytes that are not ASCII', form, 'note=é', 400],
    ['a long note', form, `note=${'x'.repeat(1025)}`, 400],
    ['a body without end', form, `note=${'x'.repeat(17_000)}`, 413],
  ])('refuses %s, in words', async (_what, headers, body, status) => {
    const { post, actions } = setUp();
    const { text } = await post(`${page}/approve`, headers).send(body).expect(status);
    expect(text).toContain('role="alert"');
    expect(actions()).toEqual(['show']);
  });

  it.each(['', 'soon', '0', '-5', '5x', '1e3', '99999999999'])('refuses "%s" as a length of time', async (span) => {
    const { submit, actions } = setUp();
    await submit(`${page}/extend`, { for: span }).expect(400);
    expect(actions()).toEqual(['show']);
  });
});
