#!/usr/bin/env node
import process from 'node:process';
import { runService } from '@sallyport/kit';
import { checkAuthenticate } from './check-authenticate.ts';
import { startAuthenticate } from './start-authenticate.ts';

const environment = {
  httpsProxy: process.env['HTTPS_PROXY'] ?? process.env['https_proxy'] ?? '',
  noProxy: process.env['NO_PROXY'] ?? process.env['no_proxy'] ?? '',
};

await runService({
  name: 'authenticate',
  adminListen: ({ config }) => config.services.authenticate.adminListen,
  check: checkAuthenticate,
  start: (parts) => startAuthenticate({ ...parts, environment }),
});
