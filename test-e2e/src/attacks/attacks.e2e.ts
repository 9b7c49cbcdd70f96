/**
 * @jest-environment ./test-e2e/src/attacks/attack-environment.mjs
 */
import { afterAll, afterEach, beforeAll, describe, jest } from '@jest/globals';
import { describeWith } from '../harness/index.ts';
import { attackConnection } from './a01-connection.ts';
import { attackIdentityHeaders } from './a02-identity-headers.ts';
import { attackNames } from './a05-names.ts';
import { attackCredentials } from './a07-credentials.ts';
import { attackUpgrades } from './a08-upgrades.ts';
import { attackShellEquivalents } from './a09-shell-equivalents.ts';
import { attackRedirects } from './a14-redirects.ts';
import { attackTargets } from './a15-targets.ts';
import { attackVerbs } from './a17-verbs.ts';
import { attackFraming } from './a18-framing.ts';
import { attackLimits, openSlowConnections } from './a19-limits.ts';
import { attackStreamLimits } from './a19-streams.ts';
import { attackGroups } from './a20-groups.ts';
import { attackEmails } from './a21-emails.ts';
import { attackLogins } from './a23-logins.ts';
import { attackFixation } from './a25-fixation.ts';
import { attackReturnAddresses } from './a26-redirects.ts';
import { attackTokens } from './a27-tokens.ts';
import { attackProviders } from './a28-providers.ts';
import { attackInternalHops } from './a29-internal-hops.ts';
import { searchForSecrets } from './a30-secrets.ts';
import { attackTrail } from './a31-trail.ts';
import { attackReuse } from './a33-reuse.ts';
import { attackStreams } from './a34-streams.ts';
import { attackNamesakes } from './a36-names.ts';
import { attackCommandLine } from './a40-command-line.ts';
import { attackDocuments } from './a41-documents.ts';
import { attackCopy } from './a42-copy.ts';
import { attackBrowser } from './a43-browser.ts';
import { attackDryRuns } from './a46-dry-runs.ts';
import { attackCuriosity } from './a47-curiosity.ts';
import { closeIdentityScene, openIdentityScene, resetIdentityScene } from './identity-scene.ts';
import { attackSlowBodies } from './s01-slow-bodies.ts';
import { attackHostileClusters } from './s03-hostile-clusters.ts';
import { attackPipelines } from './s07-pipelines.ts';
import { attackLoopback } from './s09-loopback.ts';
import { attackRaces } from './s10-races.ts';
import { attackManagement } from './s11-management.ts';
import { attackCounts, attackLogs } from './s12-counts-and-lines.ts';
import { attackWires } from './s14-wires.ts';
import { attackEndSlashes } from './s18-end-slashes.ts';
import { attackTrailByFlood } from './s22-anonymous-floods.ts';
import { attackAuditQueries } from './s32-audit-queries.ts';
import { attackHosts } from './s31-hosts.ts';
import { attackHiddenTokens } from './s33-hidden-tokens.ts';
import { attackForeignReaders } from './s34-foreign-readers.ts';
import { closeScene, openScene, resetScene } from './scene.ts';
import { compareTable } from './table-of-attacks.ts';

jest.setTimeout(15_000);

describeWith(['cluster', 'redis', 'kafka', 'postgres'], 'attacks on the running services', () => {
  beforeAll(async () => {
    await openScene();
    await openSlowConnections();
  }, 120_000);
  afterAll(closeScene, 60_000);
  afterEach(resetScene);

  attackConnection();
  attackIdentityHeaders();
  attackNames();
  attackCredentials();
  attackUpgrades();
  attackShellEquivalents();
  attackRedirects();
  attackTargets();
  attackVerbs();
  attackFraming();
  attackGroups();
  attackInternalHops();
  attackTrail();
  attackReuse();
  attackStreams();
  attackCopy();
  attackBrowser();
  attackDryRuns();
  attackCuriosity();
  attackCommandLine();
  attackSlowBodies();
  attackHostileClusters();
  attackPipelines();
  attackLoopback();
  attackRaces();
  attackManagement();
  attackCounts();
  attackLogs();
  attackWires();
  attackEndSlashes();
  attackTrailByFlood();
  attackAuditQueries();
  attackHosts();
  attackHiddenTokens();
  attackForeignReaders();
  attackStreamLimits();
  attackLimits();
  describe('at the doors where people log in', () => {
    beforeAll(openIdentityScene, 120_000);
    afterAll(closeIdentityScene, 60_000);
    afterEach(resetIdentityScene);

    attackEmails();
    attackLogins();
    attackFixation();
    attackReturnAddresses();
    attackTokens();
    attackProviders();
    attackNamesakes();
    attackDocuments();
  });

  // Last: it looks through all that the attacks before it brought to light.
  searchForSecrets();
  compareTable();
});
