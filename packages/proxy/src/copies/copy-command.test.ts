import { expect, it } from '@jest/globals';
import { readCopyCommand } from './copy-command.ts';

const upload = (path: string) => ({ direction: 'upload', path, firstByte: 1 });
const download = (path: string, firstByte = 1) => ({ direction: 'download', path, firstByte });

it.each([
  [['tar', '-xmf', '-', '-C', '/tmp'], upload('/tmp')],
  [['tar', '-xmf', '-'], upload('.')],
  [['tar', '--no-same-permissions', '--no-same-owner', '-xmf', '-', '-C', '/a b'], upload('/a b')],
  [['tar', 'xf', '-', '-C', '/tmp'], upload('/tmp')],
  [['tar', 'cf', '-', '/etc/a file;x'], download('/etc/a file;x')],
  [['sh', '-c', 'tar cf - /etc/hosts | tail -c+0'], download('/etc/hosts')],
  [['sh', '-c', 'tar cf - /etc/hosts | tail -c+4097'], download('/etc/hosts', 4097)],
])('%j is a command of kubectl cp', (command, copy) => {
  expect(readCopyCommand(command)).toEqual(copy);
});

it.each([
  [[]],
  [['tar']],
  [['tar', 'cf', '-']],
  [['tar', 'cf', '/dev/null', '/etc']],
  [['tar', 'czf', '-', '/etc']],
  [['tar', 'cf', '-', '/a', '/b']],
  [['tar', '-xmf', '-', '--to-command=sh']],
  [['tar', '-xmf', '-', '-C', '/tmp', '-I', 'sh']],
  [['sh', '-c', 'tar cf - /etc; id | tail -c+0']],
  [['sh', '-c', 'tar cf - $(id) | tail -c+0']],
  [['sh', '-c', 'tar cf - /etc | tail -c+0', 'x']],
  [['test', '-d', '/tmp']],
])('%j is no command of kubectl cp', (command) => {
  expect(readCopyCommand(command)).toBeUndefined();
});
