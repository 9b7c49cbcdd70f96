import { parseJson } from '@sallyport/kit';
import { z } from 'zod';
import type { ClusterAnswer } from '../upstream/ask-cluster.ts';

const accessSchema = z.object({
  kind: z.literal('SelfSubjectAccessReview'),
  status: z.object({ allowed: z.boolean(), denied: z.boolean().optional() }),
});

const texts = z.array(z.string()).nullish();
const rulesSchema = z.object({
  kind: z.literal('SelfSubjectRulesReview'),
  status: z.object({
    resourceRules: z
      .array(z.object({ verbs: z.array(z.string()), apiGroups: texts, resources: texts, resourceNames: texts }))
      .nullish(),
    nonResourceRules: z.array(z.object({ verbs: z.array(z.string()), nonResourceURLs: texts })).nullish(),
    incomplete: z.boolean().optional(),
  }),
});

/** What a person may do in a namespace, as the cluster tells. */
export type ReviewedRules = {
  resourceRules: { verbs: string[]; apiGroups: string[]; resources: string[]; resourceNames: string[] }[];
  nonResourceRules: { verbs: string[]; nonResourceURLs: string[] }[];
  /** An authorizer of the cluster does not list its rules. */
  incomplete: boolean;
};

function parse<Schema extends z.ZodType>(
  schema: Schema,
  { status, body }: ClusterAnswer,
): z.output<Schema> | undefined {
  return status === 201 ? schema.safeParse(parseJson(body)).data : undefined;
}

/** Reads the answer to a SelfSubjectAccessReview. Undefined if it is anything else. */
export function readAccess(answer: ClusterAnswer): 'allowed' | 'refused' | undefined {
  const review = parse(accessSchema, answer);
  if (!review) return undefined;
  return review.status.allowed && review.status.denied !== true ? 'allowed' : 'refused';
}

/** Reads the answer to a SelfSubjectRulesReview. Undefined if it is anything else. */
export function readRules(answer: ClusterAnswer): ReviewedRules | undefined {
  const status = parse(rulesSchema, answer)?.status;
  return (
    status && {
      resourceRules: (status.resourceRules ?? []).map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs,
        apiGroups: apiGroups ?? [],
        resources: resources ?? [],
        resourceNames: resourceNames ?? [],
      })),
      nonResourceRules: (status.nonResourceRules ?? []).map(({ verbs, nonResourceURLs }) => ({
        verbs,
        nonResourceURLs: nonResourceURLs ?? [],
      })),
      incomplete: status.incomplete === true,
    }
  );
}
