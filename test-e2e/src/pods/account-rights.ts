import { theBed } from '../harness/index.ts';

/** Returns the rights of a ServiceAccount as `kubectl auth can-i --list` names them, one line for each, in order. */
export async function rightsOf(namespace: string, account: string): Promise<string[]> {
  const user = `system:serviceaccount:${namespace}:${account}`;
  const args = ['auth', 'can-i', '--list', '--no-headers', `--as=${user}`, '-n', namespace];
  const lines = (await theBed().cluster!.admin.kubectl(args)).split('\n').filter((line) => line.trim() !== '');
  return [
    ...new Set(
      lines.map((line) =>
        line
          .trim()
          .split(/\s{2,}/)
          .join(' '),
      ),
    ),
  ].toSorted();
}

const reviews = ['selfsubjectreviews.authentication.k8s.io'].concat(
  ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'].map((kind) => `${kind}.authorization.k8s.io`),
);
const openid = ['/.well-known/openid-configuration', '/openid/v1/jwks'].flatMap((path) => [path, `${path}/`]);
const discovery = ['/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*', '/version', '/version/'];
const health = ['/healthz', '/livez', '/readyz'];

/** What every ServiceAccount of Kubernetes may do: ask what it may do, and read what describes the cluster. */
export const rightsOfAll: readonly string[] = [
  ...reviews.map((resource) => `${resource} [] [] [create]`),
  ...[...openid, ...discovery, ...health].map((path) => `[${path}] [] [get]`),
].toSorted();

const extras = ['session', 'elevation', 'agent', 'application', 'actor'].map(
  (key) => `userextras.authentication.k8s.io/sallyport.dev/${key}`,
);

/** What the gateway may do if its configuration names these groups: that, and to impersonate. */
export function rightsOfGateway(groups: readonly string[]): string[] {
  return [
    ...rightsOfAll,
    ...['users', 'uids.authentication.k8s.io', ...extras].map((resource) => `${resource} [] [] [impersonate]`),
    ...groups.map((group) => `groups [] [${group}] [impersonate]`),
  ].toSorted();
}
