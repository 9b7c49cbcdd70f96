/**
 * Every extra key that the gateway may send in `Impersonate-Extra-*`. RBAC has no wildcard for extras, and an API
 * server refuses a request as a whole for one that the gateway's role does not list, so the role lists them before the
 * gateway sends them: the session, an elevation, an agent and who it acts for.
 */
export const impersonationExtras = [
  'sallyport.dev/session',
  'sallyport.dev/elevation',
  'sallyport.dev/agent',
  'sallyport.dev/actor',
] as const;

/** What the gateway must be allowed to impersonate in the API group `authentication.k8s.io`, as RBAC names it. */
export const impersonatedAuthentication: readonly string[] = [
  'uids',
  ...impersonationExtras.map((key) => `userextras/${key}`),
];
