import { kubernetes, anonymous, textRows, type Row } from './criteria-row.ts';

const acting = (...impersonate: string[]) => kubernetes({ impersonate });
const [actingOk, actingNot] = ['k8s-impersonate-ok', 'k8s-impersonate-unauthorized'];

/** Each operator over the targets of a request, of which all must match. */
const impersonateRows: Row[] = [
  ['k8s/impersonate', 'user:bob', acting('user:bob'), true, actingOk],
  ['k8s/impersonate', 'user:bob', acting('user:Bob'), false, actingNot],
  ['k8s/impersonate', 'user:bob', acting('group:bob'), false, actingNot],
  ['k8s/impersonate', ['user:bob', 'group:dev'], acting('user:bob', 'group:dev'), true, actingOk],
  ['k8s/impersonate', ['user:bob', 'group:dev'], acting('user:bob', 'group:ops'), false, 'k8s-impersonate-open'],
  ['k8s/impersonate', { is: 'user:bob' }, acting('user:bob', 'uid:1'), false, 'k8s-impersonate-open'],
  ['k8s/impersonate', { starts_with: 'serviceaccount:dev/' }, acting('serviceaccount:dev/web'), true, actingOk],
  ['k8s/impersonate', { starts_with: 'serviceaccount:dev/' }, acting('serviceaccount:prod/web'), false, actingNot],
  ['k8s/impersonate', { starts_with: 'user:', ends_with: '@a.b' }, acting('user:x@a.b'), true, actingOk],
  ['k8s/impersonate', { not: 'user:bob' }, acting('user:bob'), false, actingNot],
  ['k8s/impersonate', { not_in: ['user:bob'] }, acting('user:bob', 'group:dev'), false, 'k8s-impersonate-open'],
  ['k8s/impersonate', 'extra:scopes=a', acting('user:bob', 'extra:scopes=a'), false, 'k8s-impersonate-open'],
  ['k8s/impersonate', { not: 'user:bob' }, kubernetes({}), false, actingNot],
  ['k8s/impersonate', { not: 'user:bob' }, anonymous, false, actingNot],
  ['k8s/impersonate', { not: 'user:bob' }, acting(), false, actingNot],
];

/** Rows of the Kubernetes criteria. */
export const kubernetesRows: Row[] = [
  ...textRows('k8s/cluster', 'k8s-cluster', (cluster) => kubernetes({ cluster }), [
    anonymous,
    kubernetes({ cluster: '' }),
  ]),
  ...textRows('k8s/verb', 'k8s-verb', (verb) => kubernetes({ verb }), [anonymous, kubernetes({ verb: '' })]),
  ...textRows('k8s/namespace', 'k8s-namespace', (namespace) => kubernetes({ namespace }), [
    anonymous,
    kubernetes({ namespace: '' }),
  ]),
  ...textRows('k8s/name', 'k8s-name', (name) => kubernetes({ name }), [anonymous, kubernetes({ name: '' })]),
  ['k8s/namespace', 'dev', kubernetes({ verb: 'list', resource: 'pods' }), false, 'k8s-namespace-open'],
  ['k8s/name', 'web', kubernetes({ verb: 'list', resource: 'pods', namespace: 'dev' }), false, 'k8s-name-open'],
  ...textRows(
    'k8s/non_resource_path',
    'k8s-non-resource-path',
    (path) => kubernetes({ isResourceRequest: false, path }),
    [anonymous, kubernetes({ path: 'abc' }), kubernetes({ isResourceRequest: true, path: 'abc' })],
  ),
  ...textRows(
    'k8s/label_selector',
    'k8s-label-selector',
    (labelSelector) => kubernetes({ verb: 'list', labelSelector }),
    [anonymous, kubernetes({ verb: 'list' }), kubernetes({ verb: 'get', labelSelector: 'abc' })],
  ),
  ...textRows(
    'k8s/field_selector',
    'k8s-field-selector',
    (fieldSelector) => kubernetes({ verb: 'watch', fieldSelector }),
    [anonymous, kubernetes({ verb: 'watch' }), kubernetes({ verb: 'create', fieldSelector: 'abc' })],
  ),
  ['k8s/verb', ['get', 'list'], kubernetes({ verb: 'list' }), true, 'k8s-verb-ok'],
  ['k8s/verb', ['get', 'list'], kubernetes({ verb: 'watch' }), false, 'k8s-verb-unauthorized'],
  ['k8s/resource', 'pods/exec', kubernetes({ resource: 'pods', subresource: 'exec' }), true, 'k8s-resource-ok'],
  ['k8s/resource', 'pods/exec', kubernetes({ resource: 'pods' }), false, 'k8s-resource-unauthorized'],
  ['k8s/resource', '*', anonymous, false, 'k8s-resource-unauthorized'],
  [
    'k8s/shell_equivalent',
    true,
    kubernetes({ resource: 'pods', subresource: 'exec' }),
    true,
    'k8s-shell-equivalent-ok',
  ],
  [
    'k8s/shell_equivalent',
    true,
    kubernetes({ resource: 'pods', subresource: 'log' }),
    false,
    'k8s-shell-equivalent-unauthorized',
  ],
  ['k8s/shell_equivalent', false, kubernetes({ resource: 'pods' }), true, 'k8s-shell-equivalent-ok'],
  ['k8s/shell_equivalent', false, anonymous, false, 'k8s-shell-equivalent-unauthorized'],
  ['k8s/exec_command', { program: 'ls' }, kubernetes({ exec: { command: ['ls', '-l'] } }), true, 'k8s-exec-command-ok'],
  [
    'k8s/exec_command',
    { program: 'ls' },
    kubernetes({ exec: { command: ['sh', 'ls'] } }),
    false,
    'k8s-exec-command-unauthorized',
  ],
  [
    'k8s/exec_command',
    { argv: ['ls', '-l'] },
    kubernetes({ exec: { command: ['ls', '-l'] } }),
    true,
    'k8s-exec-command-ok',
  ],
  [
    'k8s/exec_command',
    { argv: ['ls'] },
    kubernetes({ exec: { command: ['ls', '-l'] } }),
    false,
    'k8s-exec-command-unauthorized',
  ],
  ['k8s/exec_command', { program: { not: 'sh' } }, anonymous, false, 'k8s-exec-command-unauthorized'],
  [
    'k8s/exec_command',
    { program: { not: 'sh' } },
    kubernetes({ exec: { command: [] } }),
    false,
    'k8s-exec-command-unauthorized',
  ],
  ['k8s/dry_run', true, kubernetes({ verb: 'create', dryRun: true }), true, 'k8s-dry-run-ok'],
  ['k8s/dry_run', true, kubernetes({ verb: 'create' }), false, 'k8s-dry-run-unauthorized'],
  ['k8s/dry_run', false, kubernetes({ verb: 'create' }), true, 'k8s-dry-run-ok'],
  ['k8s/dry_run', false, anonymous, false, 'k8s-dry-run-unauthorized'],
  ...impersonateRows,
];
