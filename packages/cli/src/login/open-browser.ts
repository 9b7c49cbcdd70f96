import type { Environment } from '../environment/environment.ts';

/**
 * Asks the desktop to show a page; false if it has no way to. The address is an argument of a program, never of a
 * shell.
 */
export function openBrowser(environment: Environment, url: string): Promise<boolean> {
  if (environment.platform === 'darwin') return environment.launch('open', [url]);
  if (environment.platform === 'win32') return environment.launch('rundll32', ['url.dll,FileProtocolHandler', url]);
  return environment.launch('xdg-open', [url]);
}
