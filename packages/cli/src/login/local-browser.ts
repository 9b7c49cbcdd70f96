import type { Environment } from '../environment/environment.ts';

/** Why a browser that is opened here would be of no use, in words; undefined if nothing speaks against one. */
export function noBrowserHere(environment: Pick<Environment, 'env' | 'platform'>): string | undefined {
  const { env, platform } = environment;
  const isSet = (name: string) => (env[name] ?? '') !== '';
  const overSsh = isSet('SSH_CONNECTION') || isSet('SSH_TTY');
  if (platform === 'darwin' || platform === 'win32') return overSsh ? 'you are here over SSH' : undefined;
  // WSL opens the browser of Windows, and BROWSER names a program for those who know better.
  if (isSet('DISPLAY') || isSet('WAYLAND_DISPLAY') || isSet('WSL_DISTRO_NAME') || isSet('BROWSER')) return undefined;
  return overSsh ? 'you are here over SSH, without a display' : 'there is no display here';
}

/**
 * True where no browser can be seen and a person is at the keyboard: they may have one elsewhere, and paste the code
 * that it shows.
 */
export function mayPaste(environment: Pick<Environment, 'env' | 'platform' | 'stdin'>): boolean {
  return noBrowserHere(environment) !== undefined && (environment.stdin as { isTTY?: boolean }).isTTY === true;
}
