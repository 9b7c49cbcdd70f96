import type { Environment } from '../environment/environment.ts';

/** Returns why a browser on this machine would not help; undefined if it would. */
export function whyNoLocalBrowser(environment: Pick<Environment, 'env' | 'platform'>): string | undefined {
  const { env, platform } = environment;
  const isSet = (name: string) => (env[name] ?? '') !== '';
  const overSsh = isSet('SSH_CONNECTION') || isSet('SSH_TTY');
  if (platform === 'darwin' || platform === 'win32') return overSsh ? 'you are connected over SSH' : undefined;
  // WSL opens the browser of Windows. BROWSER names a program that the user has chosen.
  if (isSet('DISPLAY') || isSet('WAYLAND_DISPLAY') || isSet('WSL_DISTRO_NAME') || isSet('BROWSER')) return undefined;
  return overSsh ? 'you are connected over SSH, without a display' : 'there is no display';
}

/**
 * Reports whether to accept a pasted code: there is no local browser, but a user at the keyboard, who may have a
 * browser on another machine.
 */
export function mayPaste(environment: Pick<Environment, 'env' | 'platform' | 'stdin'>): boolean {
  return whyNoLocalBrowser(environment) !== undefined && (environment.stdin as { isTTY?: boolean }).isTTY === true;
}

/**
 * Opens a page in the browser of the desktop. Returns false if that is impossible. The address never reaches a shell.
 */
export function openBrowser(environment: Environment, url: string): Promise<boolean> {
  if (environment.platform === 'darwin') return environment.launch('open', [url]);
  if (environment.platform === 'win32') return environment.launch('rundll32', ['url.dll,FileProtocolHandler', url]);
  return environment.launch('xdg-open', [url]);
}
