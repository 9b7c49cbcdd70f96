import { sallyportVersion } from '@sallyport/contracts';
import { authorityPath, installPath } from '@sallyport/contracts/answers';
import { ProblemError } from '@sallyport/kit';
import type { Express } from 'express';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { copyCommands } from '../pages/render-landing.ts';
import { forVisitor, offersOf } from './offers.ts';
import { renderInstall } from './render-install.ts';
import { createSendDownload } from './send-download.ts';

/** Mounts what new users need, open to anyone: the page about the command line, its files, and the gateway's CA. */
export function mountInstall(app: Express, deps: PortalDeps): void {
  const { downloads = {}, landing, ownPages, logger } = deps;
  const { served, url, authority } = downloads;
  const version = sallyportVersion;
  app.get(installPath, (request, response) => {
    const offers = offersOf(downloads, { origin: new URL(landing.gatewayUrl).origin, version });
    const page = renderInstall({
      gatewayUrl: landing.gatewayUrl,
      isPrivate: landing.isPrivate,
      version,
      ...forVisitor(offers, request.headers),
      isElsewhere: url !== undefined,
      isChecking: served !== undefined && served.release() === undefined,
    });
    response.vary('User-Agent, Sec-CH-UA-Platform');
    ownPages.send(response, 200, 'Install the command line', page, { wide: true, scripts: [copyCommands] });
  });
  if (served) app.get(`${installPath}/:name`, createSendDownload(deps, served));
  if (!authority) return;
  app.get(authorityPath, async (_request, response) => {
    let pem: string;
    try {
      pem = await authority();
    } catch (error) {
      logger.warn({ err: error }, 'the file of gateway.caFile cannot be read');
      throw new ProblemError('service-unavailable', 'The CA of this gateway cannot be read at the moment.');
    }
    response.set('content-disposition', 'attachment; filename="ca.pem"').type('application/pem-certificate-chain');
    response.send(pem);
  });
}
