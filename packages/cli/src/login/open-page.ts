import type { Environment } from '../environment/environment.ts';
import { openBrowser, whyNoLocalBrowser } from './browser.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import { findGateway, type GatewayNames } from '../gateway/find-gateway.ts';

/** Opens a page of the gateway in the browser, or prints its address where there is no browser. */
export async function openPage(environment: Environment, names: GatewayNames, path: string): Promise<void> {
  const { address } = await findGateway(environment, names);
  const url = new URL(path, address.origin).href;
  const { stderr, stdout } = environment;
  const why = whyNoLocalBrowser(environment);
  if (why === undefined && (await openBrowser(environment, url))) {
    stderr.write(`Opening ${forTerminal(url)} in your browser.\n`);
    return;
  }
  stderr.write(`No browser can be opened here${why === undefined ? '' : `, because ${why}`}. The page is:\n`);
  stdout.write(`${forTerminal(url)}\n`);
}
