/**
 * @jest-environment ./test-e2e/src/attacks/attack-environment.mjs
 */
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { describeWith } from '../harness/index.ts';
import { compareTable } from './table-of-attacks.ts';
import { attackWebConnection } from './web/connection-header.ts';
import { attackWebIdentityHeaders } from './web/identity-headers.ts';
import { attackWebUpgrades } from './web/upgrades.ts';
import { attackWebTargets } from './web/paths.ts';
import { attackWebFraming } from './web/framing.ts';
import { attackWebLimits } from './web/limits.ts';
import { attackWebLogins } from './web/logins.ts';
import { attackWebTokens } from './web/credentials.ts';
import { attackWebInternalHops } from './web/internal-calls.ts';
import { searchForWebSecrets } from './web/leaked-secrets.ts';
import { attackWebBrowser } from './web/cookies.ts';
import { attackWebFloods } from './web/floods.ts';
import { attackWebRecords } from './web/hidden-requests.ts';
import { attackWebEndlessExchanges } from './web/endless-exchanges.ts';
import { resetWebFixture, startWebFixture, stopWebFixture } from './fixtures/web-fixture.ts';

describeWith(['redis', 'kafka', 'postgres'], 'attacks on web applications behind the running services', () => {
  beforeAll(startWebFixture);
  afterAll(stopWebFixture);
  afterEach(resetWebFixture);

  attackWebConnection();
  attackWebIdentityHeaders();
  attackWebUpgrades();
  attackWebTargets();
  attackWebFraming();
  attackWebTokens();
  attackWebInternalHops();
  attackWebBrowser();
  attackWebRecords();
  attackWebLogins();
  attackWebFloods();
  attackWebEndlessExchanges();
  attackWebLimits();

  // Last, because it searches all responses to the other attacks.
  searchForWebSecrets();
  compareTable('web-attacks.e2e.ts');
});
