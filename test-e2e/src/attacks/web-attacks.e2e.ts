/**
 * @jest-environment ./test-e2e/src/attacks/attack-environment.mjs
 */
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { describeWith } from '../harness/index.ts';
import { compareTable } from './table-of-attacks.ts';
import { attackWebConnection } from './w01-connection.ts';
import { attackWebIdentityHeaders } from './w03-identity-headers.ts';
import { attackWebUpgrades } from './w13-upgrades.ts';
import { attackWebTargets } from './w15-targets.ts';
import { attackWebFraming } from './w18-framing.ts';
import { attackWebLimits } from './w19-limits.ts';
import { attackWebLogins } from './w23-logins.ts';
import { attackWebTokens } from './w27-tokens.ts';
import { attackWebInternalHops } from './w29-internal-hops.ts';
import { searchForWebSecrets } from './w30-secrets.ts';
import { attackWebBrowser } from './w43-browser.ts';
import { attackWebFloods } from './w51-floods.ts';
import { attackWebRecords } from './w52-hidden-requests.ts';
import { attackWebEndlessExchanges } from './w53-endless-exchanges.ts';
import { resetWebFixture, startWebFixture, stopWebFixture } from './web-fixture.ts';

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
