import { afterAll, afterEach, beforeAll, jest } from '@jest/globals';
import { describeWith } from '../harness/index.ts';
import { attackConnection } from './a01-connection.ts';
import { attackIdentityHeaders } from './a02-identity-headers.ts';
import { attackNames } from './a05-names.ts';
import { attackCredentials } from './a07-credentials.ts';
import { attackUpgrades } from './a08-upgrades.ts';
import { attackRedirects } from './a14-redirects.ts';
import { attackTargets } from './a15-targets.ts';
import { attackVerbs } from './a17-verbs.ts';
import { attackFraming } from './a18-framing.ts';
import { attackLimits, openSlowConnections } from './a19-limits.ts';
import { attackGroups } from './a20-groups.ts';
import { attackInternalHops } from './a29-internal-hops.ts';
import { searchForSecrets } from './a30-secrets.ts';
import { attackTrail } from './a31-trail.ts';
import { attackBrowser } from './a43-browser.ts';
import { attackCuriosity } from './a47-curiosity.ts';
import { closeScene, openScene, resetScene } from './scene.ts';

jest.setTimeout(15_000);

describeWith(['cluster', 'redis', 'kafka', 'postgres'], 'attacks on the running services', () => {
  beforeAll(async () => {
    await openScene();
    await openSlowConnections();
  }, 60_000);
  afterAll(closeScene, 30_000);
  afterEach(resetScene);

  attackConnection();
  attackIdentityHeaders();
  attackNames();
  attackCredentials();
  attackUpgrades();
  attackRedirects();
  attackTargets();
  attackVerbs();
  attackFraming();
  attackGroups();
  attackInternalHops();
  attackTrail();
  attackBrowser();
  attackCuriosity();
  attackLimits();
  // Last: it looks through all that the attacks before it brought to light.
  searchForSecrets();
});
