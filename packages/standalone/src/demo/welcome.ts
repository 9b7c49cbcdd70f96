import path from 'node:path';
import { cliProgram } from './write-demo-kubeconfig.ts';
import type { DemoState } from './run-demo.ts';

/** Where npm puts the sallyport command of this clone. */
const programs = path.resolve(path.dirname(cliProgram), '../../../node_modules/.bin');

/** The tour of the demo, in this clone. */
const tour = path.resolve(programs, '../../docs/getting-started.md');

/** Returns what to type first. Only the clusters that the demo starts have a namespace `prod`. */
function firstCommands({ kubeconfig, home, kubectl, cluster }: DemoState): string[] {
  const directories = [...(kubectl === undefined ? [] : [path.dirname(kubectl)]), programs];
  return [
    `    export KUBECONFIG=${kubeconfig} \\`,
    `      SALLYPORT_HOME=${home} \\`,
    `      PATH=${directories.join(path.delimiter)}:$PATH`,
    '    kubectl get pods                 # opens the login page; log in as alice',
    cluster.kind === 'kubeconfig'
      ? '    sallyport whoami'
      : '    kubectl exec -n prod web -- ls   # refused: the message names the rule, and what would help',
  ];
}

/**
 * Returns the text that the demo prints when it is ready: where everything is, what to type first, and where the tour is.
 */
export function welcome(state: DemoState, hasKubectl: boolean): string {
  const people = state.people.map(
    ({ user, password, groups }) =>
      `    ${user.padEnd(22)} password ${password.padEnd(9)} ${groups.length === 0 ? '(no groups)' : `groups: ${groups.join(', ')}`}`,
  );
  const kinds = {
    practice: 'a practice cluster in this process: not a real Kubernetes, and nothing runs in its pods',
    real: 'a real Kubernetes control plane and node on this machine',
    kubeconfig: 'your own cluster: you create the role bindings there',
  };
  const missing = hasKubectl
    ? []
    : [
        '',
        "  kubectl is not installed. Install it from your system's packages or https://kubernetes.io/docs/tasks/tools/",
      ];
  const clusterLog =
    state.clusterAuditFile === undefined ? [] : [`            ${state.clusterAuditFile}  (the cluster's own log)`];
  return [
    '',
    'Sallyport is ready.',
    '',
    `  Gateway   ${state.gatewayUrl}  (cluster: ${state.cluster.url})`,
    `  CA        ${state.caFingerprint}  (where a page says FINGERPRINT, type this)`,
    `  Page      ${state.loginUrl}/  (for a browser: your clusters and applications, open streams and sessions)`,
    `  Console   ${state.loginUrl}/console  (who does what, live; log in as carol for the trail, as bob to approve and end)`,
    `  Web app   ${state.webApp.url}/  (at localhost: an application behind the gateway, which shows who it takes you for)`,
    `  Cluster   ${kinds[state.cluster.kind]}`,
    `  Audit     ${state.auditFile}  (the gateway's trail)`,
    ...clusterLog,
    `  Shells    are recorded; ${state.recordings.identityFile} opens the recordings`,
    `  Policy    ${state.policyFile}  (you can edit it: changes apply within two seconds)`,
    '',
    '  People (log in as any of them)',
    ...people,
    ...missing,
    '',
    '  In another terminal:',
    '',
    ...firstCommands(state),
    '',
    `  The tour of ten minutes goes on from here: ${tour}`,
    '',
    '  Press Ctrl-C to stop everything.',
    '',
  ].join('\n');
}
