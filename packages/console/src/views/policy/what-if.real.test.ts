import { afterEach, describe, expect, it } from '@jest/globals';
import { browserProgram } from '@sallyport/player/testing';
import { openConsole, type OpenConsole } from '../../testing/open-console.ts';
import { refused, textOf } from '../../testing/read-page.ts';
import { usualAnswers } from '../../testing/usual-answers.ts';

let open: OpenConsole | undefined;
afterEach(() => open?.close());

async function start(): Promise<OpenConsole> {
  open = await openConsole();
  return open;
}

(browserProgram === undefined ? describe.skip : describe)('a policy that is tried out in a browser', () => {
  it('asks what a policy would have decided, and names who would lose what', async () => {
    const { go, page, calls } = await start();
    await go('/console/policy');
    await page.selectOption('select[name=cluster]', 'dev');
    await page.fill('textarea[name=policy]', '- allow: {}\n');
    await page.click('text=Compare');
    await page.waitForSelector('text=Refused instead of allowed: 5 requests of 2 people');
    expect(await textOf(page)).toContain('3:7: allow.or.0.k8s/resource: is not a resource: write pods');
    const [sent] = calls.filter(({ call }) => call === 'POST /policy/what-if');
    expect([sent!.query.get('cluster'), sent!.body]).toEqual(['dev', JSON.stringify({ policy: '- allow: {}\n' })]);
    expect(Date.parse(sent!.query.get('since')!)).toBeLessThan(Date.now() - 23 * 3_600_000);
  });

  it('runs test cases without a period, and then says nothing about requests', async () => {
    const { go, page, answers, calls } = await start();
    const nothing = { people: 0, requests: 0, byRule: [], otherRules: 0 };
    const body = { ...usualAnswers['POST /policy/what-if'], events: 0, evaluated: 0, lost: nothing, gained: nothing };
    answers.set('POST /policy/what-if', () => ({ status: 200, body }));
    await go('/console/policy');
    await page.selectOption('select[name=hours]', '0');
    await page.fill('textarea[name=policy]', '- allow: {}\n');
    await page.fill('textarea[name=tests]', 'cases: [{expect: deny}]');
    await page.click('text=Compare');
    await page.waitForSelector('text=Test cases: 1 passed, 1 failed');
    expect(await textOf(page)).toContain('No requests were evaluated.');
    expect(await textOf(page)).not.toContain('Nothing would be decided otherwise');
    const [sent] = calls.filter(({ call }) => call === 'POST /policy/what-if');
    const [since, until] = ['since', 'until'].map((name) => Date.parse(sent!.query.get(name)!));
    expect(until! - since!).toBe(1);
  });

  it('runs the test cases of a policy by keyboard, and says which have failed and why', async () => {
    const { go, page, answers, calls } = await start();
    await go('/console/policy');
    await page.fill('textarea[name=policy]', '- allow: {}\n');
    await page.press('textarea[name=policy]', 'Tab');
    const tests = 'cases: [{expect: deny}]';
    await page.keyboard.type(tests);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=Test cases: 1 passed, 1 failed');
    const text = await textOf(page);
    expect(text).toContain('effect: expected allow, got deny');
    expect(text).toContain('policy[0].allow.and does not hold: claim/xxx');
    expect(text).toContain('allow, by "><img src=x');
    const [sent] = calls.filter(({ call }) => call === 'POST /policy/what-if');
    expect(JSON.parse(sent!.body)).toEqual({ policy: '- allow: {}\n', tests });
    const why = 'The test cases have faults: tests:1:9: cases.0: has no expectation';
    answers.set('POST /policy/what-if', refused(400, why));
    await page.getByRole('button', { name: 'Compare' }).press('Enter');
    await page.getByText(why).waitFor();
  });
});
