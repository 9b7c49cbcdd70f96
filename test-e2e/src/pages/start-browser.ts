import { createHash, X509Certificate } from 'node:crypto';
import { chromium, type Browser, type Page } from 'playwright-core';
import { theBed } from '../harness/index.ts';

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** What Playwright says when Chromium gave up a page because of a change of the network, or still shows that it did. */
const networkChanged = /ERR_NETWORK_CHANGED|interrupted by another navigation to "chrome-error:/;

/**
 * Loads a page again if the network has changed. Pods of other tests have addresses on this machine, and when one comes
 * or goes, Chromium gives up what it is loading. It then shows a page with the error, which must be there first: else it
 * would interrupt the next attempt.
 */
function loadThroughChanges(page: Page): Page {
  const load = page.goto.bind(page);
  page.goto = async (...given) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await load(...given);
      } catch (error) {
        if (attempt === 5 || !networkChanged.test(String(error))) throw error;
        await page.waitForURL('chrome-error://**', { timeout: 5000 }).catch(() => undefined);
      }
    }
  };
  return page;
}

function openThroughChanges(browser: Browser): Browser {
  const open = browser.newContext.bind(browser);
  browser.newContext = async (...given) => {
    const context = await open(...given);
    const newPage = context.newPage.bind(context);
    context.newPage = async () => loadThroughChanges(await newPage());
    return context;
  };
  return browser;
}

/**
 * Starts the browser of the bed. It trusts these certificates (PEM). Where it only ignores that a certificate is not
 * trusted, it registers no Service Worker.
 */
export async function startBrowser(trusted: readonly string[] = []): Promise<Browser> {
  const keys = trusted.map((pem) =>
    createHash('sha256')
      .update(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64'),
  );
  const trust = keys.length > 0 ? [`--ignore-certificate-errors-spki-list=${keys.join(',')}`] : [];
  const browser = await chromium.launch({ executablePath: theBed().chromium!, args: [...flags, ...trust] });
  return openThroughChanges(browser);
}
