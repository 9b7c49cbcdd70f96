import { html, type Html, type PageApp } from '@sallyport/pages';
import type { Express } from 'express';
import type { AuditedCall } from '../calls/audited-call.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { only } from './only.ts';
import { assetOf, assetsPath, loadOnce, serveAssets } from './program-assets.ts';
import { servePage } from './serve-page.ts';

const home = '/.sallyport/recordings';

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
  // Loaded late, because they are large and most replicas never need them.
  const assets = loadOnce(async () => {
    const { listScript, recordingScript, style } = await import('@sallyport/player');
    return {
      list: assetOf('recordings', 'js', listScript),
      recording: assetOf('recordings', 'js', recordingScript),
      style: assetOf('recordings', 'css', style),
    };
  });
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
  app.get(`${assetsPath}/:name`, serveAssets(assets));
  app.all(home, only('GET', 'HEAD'), show('Recordings', 'list'));
  app.all(`${home}/:id`, only('GET', 'HEAD'), show('Recording', 'recording'));
}
