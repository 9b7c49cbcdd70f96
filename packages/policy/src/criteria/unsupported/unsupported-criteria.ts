import { isLoggedIn } from '../../input/policy-input.ts';
import type { CompileContext, Criterion } from '../../language/criterion.ts';
import { type JsonSchema, definition } from '../../language/json-schema.ts';
import type { Reason } from '../../language/reasons.ts';
import { fail } from '../../language/verdict.ts';
import { readStrings, compileStringMatcher } from '../../matchers/string-matcher.ts';

type UnsupportedCriterionOptions = {
  readonly name: string;
  readonly reason: Reason;
  /** What Sallyport does not have. */
  readonly missing: string;
  readonly data: string;
  readonly example: unknown;
  readonly schema: JsonSchema;
  /** Whether it is about the caller, so that a request without a session is asked to log in. */
  readonly ofCaller?: boolean;
  /** Reports faults of the data. */
  readonly check: (data: unknown, context: CompileContext) => void;
};

const unauthenticated = fail('user-unauthenticated');

/**
 * Creates a criterion of Pomerium's language about something that Sallyport does not have. It compiles with a warning
 * and never holds.
 */
function createUnsupportedCriterion({
  name,
  reason,
  missing,
  data: dataDoc,
  example,
  schema,
  ofCaller = false,
  check,
}: UnsupportedCriterionOptions): Criterion {
  const unauthorized = fail(reason);
  return {
    name,
    schema,
    doc: {
      summary: `Never holds, because Sallyport has no ${missing}. It compiles with a warning, so that you need not change an existing policy.`,
      data: dataDoc,
      example,
      source: 'Pomerium',
      reasons: ofCaller ? [reason, 'user-unauthenticated'] : [reason],
    },
    compile(data, _subpath, context) {
      const before = context.faults.size;
      check(data, context);
      if (context.faults.size > before) return undefined;
      const inverted = context.operator === 'not' || context.operator === 'nor';
      context.warnings.add(
        context.path,
        `never holds: Sallyport has no ${missing}${inverted ? `, so under ${context.operator} it always counts as true` : ''}`,
        { code: 'unsupported-criterion' },
      );
      return ofCaller ? (input) => (isLoggedIn(input) ? unauthorized : unauthenticated) : () => unauthorized;
    },
  };
}

/** Reports data that is neither a string nor a list of strings. */
function checkTexts(data: unknown, { path, faults }: CompileContext): void {
  if (Array.isArray(data)) readStrings(data, path, faults);
  else if (typeof data !== 'string') faults.addKind(path, 'a string or a list of strings', data);
}

/** The tool in a call of the Model Context Protocol. */
export const mcpTool = createUnsupportedCriterion({
  name: 'mcp_tool',
  reason: 'mcp-tool-unauthorized',
  missing: 'route for the Model Context Protocol',
  data: 'string matcher',
  example: { in: ['query', 'list_tables'] },
  schema: definition('textMatcher'),
  check: (data, { path, faults }) => void compileStringMatcher(data, path, faults),
});

/** Whether the request is for the proxy's own pages. The gateway serves those itself, without policy. */
export const pomeriumRoutes = createUnsupportedCriterion({
  name: 'pomerium_routes',
  reason: 'non-pomerium-route',
  missing: 'policy for the pages under /.pomerium',
  data: 'anything, usually `true`',
  example: true,
  schema: definition('anything'),
  check: () => {},
});

/** The CA that signed the key of an SSH client. */
export const sshCa = createUnsupportedCriterion({
  name: 'ssh_ca',
  reason: 'ssh-publickey-unauthorized',
  missing: 'SSH route',
  data: 'public key of a CA, or a list of these',
  example: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICa',
  schema: definition('textOrList'),
  check: checkTexts,
});

/** The public key of an SSH client. */
export const sshPublickey = createUnsupportedCriterion({
  name: 'ssh_publickey',
  reason: 'ssh-publickey-unauthorized',
  missing: 'SSH route',
  data: 'public key, or a list of these',
  example: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKey',
  schema: definition('textOrList'),
  check: checkTexts,
});

/** Whether the user name of an SSH client is among the values of a claim. */
export const sshUsernameMatchesClaim = createUnsupportedCriterion({
  name: 'ssh_username_matches_claim',
  reason: 'ssh-username-unauthorized',
  missing: 'SSH route',
  data: 'name of a claim',
  example: 'ssh_logins',
  schema: { type: 'string' },
  ofCaller: true,
  check(data, { path, faults }) {
    if (typeof data !== 'string') faults.addKind(path, 'the name of a claim', data);
  },
});

/** Whether the user name of an SSH client is the local part of the caller's address. */
export const sshUsernameMatchesEmail = createUnsupportedCriterion({
  name: 'ssh_username_matches_email',
  reason: 'ssh-username-unauthorized',
  missing: 'SSH route',
  data: 'anything, usually `true`',
  example: true,
  schema: definition('anything'),
  ofCaller: true,
  check: () => {},
});

/** The user name that an SSH client requests. */
export const sshUsername = createUnsupportedCriterion({
  name: 'ssh_username',
  reason: 'ssh-username-unauthorized',
  missing: 'SSH route',
  data: 'string matcher',
  example: { in: ['ubuntu', 'debian'] },
  schema: definition('textMatcher'),
  check: (data, { path, faults }) => void compileStringMatcher(data, path, faults),
});
