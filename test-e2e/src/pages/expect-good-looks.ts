import { mkdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { expect } from '@jest/globals';
import type { Browser, ConsoleMessage, Page } from 'playwright-core';
import { axeFaults } from './axe-faults.ts';
import { looksOf, type Looks } from './inspect-page.ts';

const widths = { narrow: 320, wide: 1280 } as const;
/** The directory for screenshots. Without it, none are taken. */
const pictures = process.env['SALLYPORT_SCREENSHOTS'];

/** A page that people see, and how to open it. `by` is what follows its heading in the title of the tab. */
export type ShownPage = { heading: string; by?: string; scripts?: number; open(page: Page): Promise<unknown> };

async function inspect(page: Page, name: string, scheme: 'light' | 'dark', width: keyof typeof widths): Promise<Looks> {
  await page.emulateMedia({ colorScheme: scheme });
  await page.setViewportSize({ width: widths[width], height: 720 });
  const looks = await page.evaluate(looksOf);
  if (pictures !== undefined) {
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: path.join(pictures, `${name}-${scheme}-${width}.png`), fullPage: true });
  }
  return looks;
}

/** Collects what the browser complains about. Some pages have a status of 4xx, which it logs too. */
function listenTo(page: Page): string[] {
  const complaints: string[] = [];
  page.on(
    'console',
    (message: ConsoleMessage) =>
      void (
        !['error', 'warning'].includes(message.type()) ||
        /Failed to load resource: the server responded with a status of [45]/.test(message.text()) ||
        complaints.push(message.text())
      ),
  );
  page.on('pageerror', (error) => complaints.push(String(error)));
  return complaints;
}

/**
 * Opens a page in a new context, and expects it to be titled, labelled and readable: light and dark, narrow and wide,
 * without violations of its own policy, and without what axe calls serious.
 */
export async function expectGoodLooks(
  browser: Browser,
  name: string,
  { heading, by, scripts = 0, open }: ShownPage & { by: string },
): Promise<void> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.setDefaultTimeout(60_000);
  try {
    const page = await context.newPage();
    const complaints = listenTo(page);
    await open(page);
    await page.waitForLoadState();
    for (const scheme of ['light', 'dark'] as const) {
      for (const width of ['narrow', 'wide'] as const) {
        const { background, ...looks } = await inspect(page, name, scheme, width);
        expect([scheme, width, looks]).toEqual([
          scheme,
          width,
          {
            lang: 'en',
            title: `${heading} - ${by}`,
            headings: [heading],
            landmarks: { header: 1, main: 1 },
            overflow: 0,
            unlabelled: [],
            unnamed: [],
            lowContrast: [],
            scripts,
            unseenFocus: [],
          },
        ]);
        expect([scheme, scheme === 'light' ? background > 0.7 : background < 0.1]).toEqual([scheme, true]);
      }
    }
    expect(await axeFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
  }
}
