import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { chromium, type Browser, type Page } from 'playwright-core';

const programs = ['chromium', 'chromium-browser', 'google-chrome'];
/** The browser of this machine, if it has one. */
export const browserProgram = (process.env.PATH ?? '')
  .split(path.delimiter)
  .flatMap((directory) => programs.map((name) => path.join(directory, name)))
  .find((file) => existsSync(file));

/** Starts it. */
export async function startBrowser(): Promise<Browser> {
  const flags = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'];
  return chromium.launch({ executablePath: browserProgram!, args: flags });
}

/** Returns a list to which what a page reports is added, such as what its policy forbids. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (said) => {
    if (said.type() === 'error') complaints.push(said.text());
  });
  return complaints;
}
