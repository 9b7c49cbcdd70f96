import { createHash } from 'node:crypto';
import { ProblemError } from '@sallyport/kit';
import { html, type Html, type PageApp } from '@sallyport/pages';
import type { Express, RequestHandler } from 'express';
import type { AuditedCall } from '../calls/audited-call.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { only } from './only.ts';
import { servePage } from './serve-page.ts';

const home = '/.sallyport/recordings';
const appPath = '/.sallyport/app';

type Asset = { path: string; type: string; content: Buffer };

function assetOf(content: string, extension: 'js' | 'css', type: string): Asset {
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 16);
  return { path: `${appPath}/recordings-${digest}.${extension}`, type, content: Buffer.from(content) };
}

/** Loads the programs of the pages when one is first asked for, because they are large and most replicas never need them. */
function createAssets() {
  const load = async () => {
    const { listScript, recordingScript, style } = await import('@sallyport/player');
    const scriptOf = (content: string) => assetOf(content, 'js', 'text/javascript; charset=utf-8');
    return {
      list: scriptOf(listScript),
      recording: scriptOf(recordingScript),
      style: assetOf(style, 'css', 'text/css; charset=utf-8'),
    };
  };
  let loaded: ReturnType<typeof load> | undefined;
  return () => (loaded ??= load());
}

/** Serves the programs, also without a login. Their address changes with their content, so a browser may keep them for ever. */
const serveAsset =
  (assets: ReturnType<typeof createAssets>): RequestHandler =>
  async (request, response) => {
    const found = Object.values(await assets()).find(({ path }) => path === request.path);
    if (!found) throw new ProblemError('not-found', 'There is no such file.');
    const { type, content } = found;
    response.set({
      'content-type': type,
      'cache-control': 'public, max-age=31536000, immutable',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    });
    response.end(content);
  };

const withoutScript = html`<noscript><p class="note">This page needs JavaScript: a recording is opened in your browser. The command <code class="command">sallyport recordings</code> does the same.</p></noscript>`;

/** Renders the page around the program, which fills it. */
const renderPlace = (recording?: string): Html =>
  html`<div id="recordings"${recording === undefined ? { markup: '' } : html` data-recording="${recording}"`}><p class="quiet">Loading ...</p></div>
${withoutScript}
<p><a href="${recording === undefined ? '/' : home}">${recording === undefined ? 'Start page' : 'All recordings'}</a></p>`;

/**
 * Mounts the pages on which auditors watch recordings. They have no content of their own: the program asks the API, which
 * decides what the reader may see.
 */
export function mountRecordingPages(app: Express, call: AuditedCall, deps: PortalDeps): void {
  const assets = createAssets();
  const show = (title: string, kind: 'list' | 'recording') =>
    servePage(
      deps,
      call,
      async ({ params }) => {
        const { style, [kind]: script } = await assets();
        // Only the player compiles WebAssembly.
        const page: PageApp = { script: script.path, style: style.path, wasm: kind === 'recording' };
        const { id } = params;
        return { status: 200, body: { title, content: renderPlace(id === undefined ? id : String(id)), app: page } };
      },
      { area: 'none' },
    );
  app.get(`${appPath}/:name`, serveAsset(assets));
  app.all(home, only('GET', 'HEAD'), show('Recordings', 'list'));
  app.all(`${home}/:id`, only('GET', 'HEAD'), show('Recording', 'recording'));
}
