import type { Config, PolicyDocument, PolicyPlan } from '@sallyport/contracts';
import { checkPolicies, type PolicyEngine } from '../config/check-policies.ts';
import type { ConfigFault } from '../config/config-faults.ts';
import { examineConfigFile } from '../config/load-config.ts';
import { policiesVersion } from '../config/policies-version.ts';

/** The result of reading a configuration, with the identity of each file when it was read. */
export type Candidate =
  | {
      ok: true;
      config: Config;
      plan: PolicyPlan;
      version: string;
      /** The warnings of compiling. `lint` returns all of them, but takes longer. */
      warnings: ConfigFault[];
      lint(): ConfigFault[];
      files: [string, string][];
    }
  | { ok: false; faults: ConfigFault[]; files: [string, string][] };

/** Converts a document to JSON and back, so that the policy that is checked is the one that is handed over. */
const asJson = (document: PolicyDocument): PolicyDocument => ({
  ...document,
  document: JSON.parse(JSON.stringify(document.document) ?? 'null') as unknown,
});

function versionOf(
  plan: PolicyPlan,
  config: Config,
  engine: PolicyEngine,
): { version: string } | { fault: ConfigFault } {
  try {
    return { version: policiesVersion(plan, config, engine) };
  } catch (error) {
    return { fault: { path: '', message: error instanceof RangeError ? error.message : 'cannot be read' } };
  }
}

/**
 * Reads a configuration with everything that it includes, and checks it and all its policies. Every fault names its file.
 * Never throws for the content of files.
 */
export function readCandidate(
  request: {
    file: string;
    maxBytes: number;
    env: Record<string, string | undefined>;
    forOneProcess?: boolean | undefined;
  },
  engine: PolicyEngine,
): Candidate {
  const { file, maxBytes, env, forOneProcess } = request;
  const files = new Map<string, string>();
  const onFile = (name: string, identity: string) => {
    if (!files.has(name)) files.set(name, identity);
  };
  const refuse = (faults: readonly ConfigFault[]): Candidate => ({
    ok: false,
    faults: faults.map((fault) => ({ file, ...fault })),
    files: [...files],
  });
  const { config, faults, data, place } = examineConfigFile(file, env, { maxBytes, onFile, forOneProcess });
  const checked = checkPolicies({ data, place }, engine, { lintLater: true });
  const { plan, faults: inPolicies, warnings, lint } = checked;
  if (faults.length > 0 || inPolicies.length > 0 || !config) return refuse([...faults, ...inPolicies]);
  plan.documents = plan.documents.map(asJson);
  const version = versionOf(plan, config, engine);
  return 'fault' in version
    ? refuse([version.fault])
    : { ok: true, config, plan, ...version, warnings, lint, files: [...files] };
}
