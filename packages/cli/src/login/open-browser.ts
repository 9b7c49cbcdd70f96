import type { Environment } from '../environment/environment.ts';

/**
 * Opens a page in the browser of the desktop. Returns false if that is impossible. The address never reaches a shell.
 */
export function openBrowser(environment: Environment, url: string): Promise<boolean> {
  if (environment.platform === 'darwin') return environment.launch('open', [url]);
  if (environment.platform === 'win32') return environment.launch('rundll32', ['url.dll,FileProtocolHandler', url]);
  return environment.launch('xdg-open', [url]);
}
