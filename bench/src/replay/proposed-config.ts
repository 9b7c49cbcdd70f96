import { clusters, teams } from './recorded-events.ts';

/**
 * Returns a configuration to replay against, for three clusters: a rule for each team's namespace, a few other rules
 * that allow, and some that deny. It is JSON, which is also YAML.
 */
export function proposedConfig(): string {
  const teamRules = teams.map((team) => ({
    allow: {
      and: [{ groups: team }, { 'k8s/namespace': team }, { 'k8s/verb': { not_in: ['delete', 'deletecollection'] } }],
    },
  }));
  return JSON.stringify({
    gateway: { url: 'http://localhost:8443' },
    policies: {
      sre: [{ allow: { and: [{ groups: 'sre' }] } }],
      auditors: [
        { allow: { and: [{ groups: 'auditors' }, { 'k8s/verb': ['get', 'list', 'watch'] }] } },
        { deny: { and: [{ 'k8s/resource': 'secrets' }, { groups: 'auditors' }] } },
      ],
      teams: teamRules,
    },
    policy: [{ deny: { or: [{ 'k8s/namespace': 'kube-system' }] } }],
    clusters: clusters.map((name) => ({
      name,
      server: 'https://127.0.0.1:6443',
      tokenFile: 'token',
      policies: ['sre', 'auditors', 'teams'],
      ...(name === 'prod'
        ? { namespaces: [{ match: 'team-1*', policy: [{ deny: { or: [{ 'k8s/resource': 'pods/exec' }] } }] }] }
        : {}),
    })),
  });
}
