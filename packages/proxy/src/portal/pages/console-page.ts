import { html, type Html } from '@sallyport/pages';
import type { Express } from 'express';
import type { AuditedCall } from '../calls/audited-call.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { only } from './only.ts';
import { assetOf, assetsPath, loadOnce, serveAssets } from './program-assets.ts';
import { serveProgram } from './serve-page.ts';

/** Renders what the program fills, with what it says about the gateway. */
const renderPlace = ({ landing: { gatewayUrl, isPrivate } }: PortalDeps): Html =>
  html`<div id="console" data-gateway="${gatewayUrl}"${{ markup: isPrivate ? ' data-private' : '' }}></div>
<noscript><p>The console needs JavaScript. The <a href="/">start page</a> and the command line do not.</p></noscript>`;

/**
 * Mounts the console. Its page has no content of its own: the program asks the API, which decides what the reader may
 * see. Every view is the same page.
 */
export function mountConsole(app: Express, call: AuditedCall, deps: PortalDeps): void {
  // Loaded late, because it is large and many replicas never need it.
  const assets = loadOnce(async () => {
    const { script, style } = await import('@sallyport/console');
    return { script: assetOf('console', 'js', script), style: assetOf('console', 'css', deps.ownPages.colors + style) };
  });
  const render = async () => {
    const { script, style } = await assets();
    return deps.ownPages.renderProgram('Console', renderPlace(deps), { script: script.path, style: style.path });
  };
  app.get(`${assetsPath}/:name`, serveAssets(assets));
  app.all(['/console', '/console/*view'], only('GET', 'HEAD'), serveProgram(deps, call, render));
}
