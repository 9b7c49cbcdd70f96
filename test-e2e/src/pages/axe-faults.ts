import axe from 'axe-core';
import type { Page } from 'playwright-core';

type Results = { violations: { id: string; impact?: string | null; nodes: { target: unknown[]; html: string }[] }[] };

/** Returns the serious and critical faults that axe finds in a page, each with the element that has it. */
export async function axeFaults(page: Page): Promise<string[]> {
  // Evaluated by the debugger, so the policy of the page does not stop it.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<Results> } }).axe.run(),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`));
}
