import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPages, html } from '@sallyport/pages';
import { complaintsOf, startBrowser } from '@sallyport/player/testing';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { usualAnswers } from './usual-answers.ts';

/** What scripts/bundle.mjs has written. */
const built = new URL('../../dist/page.js', import.meta.url).href;
const api = '/.sallyport/api/v1';

/** What the API answers to a call: a body, a status with a problem, or what makes one of them from the query. */
export type ApiAnswer = { status: number; body?: unknown };

/** A call that the browser made. */
export type ApiCall = { call: string; query: URLSearchParams; type: string | undefined; body: string };

/** The console in a real browser, with the headers of the gateway, in front of an API that answers as told. */
export type OpenConsole = {
  origin: string;
  page: Page;
  calls: ApiCall[];
  /** The answers by method and path, such as `GET /streams`. A test changes them. */
  answers: Map<string, (call: ApiCall) => ApiAnswer | Promise<ApiAnswer>>;
  /** Tells the page that something has changed. */
  tell(event: string, data: object): void;
  /** What the page has reported, such as what its policy forbids. */
  complaints: string[];
  /** Opens a view, and waits until the page shows it. */
  go(address: string): Promise<void>;
  close(): Promise<void>;
};

/** Opens it. */
export async function openConsole(look: BrowserContextOptions = {}): Promise<OpenConsole> {
  const { script, style } = (await import(built)) as Record<'script' | 'style', string>;
  const pages = createPages({ host: 'gate.example.com' });
  const answers: OpenConsole['answers'] = new Map(
    Object.entries(usualAnswers).map(([name, body]) => [name, () => ({ status: 200, body })]),
  );
  const calls: ApiCall[] = [];
  const listeners = new Set<ServerResponse>();
  const answerCall = async (request: IncomingMessage, response: ServerResponse, url: URL) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const call: ApiCall = {
      call: `${request.method} ${url.pathname.replace(api, '')}`,
      query: url.searchParams,
      type: request.headers['content-type'],
      body: Buffer.concat(chunks).toString('utf8'),
    };
    calls.push(call);
    if (call.query.get('type') === 'audit.alert') call.call += ' of alerts';
    if (call.query.get('type') === 'audit.checkpoint') call.call += ' of checkpoints';
    if (call.query.get('type') === 'workload.session.started') call.call += ' of matches';
    const { status, body } = (await answers.get(call.call)?.(call)) ?? {
      status: 404,
      body: { detail: 'No such call.' },
    };
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(status === 204 ? undefined : JSON.stringify(body));
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    if (url.pathname === '/a.js') response.setHeader('content-type', 'text/javascript').end(script);
    else if (url.pathname === '/a.css') response.setHeader('content-type', 'text/css').end(pages.colors + style);
    else if (url.pathname === `${api}/changes`) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('event: hello\ndata: {}\n\n');
      listeners.add(response);
    } else if (url.pathname.startsWith('/.sallyport/')) void answerCall(request, response, url);
    else {
      const place = html`<div id="console" data-gateway="https://gate.example.com"></div>`;
      const { text, headers } = pages.renderProgram('Console', place, { script: '/a.js', style: '/a.css' });
      response.writeHead(200, headers).end(text);
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await startBrowser();
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 }, ...look })).newPage();
  page.setDefaultTimeout(60_000);
  return {
    origin,
    page,
    calls,
    answers,
    complaints: complaintsOf(page),
    tell(event, data) {
      for (const response of listeners) response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    async go(address) {
      await page.goto(origin + address);
      await page.waitForSelector('nav a[aria-current]');
      await page.waitForFunction(() => document.querySelector('.loading') === null);
    },
    async close() {
      await browser.close();
      server.closeAllConnections();
      server.close();
    },
  };
}
