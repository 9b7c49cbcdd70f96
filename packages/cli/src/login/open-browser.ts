import type { World } from '../world.ts';

/**
 * Asks the desktop to show a page; false if it has no way to. The address is an argument of a program, never of a
 * shell.
 */
export function openBrowser(world: World, url: string): Promise<boolean> {
  if (world.platform === 'darwin') return world.launch('open', [url]);
  if (world.platform === 'win32') return world.launch('rundll32', ['url.dll,FileProtocolHandler', url]);
  return world.launch('xdg-open', [url]);
}
