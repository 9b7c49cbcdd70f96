import { nearestName, quoteName } from '../../document/nearest-name.ts';
import { isPlainObject, kindOf } from '../../document/plain-object.ts';
import type { KubernetesInput } from '../../input/policy-input.ts';
import type { CompileContext, Criterion } from '../../language/criterion.ts';
import { definition } from '../../language/json-schema.ts';
import { fail, pass } from '../../language/verdict.ts';
import { compileTextOrList, readStrings } from '../../matchers/string-matcher.ts';

const ok = pass('k8s-exec-command-ok');
const unauthorized = fail('k8s-exec-command-unauthorized');
const names = ['program', 'argv'];

function sameVector(command: readonly string[], argv: readonly string[]): boolean {
  if (command.length !== argv.length) return false;
  for (let index = 0; index < argv.length; index += 1) if (command[index] !== argv[index]) return false;
  return true;
}

/** Returns the command of an exec. For an attach the API server runs nothing, even if the query has a command. */
function commandOf(kubernetes: KubernetesInput | undefined): readonly string[] | undefined {
  const { subresource, exec } = kubernetes ?? {};
  const command: unknown = !subresource || subresource === 'exec' ? exec?.command : undefined;
  return Array.isArray(command) && command.length > 0 ? (command as readonly string[]) : undefined;
}

function compileArgv(data: unknown, { path, faults }: CompileContext): readonly string[] | undefined {
  const argv = readStrings(data, [...path, 'argv'], faults);
  if (argv?.length !== 0) return argv;
  faults.add([...path, 'argv'], 'needs at least the program');
  return undefined;
}

/**
 * Matches the program (argv[0]) or the whole argument vector of an exec. A request without a command matches nothing.
 */
export const k8sExecCommand: Criterion = {
  name: 'k8s/exec_command',
  doc: {
    summary:
      'Holds if the command of an exec matches: `program` is compared with its first word, `argv` with all words in order. A request without a command, such as an attach, matches nothing. ' +
      'This guards against mistakes but is not a security boundary: the image decides what `ls` is, and a shell runs anything.',
    data: 'mapping of `program` (string matcher or list of strings) and `argv` (list of strings); both must hold',
    example: { argv: ['cat', '/etc/hostname'] },
    source: 'Sallyport',
    reasons: ['k8s-exec-command-ok', 'k8s-exec-command-unauthorized'],
  },
  schema: {
    type: 'object',
    properties: {
      program: definition('textMatcherOrList'),
      argv: { type: 'array', items: { type: 'string' }, minItems: 1 },
    },
    additionalProperties: false,
    minProperties: 1,
  },
  value: ({ kubernetes }) => commandOf(kubernetes),
  compile(data, _subpath, context) {
    const { path, faults } = context;
    if (!isPlainObject(data)) {
      faults.add(path, `must be a mapping of program and argv, not ${kindOf(data)}`);
      return undefined;
    }
    const before = faults.size;
    for (const key of Object.keys(data))
      if (!names.includes(key))
        faults.add(
          [...path, key],
          `unknown command matcher ${quoteName(key)}`,
          () => `did you mean ${nearestName(key, names)}?`,
        );
    const hasProgram = Object.hasOwn(data, 'program');
    const hasArgv = Object.hasOwn(data, 'argv');
    if (!hasProgram && !hasArgv) faults.add(path, 'needs program or argv');
    const matches = hasProgram ? compileTextOrList(data.program, [...path, 'program'], faults) : () => true;
    const argv = hasArgv ? compileArgv(data.argv, context) : undefined;
    if (faults.size > before || !matches) return undefined;
    return ({ kubernetes }) => {
      const command = commandOf(kubernetes);
      if (!command) return unauthorized;
      return matches(command[0]) && (argv === undefined || sameVector(command, argv)) ? ok : unauthorized;
    };
  },
};
