import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { gatewayAddress } from '../input/gateway-address.ts';
import { createRig, type Rig } from '../testing/rig.ts';
import { openCredentialStore } from './credential-store.ts';
import { findHome } from './home.ts';
import { openKnownGateways, listLogins } from './known-gateways.ts';

let rig: Rig;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => rig.remove());

it('is empty before the first login', () => {
  expect(listLogins(rig.environment)).toEqual([]);
});

it.each(['linux', 'win32'] as const)('has the known gateways with their logins, and no token (%s)', (platform) => {
  const environment = { ...rig.environment, platform };
  const home = findHome(environment);
  const known = openKnownGateways(home);
  const [a, b] = [gatewayAddress('https://a.example.com:8443'), gatewayAddress('https://[::1]:8443')];
  const login = { user: 'alice', sessionId: 's1', expiresAt: 5, idleMs: 1 };
  openCredentialStore(home, a, environment).keep({ token: 'spt_0123456789abcdef', ...login });
  known.remember(b, { prefix: 'x-' });
  known.setCurrent(a);
  for (const stray of ['https+evil', 'x', 'https+a:1:2', 'https+A.example.com'])
    mkdirSync(path.join(home.root, 'gateways', stray), { recursive: true });
  writeFileSync(path.join(home.root, 'gateways', 'file'), '');
  const listed = listLogins(environment);
  expect(listed).toEqual([
    { gateway: b, last: false },
    { gateway: a, last: true, login },
  ]);
  expect(JSON.stringify(listed)).not.toContain('spt_');
});
