// Orders test files. Jest starts with the files that took longest in the last run, but a fresh clone has no last run.
// Starting with the longest files lets all workers finish at about the same time.
import Sequencer from '@jest/test-sequencer';

/** The names of the longest files, by what they took in a run on two cores. */
export const longest = [
  'attacks.e2e.ts',
  'catalogue-http2.full.e2e.ts',
  'http2-attacks.e2e.ts',
  'kafka-audit.full.e2e.ts',
  'recorded-first.full.e2e.ts',
  'kafka-tokens.full.e2e.ts',
  'kafka-group.full.e2e.ts',
  'break-glass.full.e2e.ts',
  'two-gateways.full.e2e.ts',
  'connectors.e2e.ts',
  'demo.e2e.ts',
  'audit-service.e2e.ts',
  'console.e2e.ts',
  'audit-faults.full.e2e.ts',
  'looks.full.e2e.ts',
  'foreign-clients.full.e2e.ts',
  'kafka-commands.full.e2e.ts',
  'release.e2e.ts',
  'outages.e2e.ts',
  'h2spec.e2e.ts',
  'docs.e2e.ts',
  'login-attacks.e2e.ts',
  'record-shells.e2e.ts',
  'group-sources.e2e.ts',
  'elevation.e2e.ts',
  'elevation-pages.e2e.ts',
  'attack-command.e2e.ts',
  'secure-gateway.e2e.ts',
  'stop-demo.e2e.ts',
  'browser-route.e2e.ts',
  'upgrade.e2e.ts',
  'notifications.e2e.ts',
  'replicas.e2e.ts',
  'cluster-webhook.e2e.ts',
  'hostile-application.e2e.ts',
  'chart-install.e2e.ts',
  'verify-retained.e2e.ts',
  'web-attacks.e2e.ts',
  'log-in-anywhere.e2e.ts',
  'install.e2e.ts',
  'browser.e2e.ts',
  'sessions-follow.e2e.ts',
  'import-trail.e2e.ts',
  'audit-views.e2e.ts',
  'cut-streams.e2e.ts',
  'impersonate.e2e.ts',
  'pomerium.e2e.ts',
  'verify-store.e2e.ts',
  'elevation-looks.full.e2e.ts',
  'kafka-brokers.full.e2e.ts',
  'second-control-plane.e2e.ts',
  'chart.pods.ts',
  'single.pods.ts',
  'rolling.full.pods.ts',
  'evaluation.pods.ts',
  'kustomize.pods.ts',
  'image.pods.ts',
  'acme-certificate.real.test.ts',
  'console.real.test.ts',
  'hostile-connectors.real.test.ts',
  'open-stores.real.test.ts',
  'check-config.real.test.ts',
  'redis-replicas.real.test.ts',
  'slow-bodies.real.test.ts',
  'failing-file-log.real.test.ts',
  'web-requests.real.test.ts',
  'continue-checkpoints.real.test.ts',
  'endless-exchanges.real.test.ts',
  'spool-queue.real.test.ts',
];
const rank = ({ path }) => {
  const index = longest.findIndex((name) => path.endsWith(`/${name}`));
  return index < 0 ? longest.length : index;
};

export default class LongestFirst extends Sequencer {
  async sort(tests) {
    return (await super.sort(tests)).toSorted((a, b) => rank(a) - rank(b));
  }
}
