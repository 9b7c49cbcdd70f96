import { beforeEach, describe, expect, it } from '@jest/globals';
import { cliLogin, throughProvider, verifier } from '../testing/test-login.ts';
import { issuer } from '../testing/test-provider.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
beforeEach(async () => {
  service = await createTestService();
});
const json = { accept: 'application/json' };
const cancel = (code_verifier: string, headers: Record<string, string> = {}) =>
  service.browser.post('/.sallyport/login/cancel', { ...json, ...headers }, { code_verifier });
const gone = 'The terminal that started this login no longer waits for it.';
/** Asks for the page of a login, as a program does that waits this long. */
async function pageOf(wait: string): Promise<string> {
  const { body } = await service.browser.get(cliLogin({ wait }), json);
  const url = new URL((body as { signInUrl: string }).signInUrl);
  return `${url.pathname}${url.search}`;
}

describe('a login whose program has stopped waiting', () => {
  it('ends on a page of ours if the program canceled it, and issues no code', async () => {
    expect((await cancel(verifier)).status).toBe(204);
    const page = await throughProvider(service, cliLogin());
    expect([page.status, page.headers['location']]).toEqual([400, undefined]);
    expect(page.text).toContain(gone);
    expect(page.text).toContain('Start it again there.');
    expect(service.events('authenticate.login')).toEqual([]);
  });

  it('ends on a page of ours also if the provider said no', async () => {
    await cancel(verifier);
    const page = await throughProvider(service, cliLogin(), ({ state = '' }) => ({
      state,
      error: 'access_denied',
      iss: issuer,
    }));
    expect([page.status, page.headers['location']]).toEqual([403, undefined]);
    expect(page.text).toContain('denied the login');
  });

  it('ends on a page of ours if the time is over for which the program waits', async () => {
    const path = await pageOf('120');
    expect(new URLSearchParams(path.split('?')[1]).get('waits_until')).toBe(
      String(Math.ceil(service.clock.now / 1000) + 120),
    );
    const inTime = await throughProvider(service, path);
    expect(inTime.headers['location']).toMatch(/^http:\/\/127\.0\.0\.1:41234\/callback\?code=/);
    service.clock.now += 122_000;
    const late = await throughProvider(service, path);
    expect([late.status, late.text]).toEqual([400, expect.stringContaining(gone)]);
  });

  it('goes on without such a time, as programs of others do', async () => {
    service.clock.now += 3_600_000;
    expect((await throughProvider(service, cliLogin())).headers['location']).toMatch(/\?code=/);
    expect(await pageOf('soon')).not.toMatch(/wait/);
  });

  it('is canceled only by the program that knows the verifier, and never by a web page', async () => {
    expect((await cancel('w'.repeat(43))).status).toBe(204);
    expect((await cancel('short')).status).toBe(400);
    expect((await cancel(verifier, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await service.browser.get('/.sallyport/login/cancel')).status).toBe(405);
    expect((await throughProvider(service, cliLogin())).headers['location']).toMatch(/\?code=/);
  });

  it('cannot be canceled without limit', async () => {
    const statuses = new Set<number>();
    for (let index = 0; index < 301; index += 1) statuses.add((await cancel(`${index}`.padEnd(43, 'x'))).status);
    expect([...statuses]).toEqual([204, 429]);
  });
});
