import { cliProgram } from './write-demo-kubeconfig.ts';
import type { DemoState } from './run-demo.ts';

/** What the demo prints when it is ready: what stands where, and what to type. */
export function welcome(state: DemoState, kubectl: string | undefined): string {
  const people = state.people.map(
    ({ user, password, groups }) =>
      `    ${user.padEnd(22)} password ${password.padEnd(9)} ${groups.length === 0 ? '(in no group)' : `groups: ${groups.join(', ')}`}`,
  );
  const kinds = {
    practice: 'a practice cluster in this process: it is no Kubernetes, and nothing runs in its pods',
    real: 'a real Kubernetes control plane and node on this machine',
    kubeconfig: 'your own cluster; role bindings there are yours to make',
  };
  const missing =
    kubectl === undefined
      ? [
          '',
          "  kubectl is not installed here. Get it from your system's packages or https://kubernetes.io/docs/tasks/tools/",
        ]
      : [];
  return [
    '',
    'Sallyport is ready.',
    '',
    `  Gateway   ${state.gatewayUrl}  (cluster: ${state.cluster.url})`,
    `  Cluster   ${kinds[state.cluster.kind]}`,
    `  Audit     ${state.auditFile}`,
    `  Policy    ${state.policyFile}  (edit this file: what you save holds within two seconds)`,
    '',
    '  People (the login page asks for them)',
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
    `    alias sallyport=${cliProgram}`,
    `    sallyport whoami --gateway ${state.gatewayUrl}`,
    `    sallyport policy explain exec pods/web -n prod   # why it is refused, or not, and what to do about it`,
    `    sallyport can-i exec pods/web -n dev             # what the policy says, and what the cluster says`,
    `    sallyport policy status --gateway ${state.gatewayUrl}   # for carol: what is in force, and what is wrong with a file that was refused`,
    `    sallyport logout --gateway ${state.gatewayUrl}   # the next kubectl asks for a login again`,
    '',
    '  Ctrl-C stops all of it.',
    '',
  ].join('\n');
}
