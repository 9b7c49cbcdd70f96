/** An issuer where anyone can have an account and get tokens with any audience. */
type PublicIssuer = {
  name: string;
  /** Claims that say whose job it is, and those that are never a pattern. */
  owners: readonly string[];
  /** Claims that say which branch, environment or workflow it is. */
  places: readonly string[];
};

const issuers: Readonly<Record<string, PublicIssuer>> = {
  'https://token.actions.githubusercontent.com': {
    name: 'GitHub Actions',
    owners: [
      'sub',
      'repository',
      'repository_id',
      'repository_owner',
      'repository_owner_id',
      'job_workflow_ref',
      'workflow_ref',
      'enterprise',
      'enterprise_id',
    ],
    places: ['sub', 'ref', 'environment', 'job_workflow_ref', 'workflow_ref'],
  },
  'https://gitlab.com': {
    name: 'GitLab',
    owners: ['sub', 'project_path', 'project_id', 'namespace_path', 'namespace_id', 'ci_config_ref_uri'],
    places: ['sub', 'ref', 'ref_path', 'ref_protected', 'environment', 'ci_config_ref_uri'],
  },
};

/** Returns what is known about an issuer that serves anyone; undefined for any other issuer. */
export function publicIssuer(issuer: string | undefined): PublicIssuer | undefined {
  return issuer !== undefined && Object.hasOwn(issuers, issuer) ? issuers[issuer] : undefined;
}

/** Reports whether a pattern names an owner: no `*`, or one only after the first part of the path. */
export function namesOwner(pattern: string): boolean {
  const [literal = ''] = pattern.split('*', 1);
  return literal === pattern || literal.includes('/');
}
