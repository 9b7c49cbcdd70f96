/**
 * Every extra key that the gateway may send in `Impersonate-Extra-*`. RBAC has no wildcard for extras, and an API
 * server refuses the whole request if the gateway's role does not list one of them. So the role lists them before the
 * gateway sends them: the session, an elevation, an agent, the web application that acts for its user, and the person who
 * acts as another.
 */
export const impersonationExtras = [
  'sallyport.dev/session',
  'sallyport.dev/elevation',
  'sallyport.dev/agent',
  'sallyport.dev/application',
  'sallyport.dev/actor',
] as const;

/** The RBAC resources in the API group `authentication.k8s.io` that the gateway must be allowed to impersonate. */
export const impersonatedAuthentication: readonly string[] = [
  'uids',
  ...impersonationExtras.map((key) => `userextras/${key}`),
];
