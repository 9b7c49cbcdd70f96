import { readFileSync } from 'node:fs';
import type { LoadedConfig } from '@sallyport/kit';
import { logoHeaders, readLogo, type Logo } from '@sallyport/pages';
import type { RequestHandler } from 'express';

/** Reads the logo that the configuration names (`branding.logoFile`), if it names one. */
export function loadLogo({ config, resolvePath }: Pick<LoadedConfig, 'config' | 'resolvePath'>): Logo | undefined {
  const { logoFile } = config.branding;
  return logoFile == null ? undefined : readLogo(readFileSync(resolvePath(logoFile)));
}

/** Serves the logo, to anyone: the login pages show it. */
export function serveLogo(logo: Logo): RequestHandler {
  return (_request, response) => void response.set(logoHeaders(logo)).end(logo.content);
}
