import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createPages, html } from '@sallyport/pages';
import type { SampleRecording } from '@sallyport/recordings/testing';
import type { Page } from 'playwright-core';
import { complaintsOf, startBrowser } from './start-browser.ts';

/** What scripts/bundle.mjs has written. */
const built = new URL('../../dist/page.js', import.meta.url).href;

const api = '/.sallyport/api/v1/recordings';

/** The pages of recordings in a real browser, with the headers of the gateway, in front of an API with one recording. */
export type OpenPages = {
  origin: string;
  page: Page;
  /** What the browser has asked for. */
  requests: string[];
  /** What the page has reported, such as what its policy forbids. */
  complaints: string[];
  close(): Promise<void>;
};

/** Opens them. `row` is added to what the API says of the recording. */
export async function openPages(sample: SampleRecording, row: object = {}): Promise<OpenPages> {
  const recording = {
    id: sample.id,
    auditId: 'a-1',
    kind: 'exec',
    cluster: 'dev',
    resource: 'pods',
    namespace: 'shop',
    name: 'web',
    tty: true,
    user: 'bob@example.com',
    demand: 'required',
    recipients: [sample.recipient],
    since: 0,
    end: 1000,
    state: 'complete',
    parts: sample.parts.length,
    bytes: sample.finished.bytes,
    ...row,
  };
  const { listScript, recordingScript, style } = (await import(built)) as Record<
    'listScript' | 'recordingScript' | 'style',
    string
  >;
  const pages = createPages({ host: 'gate.example.com' });
  const sendPage = (response: ServerResponse, id?: string) => {
    const place =
      id === undefined ? html`<div id="recordings"></div>` : html`<div id="recordings" data-recording="${id}"></div>`;
    const app = {
      script: id === undefined ? '/list.js' : '/recording.js',
      style: '/style.css',
      wasm: id !== undefined,
    };
    pages.send(response, 200, 'Recordings', place, { wide: true, app });
  };
  const json = (response: ServerResponse, body: object) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const { pathname } = new URL(request.url ?? '', 'http://x');
    if (pathname === '/list.js') response.setHeader('content-type', 'text/javascript').end(listScript);
    else if (pathname === '/recording.js') response.setHeader('content-type', 'text/javascript').end(recordingScript);
    else if (pathname === '/style.css') response.setHeader('content-type', 'text/css').end(style);
    else if (pathname === '/.sallyport/recordings') sendPage(response);
    else if (pathname === `/.sallyport/recordings/${sample.id}`) sendPage(response, sample.id);
    else if (pathname === api) json(response, { recordings: [recording] });
    else if (pathname === `${api}/${sample.id}`) json(response, { recording, parts: sample.parts, gaps: [] });
    else {
      const file = sample.files.get(path.posix.basename(pathname));
      if (!file) response.statusCode = 404;
      response.end(file);
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const browser = await startBrowser();
  const page = await browser.newPage();
  const complaints = complaintsOf(page);
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    page,
    requests,
    complaints,
    async close() {
      await browser.close();
      server.close();
    },
  };
}
