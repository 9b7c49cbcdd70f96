#!/usr/bin/env node
import process from 'node:process';
import { ConfigFaults, loadServiceKeys, runService } from '@sallyport/kit';
import { readLoginSettings } from './login/login-settings.ts';
import { startAuthenticate } from './start-authenticate.ts';

const environment = {
  httpsProxy: process.env['HTTPS_PROXY'] ?? process.env['https_proxy'] ?? '',
  noProxy: process.env['NO_PROXY'] ?? process.env['no_proxy'] ?? '',
};

await runService({
  name: 'authenticate',
  adminListen: ({ config }) => config.services.authenticate.adminListen,
  start: (parts) => startAuthenticate({ ...parts, environment }),
  check(loaded) {
    loadServiceKeys(loaded, 'authenticate', Date.now);
    try {
      readLoginSettings(loaded.config);
    } catch (error) {
      throw new ConfigFaults(loaded.file, [{ path: 'login.url', message: (error as Error).message }]);
    }
  },
});
