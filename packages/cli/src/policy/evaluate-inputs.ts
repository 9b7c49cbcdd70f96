import { parseJson } from '../input/untrusted.ts';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { readLines } from '../files/read-lines.ts';
import { namedFileFault } from '../files/read-file.ts';
import { loadPolicyTools, type PolicyTools } from '../config/load-gateway-config.ts';
import { readPolicy } from './load/read-policy.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import type { OutputFormat } from '../terminal/output.ts';
import { renderDocument } from '../terminal/render-yaml.ts';
import type { Environment } from '../environment/environment.ts';

const maxInputBytes = 8 * 1024 * 1024;
const maxWarnings = 10;

type Place = { name: string; line: number };
type Evaluator = (text: string, at: Place) => void;

function badInput(
  { name, line }: Place,
  what: string,
  hint = 'Each line is one JSON object; see --help for its members.',
): CliError {
  return new CliError('failed', `${name}:${line}: ${what}`, hint);
}

/** Creates a function that evaluates one input and prints the result as one line, or as one document of YAML. */
function createEvaluator(
  environment: Environment,
  policy: Parameters<PolicyTools['evaluatePolicy']>[0][number],
  { tools, output }: { tools: PolicyTools; output: OutputFormat },
): Evaluator {
  const printed = new Set<string>();
  return (text, at) => {
    const parsed = parseJson(text);
    if (parsed === undefined) throw badInput(at, 'is not JSON');
    const read = tools.readPolicyInput(parsed);
    if (!read.ok)
      throw badInput(
        at,
        read.faults
          .map((fault) => `${fault.path.join('.')}${fault.path.length === 0 ? '' : ': '}${fault.message}`)
          .join('; '),
      );
    for (const warning of read.warnings) {
      const words = `${warning.path.join('.')}: ${warning.message}${warning.hint === undefined ? '' : ` (${warning.hint})`}`;
      if (printed.has(words) || printed.size >= maxWarnings) continue;
      printed.add(words);
      environment.stderr.write(`warning: ${forTerminal(`${at.name}:${at.line}: ${words}`)}\n`);
    }
    const { effect, rule, ruleName, ruleMessage, allow, deny, evaluatedAs } = tools.evaluatePolicy([policy], {
      now: environment.now(),
      ...read.input,
    });
    environment.stdout.write(renderDocument(output, { effect, rule, ruleName, ruleMessage, allow, deny, evaluatedAs }));
  };
}

/** Evaluates every input: one per line, or a single input that spans several lines. */
async function evaluateAll(bytes: AsyncIterable<Uint8Array>, name: string, evaluate: Evaluator): Promise<void> {
  let whole: string[] | undefined;
  let size = 0;
  let first = 0;
  for await (const lines of readLines(bytes, maxInputBytes)) {
    for (const line of lines) {
      if ('tooLong' in line) throw badInput({ name, line: line.number }, `is longer than ${maxInputBytes} bytes`);
      if (first === 0) {
        first = line.number;
        if (parseJson(line.text) === undefined) whole = [];
      }
      if (whole === undefined) {
        evaluate(line.text, { name, line: line.number });
        continue;
      }
      whole.push(line.text);
      size += line.text.length;
      if (size > maxInputBytes) throw badInput({ name, line: first }, 'is not JSON');
    }
  }
  if (first === 0)
    throw new CliError(
      'failed',
      `${name}: contains no input`,
      'Give at least one JSON object. {} is a request about which nothing is known.',
    );
  if (whole !== undefined) evaluate(whole.join('\n'), { name, line: first });
}

export type EvalOptions = { policy: string; input: string; output: OutputFormat };

export async function evaluateInputs(environment: Environment, options: EvalOptions): Promise<void> {
  const tools = await loadPolicyTools();
  const { policy } = readPolicy(environment, options.policy, 'policy', tools);
  const evaluate = createEvaluator(environment, policy, { tools, output: options.output });
  if (options.input === '-') return evaluateAll(environment.stdin, 'standard input', evaluate);
  const file = path.resolve(environment.workingDirectory, options.input);
  try {
    await evaluateAll(createReadStream(file), file, evaluate);
  } catch (error) {
    throw error instanceof CliError ? error : namedFileFault(file, error);
  }
}
