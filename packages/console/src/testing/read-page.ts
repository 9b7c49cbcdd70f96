import type { Locator, Page } from 'playwright-core';
import type { ApiAnswer } from './open-console.ts';

/** Returns the text that the page shows. */
export const textOf = (page: Page): Promise<string> => page.evaluate(() => document.body.innerText);

/** Returns the rows of a table. */
export const rowsOf = (page: Page, label: string): Locator => page.locator(`table[aria-label="${label}"] tbody tr`);

/** An answer of the API that says what is wrong. */
export const refused = (status: number, detail: string) => (): ApiAnswer => ({ status, body: { detail } });
