// Describes the options of `workloads`. Paths as in config-schema.mjs.
export const workloadDescriptions = {
  workloads:
    'Machines that log in with a token of their platform, without a stored secret (docs/machines.md). The first that matches a token counts. authenticate and the gateway read this when they start.',
  'workloads[].name': 'A name for the workload. It becomes part of its identity and of the audit trail.',
  'workloads[].issuer': 'The issuer of the tokens, exactly as their claim iss has it.',
  'workloads[].serviceAccounts': 'Instead of an issuer: the ServiceAccounts of a cluster behind this gateway.',
  'workloads[].serviceAccounts.cluster':
    'The name of the cluster. The gateway asks it for its issuer and its keys, with its own account.',
  'workloads[].spiffe': 'Instead of an issuer: the JWT-SVIDs of a SPIFFE trust domain.',
  'workloads[].spiffe.trustDomain': 'The name of the trust domain, without spiffe://.',
  'workloads[].audience': 'The audience of the tokens. A token must have exactly this one, and no other besides.',
  'workloads[].jwksUri':
    "The address of the issuer's keys. Without it, the address is taken from the issuer's metadata (/.well-known/openid-configuration).",
  'workloads[].caFile': "The CA of the issuer's server, PEM. Without it, the CAs that Node.js trusts.",
  'workloads[].match':
    'What the claims of a token must be: a text in which * stands for any text without / and :, a list of such texts, or true or false. All must match. A slash in the name of a claim leads into an object.',
  'workloads[].user':
    'The user name, with claims in double braces: ci:{{repository}}. It must begin with a prefix that ends in a colon, and no person may have a name that begins with it.',
  'workloads[].groups': 'The groups of the workload.',
  'workloads[].maxLifetime': 'How long a token is accepted after it was issued, 24h at most.',
};
