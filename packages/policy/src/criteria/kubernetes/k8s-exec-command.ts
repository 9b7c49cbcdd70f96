import { isPlainObject } from '../../document/plain-object.ts';
import type { KubernetesInput } from '../../input/policy-input.ts';
import type { CompileContext } from '../../language/criterion.ts';
import { definition } from '../../language/json-schema.ts';
import { compileTextOrList, readStrings } from '../../matchers/string-matcher.ts';
import { createPlainCriterion } from '../plain/plain-criterion.ts';

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
  return argv?.length === 0 ? faults.add([...path, 'argv'], 'needs at least the program') : argv;
}

/**
 * Matches the program (argv[0]) or the whole argument vector of an exec. A request without a command matches nothing.
 */
export const k8sExecCommand = createPlainCriterion({
  name: 'k8s/exec_command',
  doc: {
    summary:
      'Holds if the command of an exec matches: `program` is compared with its first word, `argv` with all words in order. A request without a command, such as an attach, matches nothing. ' +
      'This guards against mistakes but is not a security boundary: the image decides what `ls` is, and a shell runs anything.',
    data: 'mapping of `program` (string matcher or list of strings) and `argv` (list of strings); both must hold',
    example: { argv: ['cat', '/etc/hostname'] },
    source: 'Sallyport',
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
    if (!isPlainObject(data)) return faults.addKind(path, 'a mapping of program and argv', data);
    const before = faults.size;
    faults.addUnknownKeys(path, 'command matcher', data, ['program', 'argv']);
    const hasProgram = Object.hasOwn(data, 'program');
    const hasArgv = Object.hasOwn(data, 'argv');
    if (!hasProgram && !hasArgv) faults.add(path, 'needs program or argv');
    const matches = hasProgram ? compileTextOrList(data.program, [...path, 'program'], faults) : () => true;
    const argv = hasArgv ? compileArgv(data.argv, context) : undefined;
    if (faults.size > before || !matches) return undefined;
    return ({ kubernetes }) => {
      const command = commandOf(kubernetes);
      return command !== undefined && matches(command[0]) && (argv === undefined || sameVector(command, argv));
    };
  },
});
