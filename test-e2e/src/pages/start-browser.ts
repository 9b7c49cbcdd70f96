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

/** Starts the browser of the bed. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: theBed().chromium!, args: flags });
