import type { ConfigFault, LintSubject } from '../../config/gateway-config.ts';
import { readNamedFile } from '../../files/read-file.ts';
import { byPlace, type PolicyTools } from '../../config/load-gateway-config.ts';
import { isAboutPolicies } from '../load/policies-of-config.ts';
import { shellWord } from '../../terminal/for-terminal.ts';

/** The resources of a live cluster, if it was asked. */
type Live = LintSubject['live'];

/** Returns the faults of a policy document or, if it has none, its warnings: of the compiler and of the lint. */
export function lintDocument(
  document: unknown,
  scope: string,
  { compilePolicy, lintPolicies }: Pick<PolicyTools, 'compilePolicy' | 'lintPolicies'>,
  live?: Live,
) {
  const compiled = compilePolicy(document, { scope });
  if (!compiled.ok) return { faults: compiled.faults, warnings: [] };
  const policies = [{ policy: compiled.policy, isList: Array.isArray(document) }];
  const found = lintPolicies({ policies, ...(live ? { live } : {}) });
  return { faults: [], warnings: [...compiled.warnings, ...found] };
}

/** The faults and warnings about the policies of one file. */
export type LintedFile = {
  file: string;
  kind: 'policy' | 'config';
  ok: boolean;
  faults: ConfigFault[];
  warnings: ConfigFault[];
};

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reports whether a document is a configuration, by its sections. Anything else is checked as a policy. */
function isConfig(data: unknown): boolean {
  return (
    isMapping(data) &&
    ['gateway', 'clusters', 'policies', 'services', 'identity'].some((name) => Object.hasOwn(data, name))
  );
}

function lintConfig(file: string, tools: PolicyTools, live: Live): LintedFile {
  // Secrets need not be available where policies are checked, so every variable gets a value.
  const { data, faults, place } = tools.examineConfigFile(file, new Proxy({}, { get: () => 'substituted' }));
  const checked = tools.checkPolicies(
    { data, place },
    { ...tools, lintPolicies: (subject) => tools.lintPolicies({ ...subject, ...(live ? { live } : {}) }) },
  );
  const all = [...faults.filter(isAboutPolicies), ...checked.faults].toSorted(byPlace);
  return { file, kind: 'config', ok: all.length === 0, faults: all, warnings: checked.warnings.toSorted(byPlace) };
}

/** Checks the policies of a file: one policy document, or all those of a `sallyport.yaml`. */
export function lintFile(file: string, tools: PolicyTools, live?: Live): LintedFile {
  const read = tools.readYaml(readNamedFile(file));
  if (!read.ok) return { file, kind: 'policy', ok: false, faults: read.faults, warnings: [] };
  const { data, place } = read.yaml;
  if (isConfig(data)) return lintConfig(file, tools, live);
  if (isMapping(data) && Array.isArray(data.cases)) {
    const fault = {
      path: 'cases',
      message: 'is a file of test cases, not a policy',
      hint: `to run them: sallyport policy test ${shellWord(file)}`,
      ...place(['cases']),
    };
    return { file, kind: 'policy', ok: false, faults: [fault], warnings: [] };
  }
  const { faults, warnings } = lintDocument(data, 'policy', tools, live);
  const placed = (some: typeof faults) =>
    some.map((fault) => tools.locateFault(fault, (path) => place(path) ?? { line: 1, column: 1 })).toSorted(byPlace);
  return { file, kind: 'policy', ok: faults.length === 0, faults: placed(faults), warnings: placed(warnings) };
}
