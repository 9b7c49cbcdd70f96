import path from 'node:path';
import { cliProgram } from './write-demo-kubeconfig.ts';
import type { DemoState } from './run-demo.ts';

/** Where npm puts the sallyport command of this clone. */
const programs = path.resolve(path.dirname(cliProgram), '../../../node_modules/.bin');

/** Returns the text that the demo prints when it is ready: where everything is, and what to type. */
export function welcome(state: DemoState, kubectl: string | undefined): string {
  const people = state.people.map(
    ({ user, password, groups }) =>
      `    ${user.padEnd(22)} password ${password.padEnd(9)} ${groups.length === 0 ? '(no groups)' : `groups: ${groups.join(', ')}`}`,
  );
  const kinds = {
    practice: 'a practice cluster in this process: not a real Kubernetes, and nothing runs in its pods',
    real: 'a real Kubernetes control plane and node on this machine',
    kubeconfig: 'your own cluster: you create the role bindings there',
  };
  const missing =
    kubectl === undefined
      ? [
          '',
          "  kubectl is not installed. Install it from your system's packages or https://kubernetes.io/docs/tasks/tools/",
        ]
      : [];
  return [
    '',
    'Sallyport is ready.',
    '',
    `  Gateway   ${state.gatewayUrl}  (cluster: ${state.cluster.url})`,
    `  Page      ${state.loginUrl}/  (for a browser: your clusters and applications, open streams and sessions)`,
    `  Web app   ${state.webApp.url}/  (behind the gateway: shows who it takes you for)`,
    `  Cluster   ${kinds[state.cluster.kind]}`,
    `  Audit     ${state.auditFile}`,
    `  Policy    ${state.policyFile}  (you can edit it: changes apply within two seconds)`,
    '',
    '  People (log in as any of them)',
    ...people,
    ...missing,
    '',
    '  In another terminal:',
    '',
    `    export KUBECONFIG=${state.kubeconfig}`,
    `    ${kubectl ?? 'kubectl'} get pods          # opens the login page; log in as alice`,
    `    ${kubectl ?? 'kubectl'} auth whoami`,
    '',
    `    export SALLYPORT_HOME=${state.home}`,
    `    export PATH=${programs}:$PATH`,
    `    sallyport whoami`,
    `    sallyport policy explain exec pods/web -n prod   # why it is allowed or refused, and what you can do`,
    `    sallyport can-i exec pods/web -n dev             # what the policy and the cluster decide`,
    `    sallyport policy status   # as carol: the policies in force, and the faults of a refused file`,
    `    sallyport logout   # the next kubectl command opens the login page again`,
    '',
    '  Press Ctrl-C to stop everything.',
    '',
  ].join('\n');
}
