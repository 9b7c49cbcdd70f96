import * as z from 'zod/mini';
import { maxImpersonationTargets } from '../kubernetes/impersonation-targets.ts';
import { checkSchema, kubernetesAttributesSchema } from './check-call.ts';

// POST /.sallyport/api/v1/policy/explain and .../policy/can-i on the gateway, which calls POST /v1/explain and POST
// /v1/can-i of authorize.

const word = z.string().check(z.maxLength(253));
const text = z.string().check(z.maxLength(4096));

/**
 * What the rules are listed for: a cluster by its name, or a web application by its host. `GET
 * /.sallyport/api/v1/policy/rules` on the gateway calls `POST /v1/policy/rules` of authorize.
 */
export const policyRulesRequestSchema = z.strictObject({ cluster: z.optional(word), route: z.optional(word) }).check(
  z.refine(({ cluster, route }) => (cluster === undefined) !== (route === undefined), {
    message: 'either cluster or route is required',
  }),
);
export type PolicyRulesRequest = z.infer<typeof policyRulesRequestSchema>;

/**
 * Another user. Asking about them needs a right from `api.policy`. If only the name is given, the identity in their
 * latest live session counts.
 */
export const askedPersonSchema = z.strictObject({
  user: text.check(z.minLength(1)),
  email: z.optional(text),
  groups: z.optional(z.array(text).check(z.maxLength(1000))),
  claims: z.optional(z.record(z.string(), z.unknown())),
  ip: z.optional(word),
});
export type AskedPerson = z.infer<typeof askedPersonSchema>;

/**
 * The request in question, by its verb and resource, or by its path as a client would send it (`path`, with its query).
 */
export const explainQuestionSchema = z.strictObject({
  cluster: word.check(z.minLength(1)),
  verb: z.optional(word),
  resource: z.optional(word),
  apiGroup: z.optional(word),
  apiVersion: z.optional(word),
  subresource: z.optional(word),
  namespace: z.optional(word),
  name: z.optional(word),
  labelSelector: z.optional(text),
  fieldSelector: z.optional(text),
  dryRun: z.optional(z.boolean()),
  command: z.optional(z.array(text).check(z.maxLength(256))),
  container: z.optional(word),
  method: z.optional(word),
  path: z.optional(text),
  /** Whom the request asks to act as, as in `kubernetes.impersonate` of a check. */
  impersonate: z.optional(z.array(text).check(z.minLength(1), z.maxLength(maxImpersonationTargets))),
  about: z.optional(askedPersonSchema),
});
export type ExplainQuestion = z.infer<typeof explainQuestionSchema>;

/** `check` is the request as it would be evaluated, with the caller's own credential. */
export const explainRequestSchema = z.strictObject({ check: checkSchema, about: z.optional(askedPersonSchema) });
export type ExplainRequest = z.infer<typeof explainRequestSchema>;

const maxQuestions = 256;

/** Many yes-or-no questions at once about what the caller may do on a cluster. */
export const canIQuestionSchema = z.strictObject({
  cluster: word.check(z.minLength(1)),
  namespace: z.optional(word),
  requests: z
    .array(z.strictObject({ verb: word, resource: word, apiGroup: z.optional(word), subresource: z.optional(word) }))
    .check(z.minLength(1), z.maxLength(maxQuestions)),
});
export type CanIQuestion = z.infer<typeof canIQuestionSchema>;

/** `check` has the caller, the client address and the cluster; `requests` has the requests in question. */
export const canIRequestSchema = z.strictObject({
  check: checkSchema,
  requests: z
    .array(z.strictObject({ method: z.string(), kubernetes: kubernetesAttributesSchema }))
    .check(z.minLength(1), z.maxLength(maxQuestions)),
});
export type CanIRequest = z.infer<typeof canIRequestSchema>;
