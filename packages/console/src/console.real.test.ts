import { afterEach, describe, expect, it } from '@jest/globals';
import { browserProgram } from '@sallyport/player/testing';
import axe from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { openConsole, type ApiAnswer, type OpenConsole } from './testing/open-console.ts';
import { refused, rowsOf, textOf } from './testing/read-page.ts';
import { eventRows, usualAnswers } from './testing/usual-answers.ts';
import { hostile } from './testing/values.ts';

const views = [
  '/console',
  '/console/trail',
  '/console/trail/0198c2f1',
  '/console/policy?cluster=prod',
  '/console/machines',
  '/console/set-up',
];

let open: OpenConsole | undefined;
afterEach(() => open?.close());

async function start(look?: BrowserContextOptions): Promise<OpenConsole> {
  open = await openConsole(look);
  return open;
}

type Results = { violations: { id: string; impact?: string | null; nodes: { html: string }[] }[] };
async function faultsOf(page: Page): Promise<string[]> {
  // Evaluated by the debugger, so the policy of the page does not stop it.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<Results> } }).axe.run(),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`));
}

(browserProgram === undefined ? describe.skip : describe)('the console in a browser', () => {
  it.each<[string, BrowserContextOptions]>([
    ['wide and light', {}],
    ['320 px wide and dark', { viewport: { width: 320, height: 700 }, colorScheme: 'dark' }],
  ])('shows what others chose as text, fits, and is accessible, %s', async (_look, look) => {
    const { go, page, complaints } = await start(look);
    for (const view of views) {
      await go(view);
      if (view.includes('/policy')) {
        await page.click('text=Explain');
        await page.waitForSelector('[aria-live] .state');
        await page.fill('textarea[name=policy]', '- allow: {}');
        await page.click('text=Compare');
        await page.waitForSelector('text=Refused instead of allowed');
      }
      for (const summary of await page.locator('main details > summary').all()) await summary.click();
      await page.waitForFunction(() => document.querySelector('.loading') === null);
      expect([view, await page.locator('main img, main script').count()]).toEqual([view, 0]);
      const text = await textOf(page);
      expect([view, /[\u200b\u202e]/.test(text)]).toEqual([view, false]);
      if (!view.includes('set-up')) expect([view, text.includes('\\u202egnp')]).toEqual([view, true]);
      const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect([view, tooWide]).toEqual([view, 0]);
      expect([view, await faultsOf(page)]).toEqual([view, []]);
    }
    await page.keyboard.press('Control+k');
    await page.waitForSelector('dialog.palette');
    expect(await faultsOf(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('can make no markup of a text', async () => {
    const { go, page } = await start();
    await go('/console');
    const tried = await page.evaluate(() => {
      try {
        document.body.innerHTML = '<b>x</b>';
        return 'made';
      } catch (error) {
        return (error as Error).name;
      }
    });
    expect(tried).toBe('TypeError');
  });

  it('ends a stream when it is told to, and shows it until the gateway has ended it', async () => {
    const { go, page, answers, calls } = await start();
    const release = Promise.withResolvers<ApiAnswer>();
    answers.set('DELETE /streams/str-1', () => release.promise);
    await go('/console');
    const rows = rowsOf(page, 'Open streams');
    expect(await rows.count()).toBe(3);
    await rows.first().locator('button').click();
    expect(calls.some(({ call }) => call.startsWith('DELETE'))).toBe(false);
    await page.click('dialog button[type=submit]');
    await page.waitForSelector('dialog button:disabled');
    expect(await rows.count()).toBe(3);
    const list = usualAnswers['GET /streams'];
    answers.set('GET /streams', () => ({ status: 200, body: { ...list, streams: list.streams.slice(1) } }));
    release.resolve({ status: 204 });
    await page.waitForSelector('dialog', { state: 'detached' });
    await page.waitForFunction(() => document.querySelectorAll('[aria-label="Open streams"] tbody tr').length === 2);
    expect(calls.filter(({ call }) => call === 'DELETE /streams/str-1')).toHaveLength(1);
  });

  it('approves an elevation with the note, in a body that no form sends, and says why it could not', async () => {
    const { go, page, answers, calls } = await start();
    const why = 'You may not approve what you asked for yourself.';
    answers.set('POST /elevations/elv-1/approve', refused(403, why));
    await go('/console');
    await page
      .locator('.card', { has: page.locator('button[aria-label^="Approve"]') })
      .locator('summary')
      .click();
    await page.waitForSelector('text=/deployments.apps.*named .*patch, update/');
    await page.click('button[aria-label^="Approve"]');
    await page.fill('dialog textarea', 'seen the ticket');
    await page.click('dialog button[type=submit]');
    await page.waitForSelector('dialog .note');
    expect(await page.textContent('dialog .note')).toBe(why);
    const [sent] = calls.filter(({ call }) => call === 'POST /elevations/elv-1/approve');
    expect([sent!.type, sent!.body]).toEqual(['application/json', '{"reason":"seen the ticket"}']);
    expect(await page.locator('button[aria-label^="Approve"]').count()).toBe(1);
  });

  it('calls a break-glass elevation justified only with what was found', async () => {
    const { go, page, answers, calls } = await start();
    answers.set('POST /elevations/elv-2/review', () => ({ status: 200, body: {} }));
    await go('/console');
    expect(await page.locator('.card.glass').count()).toBe(1);
    await page.click('button[aria-label^="Call justified"]');
    expect(await page.locator('dialog button[type=submit]').isDisabled()).toBe(true);
    await page.fill('dialog textarea', 'It was the outage.');
    await page.click('dialog button[type=submit]');
    await page.waitForSelector('dialog', { state: 'detached' });
    const [sent] = calls.filter(({ call }) => call.endsWith('/review'));
    expect(JSON.parse(sent!.body)).toEqual({ verdict: 'justified', comment: 'It was the outage.' });
  });

  it('reads again what the gateway says has changed, and nothing else', async () => {
    const { go, page, answers, calls, tell } = await start();
    await go('/console');
    const countOf = (name: string) => calls.filter(({ call }) => call === name).length;
    const before = countOf('GET /elevations');
    answers.set('GET /streams', () => ({ status: 200, body: { streams: [], missing: ['proxy-2'], omitted: 0 } }));
    tell('changed', { what: ['streams'] });
    await page.waitForSelector('text=Nothing is open');
    expect(await textOf(page)).toContain('The list is incomplete: proxy-2 did not answer.');
    expect(countOf('GET /elevations')).toBe(before);
  });

  it.each<[string, (console: OpenConsole) => void]>([
    ['it is not live any more', ({ answers }) => answers.set('GET /.sallyport/me', refused(401, 'ended'))],
    [
      'a call is refused because of it',
      ({ answers, tell }) => {
        answers.set('GET /sessions', refused(401, 'ended'));
        tell('changed', { what: ['sessions'] });
      },
    ],
    ['the gateway says so', ({ tell }) => tell('end', { reason: 'session-ended' })],
  ])('shows nothing of what it knew once its session has ended: %s', async (_how, end) => {
    const console = await start();
    const { go, page } = console;
    await go('/console');
    await page.click('button[aria-label^="Approve"]');
    end(console);
    await page.waitForSelector('text=Log in again');
    expect(await page.locator('#console').innerHTML()).not.toContain('example.com');
    expect(await page.getAttribute('a.main', 'href')).toBe('/console');
  });

  it('says what a person may not see, and does not ask for it', async () => {
    const { go, page, answers, calls } = await start();
    const own = usualAnswers['GET /sessions'];
    answers.set('GET /sessions', () => ({ status: 200, body: { ...own, maySeeAll: false } }));
    answers.set('GET /rights', () => ({ status: 200, body: { areas: [] } }));
    await go('/console');
    const text = await textOf(page);
    expect(text).toContain('You may see only your own sessions and streams (api.policy.sessions).');
    expect(calls.filter(({ call, query }) => call === 'GET /streams' && query.has('all'))).toEqual([]);
    await go('/console/policy');
    await page.getByText('You have no right to see the policy (api.policy.policy).').waitFor();
    expect(calls.filter(({ call }) => /connectors|policy/.test(call))).toEqual([]);
  });

  it('says what is wrong where the gateway fails, and reads again', async () => {
    const { go, page, answers } = await start();
    answers.set('GET /streams', refused(503, 'The sessions cannot be read. Try again shortly.'));
    answers.set('GET /elevations', () => ({ status: 200, body: { unexpected: true } }));
    await go('/console');
    const text = await textOf(page);
    expect(text).toContain('The streams cannot be shown. The sessions cannot be read. Try again shortly.');
    expect(text).toContain('The elevations cannot be shown. The answer of the gateway cannot be read.');
    answers.set('GET /streams', () => ({ status: 200, body: usualAnswers['GET /streams'] }));
    await page.click('text=The streams cannot be shown >> button');
    await page.waitForSelector('table[aria-label="Open streams"]');
    // It also reads again by itself.
    answers.set('GET /elevations', () => ({ status: 200, body: usualAnswers['GET /elevations'] }));
    await page.waitForFunction(() => !document.body.textContent.includes('The elevations cannot be shown'));
  });

  it('says what to do where there is nothing', async () => {
    const { go, page, answers } = await start();
    const nothing = (name: string, body: object) => answers.set(`GET ${name}`, () => ({ status: 200, body }));
    nothing('/streams', { streams: [], missing: [], omitted: 0 });
    nothing('/elevations', { elevations: [], omitted: 0 });
    nothing('/clusters', { clusters: [] });
    nothing('/audit', { events: [] });
    nothing('/agents', { agents: [] });
    await go('/console');
    expect(await textOf(page)).toMatch(
      /None is active or waits for you\. Ask for one\.[^]*Nothing is open[^]*nothing on any cluster/,
    );
    await go('/console/trail');
    expect(await textOf(page)).toContain('Nothing was found. Choose a longer time, or clear filters.');
    await go('/console/machines');
    expect(await textOf(page)).toContain('sallyport agent create');
  });
});

(browserProgram === undefined ? describe.skip : describe)('the trail in a browser', () => {
  it('has its whole state in the address', async () => {
    const { go, page, calls } = await start();
    await go('/console/trail');
    await page.fill('input[name=user]', 'bob@example.com');
    await page.press('input[name=user]', 'Enter');
    await page.waitForURL(/user=bob/);
    await page.click('button.facet >> text=delete');
    await page.waitForURL(/verb=delete/);
    const box = (await page.locator('.histogram svg').boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.25, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 20, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/since=/);
    const { searchParams } = new URL(page.url());
    const span = Date.parse(searchParams.get('until')!) - Date.parse(searchParams.get('since')!);
    expect(Math.abs(span - 6 * 3_600_000)).toBeLessThan(20 * 60_000);
    calls.length = 0;
    await page.reload();
    await page.waitForSelector('.event');
    for (const call of ['GET /audit', 'GET /audit/summary']) {
      const { query } = calls.find((one) => one.call === call)!;
      expect(Object.fromEntries(query)).toMatchObject({
        user: 'bob@example.com',
        verb: 'delete',
        since: searchParams.get('since'),
        until: searchParams.get('until'),
        view: 'requests',
        routine: 'omit',
      });
    }
    expect(await page.inputValue('input[name=user]')).toBe('bob@example.com');
    await page.goBack();
    await page.goBack();
    await page.waitForURL(/user=bob[^&]*$/);
  });

  it('draws what is seen of a long list, and reads on as one scrolls', async () => {
    const { go, page, answers, calls } = await start();
    answers.set('GET /audit', ({ query }) => {
      const page_ = Number(query.get('after') ?? 0);
      return {
        status: 200,
        body: { events: eventRows(1000, page_ * 1000), next: page_ < 2 ? String(page_ + 1) : null },
      };
    });
    await go('/console/trail');
    await page.waitForSelector('.event');
    expect(await page.locator('.event').count()).toBeLessThan(100);
    const list = page.locator('.events');
    for (const last of ['web-999 ', 'web-1999 ', 'web-2999 ']) {
      await list.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      await page.waitForFunction((name) => document.querySelector('.events')?.textContent.includes(name), last);
    }
    expect(await page.locator('.event').count()).toBeLessThan(100);
    expect(calls.filter(({ call }) => call === 'GET /audit').map(({ query }) => query.get('after'))).toEqual([
      null,
      '1',
      '2',
    ]);
  });

  it('draws in pale what is known of the time before the counts', async () => {
    const { go, page, answers } = await start();
    const { buckets, since, ...rest } = usualAnswers['GET /audit/summary'];
    const countedFrom = buckets[12]!.time;
    const earlier = { since, until: countedFrom, buckets: buckets.slice(0, 12) };
    const body = { ...rest, since, countedFrom, earlier, buckets: buckets.slice(12) };
    answers.set('GET /audit/summary', () => ({ status: 200, body }));
    await go('/console/trail');
    await page.waitForSelector('text=The pale bars before it');
    expect([await page.locator('.histogram g.early').count(), await page.locator('.histogram g').count()]).toEqual([
      12, 24,
    ]);
  });

  it('is whole on a gateway that does not count', async () => {
    const { go, page, answers } = await start();
    answers.delete('GET /audit/summary');
    await go('/console/trail');
    await page.waitForSelector('.event');
    await page.getByText('Last checkpoint:').waitFor();
    expect(await page.locator('.note').count()).toBe(0);
  });

  it('leads to the recording of a request, and to everything of its user', async () => {
    const { go, page } = await start();
    await go('/console/trail');
    await page.click('.event >> nth=0');
    await page.waitForSelector('text=Watch it');
    expect(await page.getAttribute('text=Watch it', 'href')).toBe(
      '/.sallyport/recordings/0198c2f1-1111-4d43-9c1e-5a7e2b9f3c10',
    );
    await page.click('dd a >> text=alice@example.com');
    await page.waitForURL(/\/console\/trail\?user=alice%40example\.com$/);
  });
});

(browserProgram === undefined ? describe.skip : describe)('the command palette', () => {
  it('finds every view and action by typing', async () => {
    const { go, page } = await start();
    await go('/console');
    const run = async (typed: string) => {
      await page.keyboard.press('Control+k');
      await page.waitForSelector('dialog.palette');
      await page.keyboard.type(typed);
      await page.keyboard.press('Enter');
    };
    await run('end port-forward');
    await page.waitForSelector('dialog:not(.palette)');
    expect(await page.textContent('dialog h2')).toContain('End port-forward');
    expect(await page.textContent('dialog h2')).toContain(hostile.slice(0, 20));
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    await run('trail shells');
    await page.waitForURL(/\/console\/trail\?subresource=exec$/);
    for (const view of ['Now', 'Policy', 'Machines', 'Set-up']) {
      await run(`go ${view}`);
      await page.waitForSelector(`nav a[aria-current] >> text=${view}`);
    }
  });
});
