import { fileURLToPath } from 'node:url';
import { runCommand } from '../harness/index.ts';

/** The result of a step of a client: `passed` or the failure, and what it saw. */
export type Verdict = { step: string; verdict: string; saw?: unknown };
/** How a client runs: with which kubeconfig and in which namespace. */
export type Side = { name: 'past' | 'through' | 'by connector'; env: Record<string, string>; namespace: string };

/** Returns the file of a program that runs the steps of a client. */
export function stepsFile(name: string): string {
  return fileURLToPath(new URL(`programs/${name}`, import.meta.url));
}

/** Runs a program that prints one line per step, in the environment of one side. */
export async function runSteps(
  program: string,
  args: readonly string[],
  side: Side,
  env: Record<string, string> = {},
): Promise<Verdict[]> {
  const { code, stdout, stderr } = await runCommand(program, args, {
    env: { ...side.env, FOREIGN_NAMESPACE: side.namespace, PYTHONDONTWRITEBYTECODE: '1', ...env },
    timeoutMs: 120_000,
  });
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  if (code !== 0 || lines.length === 0)
    throw new Error(`${args.join(' ')} ended with ${code} ${side.name} the gateway: ${stdout}${stderr}`.slice(0, 4000));
  return lines.map((line) => JSON.parse(line) as Verdict);
}

/** Runs steps in this process. */
export async function takeSteps(steps: Record<string, () => Promise<unknown>>): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const [step, take] of Object.entries(steps)) {
    verdicts.push(
      await take().then(
        (saw) => ({ step, verdict: 'passed', saw }),
        (error: unknown) => ({ step, verdict: String(error).slice(0, 300) }),
      ),
    );
  }
  return verdicts;
}
