import { afterEach, describe, expect, it } from '@jest/globals';
import { browserProgram } from '@sallyport/player/testing';
import { openConsole, type OpenConsole } from '../../testing/open-console.ts';
import { refused, rowsOf } from '../../testing/read-page.ts';
import { usualAnswers } from '../../testing/usual-answers.ts';

let open: OpenConsole | undefined;
afterEach(() => open?.close());

async function start(): Promise<OpenConsole> {
  open = await openConsole();
  return open;
}

(browserProgram === undefined ? describe.skip : describe)('machines in a browser', () => {
  it('creates a service account, and shows its token this once', async () => {
    const { go, page, answers, calls } = await start();
    const { serviceAccounts } = usualAnswers['GET /service-accounts'];
    const token = `sps_${'x'.repeat(43)}`;
    answers.set('POST /service-accounts', refused(403, 'You are not in the group "admins".'));
    await go('/console/machines');
    await page.click('text=Create a service account');
    await page.fill('input[name=name]', 'deployer');
    await page.fill('input[name=groups]', 'admins, developers');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.waitForSelector('text=You are not in the group');
    answers.set('POST /service-accounts', () => ({
      status: 201,
      body: { token, serviceAccount: serviceAccounts[0] },
    }));
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.waitForSelector(`text=${token}`);
    const sent = calls.filter(({ call }) => call === 'POST /service-accounts');
    expect(JSON.parse(sent[1]!.body)).toEqual({
      name: 'deployer',
      groups: ['admins', 'developers'],
      lifetimeMs: 90 * 86_400_000,
    });
    await page.click('nav >> text=Trail');
    await page.click('nav >> text=Machines');
    await page.waitForSelector('table[aria-label="Sessions of workloads"]');
    expect(await page.content()).not.toContain(token);
  });

  it('says when and by whom each workload was last matched, asks one by one, and for those in view', async () => {
    const { go, page, answers, calls } = await start();
    const [entry] = usualAnswers['GET /workloads'].workloads;
    const workloads = Array.from({ length: 100 }, (_none, index) => ({ ...entry, name: `w-${index}` }));
    answers.set('GET /workloads', () => ({ status: 200, body: { workloads } }));
    let [asking, most] = [0, 0];
    answers.set('GET /audit of matches', async ({ query }) => {
      asking += 1;
      most = Math.max(most, asking);
      await new Promise((resolve) => setTimeout(resolve, 20));
      asking -= 1;
      const of = query.get('workload');
      if (of === 'w-1') return { status: 200, body: { events: [], scope: 'all' } };
      if (of === 'w-2') return { status: 200, body: { events: [], scope: 'own' } };
      if (of === 'w-3') return { status: 429, body: { detail: 'You have too many open.' } };
      return { status: 200, body: usualAnswers['GET /audit of matches'] };
    });
    await go('/console/machines');
    const rows = rowsOf(page, 'Workloads of the configuration');
    await rows.first().scrollIntoViewIfNeeded();
    await rows
      .first()
      .getByText(/ by ci:"><img src=x/)
      .waitFor();
    await rows.nth(1).getByText('not in the trail').waitFor();
    await rows.nth(2).getByText('not in what you may see of the trail').waitFor();
    await rows.nth(3).getByText('You have too many open.').waitFor();
    expect(await rows.nth(0).locator('time').count()).toBe(1);
    const asked = () =>
      calls.filter(({ call }) => call === 'GET /audit of matches').map(({ query }) => query.get('workload'));
    expect(asked()).not.toContain('w-99');
    expect(most).toBe(1);
    answers.set('GET /audit of matches', () => ({ status: 200, body: usualAnswers['GET /audit of matches'] }));
    await rows.nth(3).getByRole('button', { name: 'Ask again about w-3' }).press('Enter');
    await rows.nth(3).locator('time').waitFor();
    await rows.nth(99).scrollIntoViewIfNeeded();
    await rows.nth(99).locator('time').waitFor();
    expect(asked().filter((one) => one === 'w-99')).toEqual(['w-99']);
  });
});
