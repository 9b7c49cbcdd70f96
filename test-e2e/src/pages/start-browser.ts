import { createHash, X509Certificate } from 'node:crypto';
import { chromium, type Browser } from 'playwright-core';
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

/**
 * Starts the browser of the bed. It trusts these certificates (PEM). Where it only ignores that a certificate is not
 * trusted, it registers no Service Worker.
 */
export function startBrowser(trusted: readonly string[] = []): Promise<Browser> {
  const keys = trusted.map((pem) =>
    createHash('sha256')
      .update(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64'),
  );
  const trust = keys.length > 0 ? [`--ignore-certificate-errors-spki-list=${keys.join(',')}`] : [];
  return chromium.launch({ executablePath: theBed().chromium!, args: [...flags, ...trust] });
}
