import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { runCommand, runDirectory, theBed } from '../harness/index.ts';

/**
 * The result of a case by its full name: `passed`, `failed`, `timedout` or another state of Ginkgo, and the reason if it
 * did not pass.
 */
export type CaseResults = Map<string, { state: string; why: string }>;

/** Cases that run pods with images from the Kubernetes registry, which the bed's node does not have. */
const needImages = [
  'AdmissionWebhook',
  'CustomResourceConversionWebhook',
  'CustomResourceFieldSelectors',
  'Aggregator ',
  'OrderedNamespaceDeletion',
  'all pods are removed when a namespace',
  'mount an API token',
  'mount projected',
  'ServiceAccountIssuerDiscovery',
  'Guestbook',
  'Kubectl describe',
  'Kubectl expose',
  'Kubectl label',
  'Kubectl patch',
  'Kubectl replace',
  'dry-run update Pods',
  'Update Demo',
  'Kubectl logs',
];

/** Cases for API versions that the cluster no longer serves. */
const notServed = ['SSR in different API groups authentication/v1(alpha|beta)1'];

/**
 * The cases in parts that run concurrently, directly and through the gateway. One waits five minutes for a compaction,
 * and one repeatedly waits for OpenAPI to be published.
 */
export const parts: Record<string, string> = {
  chunking: String.raw`\[sig-api-machinery\] Servers with support for API chunking.*\[Conformance\]`,
  definitions: String.raw`\[sig-api-machinery\] (CustomResourceDefinition resources|CustomResourcePublishOpenAPI|FieldValidation).*\[Conformance\]`,
  // Two of auth are not marked as conformance, but test what a gateway could break: the identity of the user.
  others: String.raw`\[sig-api-machinery\] (API p|Agg|Disc|Garb|Mut|Name|Ord|Res|Servers with support for Tab|Val|Wat|server).*\[Conformance\]|\[sig-(auth|cli)\].*(\[Conformance\]|SelfSubjectReview|building a client with a CSR)`,
};

/** Cases with fixed cluster-wide names, so they run on one side at a time. */
export const alone = { watch: String.raw`\[sig-api-machinery\] CustomResourceDefinition Watch.*\[Conformance\]` };

type Report = {
  SpecReports: {
    ContainerHierarchyTexts: string[] | null;
    LeafNodeType: string;
    LeafNodeText: string;
    State: string;
    NumAttempts: number;
    Failure?: { Message?: string };
  }[];
};

/**
 * Runs the cases of the Kubernetes suite whose names match `focus`, with a kubeconfig, and reads the result of each.
 */
export async function runCases(
  program: string,
  [part, focus]: [name: string, focus: string],
  side: { name: string; env: Record<string, string>; timeoutMs: number },
): Promise<CaseResults> {
  const directory = path.join(runDirectory(), 'conformance', side.name, part);
  mkdirSync(directory, { recursive: true });
  const report = path.join(directory, 'report.json');
  const { stdout, stderr } = await runCommand(
    program,
    [
      '--kubeconfig',
      side.env['KUBECONFIG']!,
      '--kubectl-path',
      theBed().kubectl!,
      '--provider',
      'skeleton',
      '--minStartupPods',
      '0',
      '--ginkgo.no-color',
      '--ginkgo.timeout',
      `${Math.round(side.timeoutMs / 1000) - 60}s`,
      '--ginkgo.json-report',
      report,
      '--ginkgo.focus',
      focus,
      '--ginkgo.skip',
      [...needImages, ...notServed].join('|'),
    ],
    { cwd: directory, env: side.env, timeoutMs: side.timeoutMs },
  );
  let reports: Report[];
  try {
    reports = JSON.parse(readFileSync(report, 'utf8')) as Report[];
  } catch (error) {
    throw new Error(`the suite wrote no report: ${`${stdout}${stderr}`.slice(-2000)}`, { cause: error });
  }
  const results: CaseResults = new Map();
  for (const one of reports.flatMap(({ SpecReports }) => SpecReports)) {
    // Cases outside of the part are reported as skipped.
    if (one.LeafNodeType === 'It' ? one.NumAttempts === 0 : one.State === 'passed' || one.State === 'skipped') continue;
    results.set([...(one.ContainerHierarchyTexts ?? []), one.LeafNodeText || one.LeafNodeType].join(' '), {
      state: one.State,
      why: (one.Failure?.Message ?? '').split('\n').slice(0, 6).join(' ').slice(0, 400),
    });
  }
  return results;
}
